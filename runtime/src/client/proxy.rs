//! Proxies: which one there is for a server, and how it is asked for a connection to that.

use std::fmt;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use http::{HeaderValue, Uri};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::SocksV5;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tower_service::Service;

use crate::call::BoxError;

/// Which servers a channel reaches through a proxy.
#[derive(Clone, Default)]
pub(super) enum Proxies {
    #[default]
    None,
    /// As the variables of the environment say.
    Environment,
    /// All of them, through this one.
    One(String),
}

impl Proxies {
    /// The proxy for a server.
    pub(super) fn of(&self, uri: &Uri) -> Result<Option<Proxy>, &'static str> {
        let found = match self {
            Self::None => return Ok(None),
            Self::Environment if is_this_machine(uri) => return Ok(None),
            Self::Environment => match Matcher::from_env().intercept(uri) {
                None => return Ok(None),
                Some(found) => found,
            },
            Self::One(proxy) => Matcher::builder().all(proxy.as_str()).build().intercept(uri).ok_or(WRONG)?,
        };
        Proxy::new(&found).map(Some).ok_or(WRONG)
    }
}

const WRONG: &str = "a proxy is `http://host:port` or `socks5h://host:port`";

/// Whether a server is at this machine: what the environment says is not meant for those.
fn is_this_machine(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or("").trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

/// A proxy. It may have a password, which nothing shows.
#[derive(Clone)]
pub(super) struct Proxy(Arc<Inner>);

struct Inner {
    uri: Uri,
    kind: Kind,
}

enum Kind {
    /// HTTP, which is asked with `CONNECT`.
    Http(Option<HeaderValue>),
    /// SOCKS 5, with a user and a password. Names may be resolved here.
    Socks(Option<(String, String)>, bool),
}

impl Proxy {
    fn new(found: &Intercept) -> Option<Self> {
        let uri = found.uri();
        let kind = match uri.scheme_str()? {
            "http" => Kind::Http(found.basic_auth().cloned()),
            scheme @ ("socks5" | "socks5h") => {
                let user = found.raw_auth().map(|(user, password)| (user.to_owned(), password.to_owned()));
                Kind::Socks(user, scheme == "socks5")
            }
            _ => return None,
        };
        let port = uri.port_u16().unwrap_or(if matches!(kind, Kind::Http(_)) { 80 } else { 1080 });
        let uri = format!("http://{}:{port}/", uri.host()?).parse().ok()?;
        Some(Self(Arc::new(Inner { uri, kind })))
    }

    /// A connection through the proxy to an address, or to the server of a URI.
    pub(super) async fn connect(
        self,
        mut tcp: HttpConnector,
        uri: Uri,
        address: Option<SocketAddr>,
    ) -> Result<TokioIo<TcpStream>, BoxError> {
        let there = if let Some(address) = address {
            address.to_string()
        } else {
            let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
            format!("{}:{port}", uri.host().expect("it was made with one"))
        };
        let mut io = tcp.call(self.0.uri.clone()).await.map_err(ProxyError::unreachable)?;
        match &self.0.kind {
            Kind::Http(authorization) => {
                tunnel(io.inner_mut(), &there, authorization.as_ref()).await?;
                Ok(io)
            }
            Kind::Socks(user, local_dns) => {
                // It is connected to already: errors of SOCKS do not say why it cannot be reached.
                let mut io = Some(io);
                let connected = tower::service_fn(move |_: Uri| {
                    std::future::ready(io.take().ok_or(std::io::Error::from(ErrorKind::NotConnected)))
                });
                let mut socks = SocksV5::new(self.0.uri.clone(), connected).local_dns(*local_dns);
                if let Some((user, password)) = user {
                    socks = socks.with_auth(user.clone(), password.clone());
                }
                let there = format!("http://{there}/").parse::<Uri>()?;
                socks.call(there).await.map_err(|error| ProxyError::unreachable(error).into())
            }
        }
    }
}

/// How much of the answer of a proxy is read, in bytes.
const MOST: usize = 16 << 10;

/// Asks a proxy for a connection to a server.
async fn tunnel<T: AsyncRead + AsyncWrite + Unpin>(
    io: &mut T,
    there: &str,
    authorization: Option<&HeaderValue>,
) -> Result<(), BoxError> {
    let mut request = format!("CONNECT {there} HTTP/1.1\r\nHost: {there}\r\n").into_bytes();
    if let Some(authorization) = authorization {
        request.extend_from_slice(b"Proxy-Authorization: ");
        request.extend_from_slice(authorization.as_bytes());
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    io.write_all(&request).await?;
    // What follows the head is the server's, so that no byte more is read.
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= MOST {
            return Err(ProxyError::Answer("its answer is too long".into()).into());
        }
        match io.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(error) => return Err(ProxyError::unreachable(error).into()),
        }
    }
    let line = head.split(|byte| *byte == b'\r').next().expect("there is a piece before the first end");
    match line.strip_prefix(b"HTTP/1.").and_then(|rest| rest.get(2..5)) {
        Some([b'2', _, _]) => Ok(()),
        Some(b"407") => Err(ProxyError::Answer("it wants a user and a password, or others".into()).into()),
        Some(status) if status.iter().all(u8::is_ascii_digit) => {
            let status = String::from_utf8_lossy(status);
            Err(ProxyError::Answer(format!("it answers with HTTP status {status}")).into())
        }
        _ => Err(ProxyError::Answer("it does not speak HTTP".into()).into()),
    }
}

