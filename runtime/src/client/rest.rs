//! The REST client: a [`RestChannel`] to a server of any make that speaks `google.api.http`, which generated clients
//! call through.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::uri::{Authority, Scheme};
use http::{Request, Response, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tonic::body::Body;
use tower::ServiceExt as _;
use tower::util::BoxCloneSyncService;
use tower_service::Service;

use crate::client::channel::{ConnectError, Problem};

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Transport = BoxCloneSyncService<Request<Body>, Response<Body>, BoxError>;

/// A REST server that generated clients call. Cloning is cheap, and clones share the connections.
///
/// Connections are made as calls need them, and kept for the next.
///
/// ```no_run
/// # fn example() -> Result<(), rsvc::client::ConnectError> {
/// let channel = rsvc::client::RestChannel::new("http://127.0.0.1:8080")?;
/// let behind_a_prefix = rsvc::client::RestChannel::builder("http://127.0.0.1:8080/shop").build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RestChannel {
    pub(crate) transport: Transport,
    pub(crate) settings: Arc<Settings>,
}

/// What holds for every call through a channel.
pub(crate) struct Settings {
    pub(crate) scheme: Scheme,
    pub(crate) authority: Authority,
    /// What stands before every path, without a slash at its end.
    pub(crate) prefix: String,
    pub(crate) timeout: Option<Duration>,
    pub(crate) max_response_size: usize,
    pub(crate) validate_requests: bool,
}

impl RestChannel {
    /// A server, as in `http://127.0.0.1:8080` or `http://gateway.internal/shop`.
    pub fn new(endpoint: impl Into<String>) -> Result<Self, ConnectError> {
        Self::builder(endpoint).build()
    }

    /// Prepares a channel with settings of its own.
    pub fn builder(endpoint: impl Into<String>) -> RestBuilder {
        RestBuilder {
            endpoint: endpoint.into(),
            timeout: None,
            max_response_size: 4 << 20,
            http2: false,
            validate_requests: false,
            connect_timeout: Duration::from_secs(10),
            #[cfg(feature = "tls")]
            tls: crate::tls::ClientTls::new(),
        }
    }
}

impl fmt::Debug for RestChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RestChannel")
            .field("authority", &self.settings.authority)
            .field("prefix", &self.settings.prefix)
            .finish_non_exhaustive()
    }
}

/// Settings of a [`RestChannel`], each with its default.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it builds"]
pub struct RestBuilder {
    endpoint: String,
    pub(crate) timeout: Option<Duration>,
    pub(crate) max_response_size: usize,
    http2: bool,
    pub(crate) validate_requests: bool,
    connect_timeout: Duration,
    #[cfg(feature = "tls")]
    tls: crate::tls::ClientTls,
}

impl RestBuilder {
    /// How long a call may take of which neither its context nor its method says less. Default: no limit.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How long connecting may take. Default: 10 seconds.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Whether requests are checked before they leave, as [`Builder::validate_requests`](super::Builder::validate_requests)
    /// has it. Default: no.
    pub fn validate_requests(mut self, validate: bool) -> Self {
        self.validate_requests = validate;
        self
    }

    /// The largest response message, in bytes. Default: 4 MiB.
    pub fn max_response_size(mut self, bytes: usize) -> Self {
        self.max_response_size = bytes;
        self
    }

    /// Whether to speak HTTP/2 from the first byte, which streams in both directions need. Default: HTTP/1.1.
    pub fn http2(mut self, yes: bool) -> Self {
        self.http2 = yes;
        self
    }

    /// What an `https` endpoint is to show and to be shown. Default: a certificate of a well-known authority, nothing.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: crate::tls::ClientTls) -> Self {
        self.tls = tls;
        self
    }

    /// A channel over connections of its own.
    pub fn build(self) -> Result<RestChannel, ConnectError> {
        let settings = self.settings()?;
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(self.connect_timeout));
        connector.set_nodelay(true);
        let mut client = Client::builder(TokioExecutor::new());
        client.http2_only(self.http2);
        if settings.scheme == Scheme::HTTP {
            return Ok(channel(client.build::<_, Body>(connector), settings));
        }
        #[cfg(not(feature = "tls"))]
        return Err(ConnectError::new(self.endpoint, Problem::NoTls));
        #[cfg(feature = "tls")]
        match self.tls.connector(connector, self.http2) {
            Ok(connector) => Ok(channel(client.build::<_, Body>(connector), settings)),
            Err(error) => Err(ConnectError::new(self.endpoint, Problem::RestTls(error))),
        }
    }

    /// A channel over any HTTP client: one with a pool of its own, through a proxy, or one in a test.
    pub fn with_transport<S, B>(self, transport: S) -> Result<RestChannel, ConnectError>
    where
        S: Service<Request<Body>, Response = Response<B>, Error: Into<BoxError>>,
        S: Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
        B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let settings = self.settings()?;
        Ok(channel(transport, settings))
    }

    fn settings(&self) -> Result<Settings, ConnectError> {
        let fail = |problem| ConnectError::new(self.endpoint.clone(), problem);
        let uri: Uri = self.endpoint.parse().map_err(|error| fail(Problem::Uri(error)))?;
        let http::uri::Parts { scheme, authority, path_and_query, .. } = uri.into_parts();
        let known = |scheme: &Scheme| *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS;
        let query = path_and_query.as_ref().and_then(|path| path.query());
        let (Some(scheme), Some(authority), None) = (scheme.filter(known), authority, query) else {
            return Err(fail(Problem::Form));
        };
        let prefix = path_and_query.map(|path| path.path().trim_end_matches('/').to_owned());
        Ok(Settings {
            scheme,
            authority,
            prefix: prefix.unwrap_or_default(),
            timeout: self.timeout,
            max_response_size: self.max_response_size,
            validate_requests: self.validate_requests,
        })
    }
}

fn channel<S, B>(transport: S, settings: Settings) -> RestChannel
where
    S: Service<Request<Body>, Response = Response<B>, Error: Into<BoxError>> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let transport = transport.map_response(|response: Response<B>| response.map(Body::new));
    let transport = BoxCloneSyncService::new(transport.map_err(Into::into));
    RestChannel { transport, settings: Arc::new(settings) }
}
