//! How the connections of a channel are made: by what way, TLS on it, in the time that there is for both.

use std::future::poll_fn;
use std::net::SocketAddr;
#[cfg(unix)]
use std::path::Path;
#[cfg(unix)]
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};
use hyper_util::client::legacy::connect::HttpConnector;
use tower_service::Service;

use super::plain::{PlainConnector, PlainStream};
use super::settings::ConnectionSettings;
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
    #[allow(dead_code, reason = "it is for channels with several endpoints")]
    Tcp(SocketAddr),
    #[cfg(unix)]
    Unix(Arc<Path>),
}

/// Makes connections to a server.
#[derive(Clone)]
pub(super) struct Dialer {
    uri: Uri,
    way: PlainConnector,
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
        settings: ConnectionSettings,
        http_version: HttpVersion,
    ) -> Self {
        let tcp = tcp(settings.connect_timeout, settings.limits.keepalive);
        Self {
            uri: uri(scheme, authority),
            way: PlainConnector::Tcp(tcp, None),
            #[cfg(feature = "_tls")]
            tls: None,
            settings,
            http_version,
        }
        .at(address)
    }

    /// With TLS on the connections.
    #[cfg(feature = "_tls")]
    pub(super) fn with_tls(self, tls: crate::tls::PreparedTls) -> Self {
        Self { tls: Some(tls), ..self }
    }

    /// The same for another server: its name is resolved if there is no address, and is what its certificate has to say.
    #[allow(dead_code, reason = "it is for channels with several endpoints")]
    pub(super) fn to(&self, authority: &Authority) -> Self {
        let scheme = self.uri.scheme().expect("it was made with one");
        Self { uri: uri(scheme, authority), ..self.clone() }
    }

    /// The same to an address, whatever the name of the server says.
    pub(super) fn at(mut self, address: Option<Address>) -> Self {
        match (address, &mut self.way) {
            (None, _) => {}
            (Some(Address::Tcp(address)), PlainConnector::Tcp(_, to)) => *to = Some(address),
            (Some(Address::Tcp(address)), way) => {
                let tcp = tcp(self.settings.connect_timeout, self.settings.limits.keepalive);
                *way = PlainConnector::Tcp(tcp, Some(address));
            }
            #[cfg(unix)]
            (Some(Address::Unix(path)), way) => *way = PlainConnector::Unix(path),
        }
        self
    }

    /// Whether connections have TLS on them.
    pub(super) fn is_secure(&self) -> bool {
        self.uri.scheme() == Some(&Scheme::HTTPS)
    }

    /// Makes a connection. How long that takes is for the caller to limit.
    pub(super) async fn dial(&self) -> Result<Io, BoxError> {
        #[cfg(feature = "_tls")]
        match &self.tls {
            Some(tls) => open(tls.clone().over(self.way.clone()), self.uri.clone()).await,
            None => open(self.way.clone(), self.uri.clone()).await.map(Io::Http),
        }
        #[cfg(not(feature = "_tls"))]
        open(self.way.clone(), self.uri.clone()).await
    }
}

async fn open<C>(mut connector: C, uri: Uri) -> Result<C::Response, BoxError>
where
    C: Service<Uri, Error = BoxError>,
{
    poll_fn(|task| connector.poll_ready(task)).await?;
    connector.call(uri).await
}

fn uri(scheme: &Scheme, authority: &Authority) -> Uri {
    let mut uri = http::uri::Parts::default();
    uri.scheme = Some(scheme.clone());
    uri.authority = Some(authority.clone());
    uri.path_and_query = Some(PathAndQuery::from_static("/"));
    Uri::from_parts(uri).expect("a scheme, an authority and a path are a URI")
}

/// TCP. `timeout` is for connecting, and `keepalive` says how long a peer may be silent before it is asked whether it is
/// there, and how long it may then not answer: the kernel notices so that a host has gone, whatever is spoken with it.
fn tcp(timeout: Duration, keepalive: Option<Keepalive>) -> HttpConnector {
    let mut connector = HttpConnector::new();
    // TLS may stand on it.
    connector.enforce_http(false);
    connector.set_connect_timeout(Some(timeout));
    connector.set_nodelay(true);
    if let Some(Keepalive { interval, timeout }) = keepalive {
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