/// Why a proxy gives no connection.
#[derive(Debug)]
enum ProxyError {
    Unreachable(BoxError),
    Answer(String),
}

impl ProxyError {
    fn unreachable(error: impl Into<BoxError>) -> Self {
        Self::Unreachable(error.into())
    }
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(_) => f.write_str("the proxy cannot be reached"),
            Self::Answer(what) => write!(f, "the proxy gives no connection: {what}"),
        }
    }
}

impl std::error::Error for ProxyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreachable(error) => Some(&**error),
            Self::Answer(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(proxies: &Proxies, uri: &str) -> Result<bool, &'static str> {
        proxies.of(&uri.parse().unwrap()).map(|proxy| proxy.is_some())
    }

    #[test]
    fn proxies_have_schemes() {
        for (proxy, is_known) in [
            ("http://proxy:3128", true),
            ("http://user:secret@proxy", true),
            ("proxy:3128", true),
            ("socks5://proxy", true),
            ("socks5h://user:secret@proxy:1080", true),
            ("socks4://proxy", false),
            ("https://proxy", false),
            ("ftp://proxy", false),
            ("", false),
        ] {
            let proxies = Proxies::One(proxy.into());
            for uri in ["http://a/", "https://a/", "http://127.0.0.1/"] {
                assert_eq!(of(&proxies, uri), if is_known { Ok(true) } else { Err(WRONG) }, "{proxy}");
            }
        }
        assert_eq!(of(&Proxies::None, "http://a/"), Ok(false));
    }

    #[test]
    fn this_machine_has_several_names() {
        for (uri, expected) in [
            ("http://localhost/", true),
            ("http://LOCALHOST:80/", true),
            ("http://127.0.0.2:80/", true),
            ("http://[::1]:80/", true),
            ("http://[::ffff:127.0.0.1]/", true),
            ("http://localhost.example/", false),
            ("http://10.0.0.1/", false),
        ] {
            assert_eq!(is_this_machine(&uri.parse().unwrap()), expected, "{uri}");
        }
    }

    async fn asked(answer: &'static [u8]) -> Result<(Vec<u8>, Vec<u8>), String> {
        let (mut here, mut there) = tokio::io::duplex(1 << 20);
        there.write_all(answer).await.unwrap();
        let outcome = tunnel(&mut here, "a:80", Some(&HeaderValue::from_static("Basic x"))).await;
        outcome.map_err(|error| error.to_string())?;
        drop(there.shutdown().await);
        let mut rest = Vec::new();
        here.read_to_end(&mut rest).await.unwrap();
        drop(here);
        let mut request = Vec::new();
        there.read_to_end(&mut request).await.unwrap();
        Ok((request, rest))
    }

    #[tokio::test]
    async fn a_proxy_is_asked_and_what_follows_its_answer_is_the_servers() {
        let (request, rest) = asked(b"HTTP/1.1 200 OK\r\nx: y\r\n\r\nhello").await.unwrap();
        assert_eq!(
            String::from_utf8(request).unwrap(),
            "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\nProxy-Authorization: Basic x\r\n\r\n"
        );
        assert_eq!(rest, b"hello");
        for (answer, expected) in [
            (&b"HTTP/1.1 407 No\r\n\r\n"[..], "it wants a user"),
            (b"HTTP/1.0 503 No\r\n\r\n", "HTTP status 503"),
            (b"SSH-2.0\r\n\r\n", "it does not speak HTTP"),
            (b"HTTP/1.1 4a3 No\r\n\r\n", "it does not speak HTTP"),
        ] {
            let error = asked(answer).await.unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
