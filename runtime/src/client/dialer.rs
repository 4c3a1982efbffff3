//! How the connections of a channel are made: by what way, TLS on it, in the time that there is for both.

use std::future::poll_fn;
use std::net::SocketAddr;
#[cfg(unix)]
use std::path::Path;
#[cfg(unix)]
use std::sync::Arc;
use std::task::{Context as Task, Poll};

use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};
use hyper_util::client::legacy::connect::HttpConnector;
use tower_service::Service;

use super::own::OwnConnector;
use super::plain::{PlainConnector, PlainStream};
use super::proxy::Proxies;
use super::settings::{ATTEMPT_DELAY, ConnectionSettings};
use crate::call::BoxError;
use crate::protocol::limits::Keepalive;
use crate::protocol::wire::HttpVersion;

/// A connection, with TLS on it if the endpoint is `https`.
#[cfg(feature = "_tls")]
pub(super) type Io = hyper_rustls::MaybeHttpsStream<PlainStream>;
#[cfg(not(feature = "_tls"))]
pub(super) type Io = PlainStream;

/// Where to connect to in place of what the name of a server says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Address {
    Tcp(SocketAddr),
    /// Those of this name.
    Name(Authority),
    #[cfg(unix)]
    Unix(Arc<Path>),
}

/// By what way servers are reached.
#[derive(Clone, Default)]
pub(super) struct Ways {
    /// A connector of the user's, in place of all others.
    pub(super) own: Option<OwnConnector>,
    pub(super) proxies: Proxies,
}

impl Ways {
    fn to(
        &self,
        uri: &Uri,
        address: Option<Address>,
        settings: &ConnectionSettings,
    ) -> Result<PlainConnector, &'static str> {
        if let Some(own) = &self.own {
            return Ok(PlainConnector::Own(own.clone()));
        }
        let address = match address {
            None | Some(Address::Name(_)) => None,
            Some(Address::Tcp(address)) => Some(address),
            #[cfg(unix)]
            Some(Address::Unix(path)) => return Ok(PlainConnector::Unix(path)),
        };
        Ok(match self.proxies.of(uri)? {
            None => PlainConnector::Tcp(tcp(settings), address),
            Some(proxy) => PlainConnector::Proxied(tcp(settings), proxy, address),
        })
    }
}

/// Makes connections to a server.
#[derive(Clone)]
pub(super) struct Dialer {
    uri: Uri,
    /// Whose addresses are connected to, if it is another server's.
    name: Option<Uri>,
    way: PlainConnector,
    ways: Ways,
    #[cfg(feature = "_tls")]
    tls: Option<crate::tls::PreparedTls>,
    pub(super) settings: ConnectionSettings,
    pub(super) http_version: HttpVersion,
}

impl Dialer {
    pub(super) fn new(
        scheme: &Scheme,
        authority: &Authority,
        address: Option<Address>,
        ways: Ways,
        settings: ConnectionSettings,
        http_version: HttpVersion,
    ) -> Result<Self, &'static str> {
        let uri = uri(scheme, authority);
        let way = ways.to(&uri, address, &settings)?;
        Ok(Self {
            uri,
            name: None,
            way,
            ways,
            #[cfg(feature = "_tls")]
            tls: None,
            settings,
            http_version,
        })
    }

    /// With TLS on the connections.
    #[cfg(feature = "_tls")]
    pub(super) fn with_tls(self, tls: crate::tls::PreparedTls) -> Self {
        Self { tls: Some(tls), ..self }
    }

    /// The same to an address, of another server if one is named: that is what its certificate has to say then.
    /// Whether there is a proxy in between, the address says.
    pub(super) fn to(&self, authority: Option<&Authority>, address: Address) -> Result<Self, &'static str> {
        let scheme = self.uri.scheme().expect("it was made with one");
        let name = match &address {
            Address::Name(name) => Some(uri(scheme, name)),
            Address::Tcp(address) => {
                let name =
                    address.to_string().parse().map_err(|_| "an address of IPv6 with a zone is not known")?;
                Some(uri(scheme, &name))
            }
            #[cfg(unix)]
            Address::Unix(_) => None,
        };
        let uri = authority.map_or_else(|| self.uri.clone(), |authority| uri(scheme, authority));
        let way = self.ways.to(name.as_ref().unwrap_or(&uri), Some(address), &self.settings)?;
        Ok(Self { uri, name, way, ..self.clone() })
    }

    /// Whether connections have TLS on them.
    pub(super) fn is_secure(&self) -> bool {
        self.uri.scheme() == Some(&Scheme::HTTPS)
    }

    /// Makes a connection. How long that takes is for the caller to limit.
    pub(super) async fn dial(&self) -> Result<Io, BoxError> {
        let way = Named { name: self.name.clone(), way: self.way.clone() };
        #[cfg(feature = "_tls")]
        match &self.tls {
            Some(tls) => open(tls.clone().over(way), self.uri.clone()).await,
            None => open(way, self.uri.clone()).await.map(Io::Http),
        }
        #[cfg(not(feature = "_tls"))]
        open(way, self.uri.clone()).await
    }
}

/// Connects to the addresses of a name, whatever the name of the server is.
#[derive(Clone)]
struct Named {
    name: Option<Uri>,
    way: PlainConnector,
}

impl Service<Uri> for Named {
    type Response = PlainStream;
    type Error = BoxError;
    type Future = <PlainConnector as Service<Uri>>::Future;

    fn poll_ready(&mut self, task: &mut Task<'_>) -> Poll<Result<(), BoxError>> {
        self.way.poll_ready(task)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        self.way.call(self.name.clone().unwrap_or(uri))
    }
}

async fn open<C>(mut connector: C, uri: Uri) -> Result<C::Response, BoxError>
where
    C: Service<Uri, Error = BoxError>,
{
    poll_fn(|task| connector.poll_ready(task)).await?;
    connector.call(uri).await
}

/// The path of a Unix socket, as gRPC names it: `unix:path` or `unix:///absolute/path`.
#[cfg(unix)]
pub(super) fn unix_path(endpoint: &str) -> Option<&std::path::Path> {
    let path = endpoint.strip_prefix("unix:")?;
    // Behind two slashes a server is named, and a file has none.
    let path = path.strip_prefix("//").unwrap_or(path);
    let is_wrong = path.is_empty() || endpoint.starts_with("unix://") && !path.starts_with('/');
    (!is_wrong).then(|| path.as_ref())
}

fn uri(scheme: &Scheme, authority: &Authority) -> Uri {
    let mut uri = http::uri::Parts::default();
    uri.scheme = Some(scheme.clone());
    uri.authority = Some(authority.clone());
    uri.path_and_query = Some(PathAndQuery::from_static("/"));
    Uri::from_parts(uri).expect("a scheme, an authority and a path are a URI")
}

/// TCP.
fn tcp(settings: &ConnectionSettings) -> HttpConnector {
    set_up(HttpConnector::new(), settings)
}

/// Besides the time for connecting, the settings say how long a peer may be silent before it is asked whether it is there,
/// and how long it may then not answer: the kernel notices so that a host has gone, whatever is spoken with it.
fn set_up<R>(mut connector: HttpConnector<R>, settings: &ConnectionSettings) -> HttpConnector<R> {
    // TLS may stand on it.
    connector.enforce_http(false);
    connector.set_connect_timeout(Some(settings.connect_timeout));
    connector.set_happy_eyeballs_timeout(Some(ATTEMPT_DELAY));
    connector.set_local_address(settings.local_address);
    connector.set_nodelay(true);
    if let Some(Keepalive { interval, timeout }) = settings.limits.keepalive {
        connector.set_keepalive(Some(interval));
        connector.set_keepalive_interval(Some(timeout / PROBES));
        connector.set_keepalive_retries(Some(PROBES));
    }
    connector
}

/// How often the kernel asks before it gives a peer up.
const PROBES: u32 = 4;

/// What a server gets that does not let itself be connected to in time.
pub(super) const NO_ANSWER: &str = "the server does not answer in time";

#[cfg(test)]
mod tests {
    use std::io;
    use std::time::Duration;

    use hyper_util::client::legacy::connect::dns::Name;
    use tokio::net::{TcpListener, TcpSocket, TcpStream};
    use tokio::time::timeout;

    use super::*;

    /// An address at which connections are neither taken nor refused, and what makes it so; `None` if this machine takes
    /// them all.
    async fn black_hole(
        socket: io::Result<TcpSocket>,
        address: &str,
    ) -> Option<(SocketAddr, Vec<TcpStream>)> {
        let socket = socket.ok()?;
        socket.bind(address.parse().unwrap()).ok()?;
        let address = socket.local_addr().unwrap();
        // Its queue is soon full.
        let listener = socket.listen(1).unwrap();
        let mut queue = Vec::new();
        for _ in 0..16 {
            let connected = timeout(Duration::from_millis(200), TcpStream::connect(address)).await;
            let Ok(stream) = connected else {
                // It stays as it is until the test ends.
                std::mem::forget(listener);
                return Some((address, queue));
            };
            queue.push(stream.unwrap());
        }
        None
    }

    /// Connects to a name with two addresses, of which only the second answers, and says how long that took.
    async fn connect(first: SocketAddr, limit: Duration) -> Duration {
        let second = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addresses = vec![first, second.local_addr().unwrap()];
        let resolver = tower::service_fn(move |_: Name| {
            let addresses = addresses.clone();
            async { Ok::<_, io::Error>(addresses.into_iter()) }
        });
        let settings = ConnectionSettings { connect_timeout: limit, ..Default::default() };
        let mut connector = set_up(HttpConnector::new_with_resolver(resolver), &settings);
        let since = tokio::time::Instant::now();
        connector.call(Uri::from_static("http://shop.example/")).await.unwrap();
        since.elapsed()
    }

    #[tokio::test]
    async fn an_address_that_does_not_answer_does_not_hold_up_the_others() {
        let limit = Duration::from_mins(1);
        match black_hole(TcpSocket::new_v6(), "[::1]:0").await {
            // Long before the limit.
            Some((address, _queue)) => assert!(connect(address, limit).await < limit / 2),
            None => eprintln!("skipped: an address of IPv6 that does not answer"),
        }
        match black_hole(TcpSocket::new_v4(), "127.0.0.1:0").await {
            // Those of one family share the time.
            Some((address, _queue)) => {
                connect(address, Duration::from_secs(1)).await;
            }
            None => eprintln!("skipped: an address of IPv4 that does not answer"),
        }
    }
}
