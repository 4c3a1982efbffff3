//! A connection to a server, and how it is made.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::uri::PathAndQuery;
use tonic::transport::Endpoint;

use crate::client::{Codec, Compression, HttpVersion, Protocol};

/// A connection to a server. Cloning is cheap, and clones share the connection.
///
/// It connects again by itself when the connection is lost; calls that were under way fail with `UNAVAILABLE`.
///
/// ```no_run
/// # async fn example() -> Result<(), rsvc::client::ConnectError> {
/// use std::time::Duration;
///
/// let channel = rsvc::Channel::connect("http://127.0.0.1:8080").await?;
/// let patient = rsvc::Channel::builder("http://127.0.0.1:8080")
///     .connect_timeout(Duration::from_secs(30))
///     .connect_lazy()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Channel {
    inner: tonic::transport::Channel,
    settings: Arc<Settings>,
}

/// What holds for every call through a channel.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    pub(crate) timeout: Option<Duration>,
    pub(crate) validate_requests: bool,
    max_request_size: Option<usize>,
    max_response_size: Option<usize>,
    accept_gzip: bool,
    send_gzip: bool,
    protocol: Protocol,
    codec: Codec,
    http_version: HttpVersion,
    send: Option<Compression>,
    accept: Vec<Compression>,
    use_get: bool,
}

impl Channel {
    /// Connects to a server, as in `http://127.0.0.1:8080`.
    pub async fn connect(endpoint: impl Into<String>) -> Result<Self, ConnectError> {
        Self::builder(endpoint).connect().await
    }

    /// A channel that connects with its first call.
    pub fn connect_lazy(endpoint: impl Into<String>) -> Result<Self, ConnectError> {
        Self::builder(endpoint).connect_lazy()
    }

    /// Prepares a channel with settings of its own.
    pub fn builder(endpoint: impl Into<String>) -> Builder {
        Builder::new(endpoint.into())
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }
}

/// A channel made with tonic, with default settings for calls.
impl From<tonic::transport::Channel> for Channel {
    fn from(inner: tonic::transport::Channel) -> Self {
        Self { inner, settings: Arc::default() }
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel").finish_non_exhaustive()
    }
}

/// Settings of a [`Channel`], each with its default.
#[derive(Clone)]
#[must_use = "a builder does nothing until it connects"]
pub struct Builder {
    endpoint: String,
    connect_timeout: Duration,
    keepalive: Option<(Duration, Duration)>,
    settings: Settings,
    #[cfg(feature = "tls")]
    tls: crate::tls::ClientTls,
}

impl Builder {
    fn new(endpoint: String) -> Self {
        Self {
            endpoint,
            connect_timeout: Duration::from_secs(10),
            keepalive: Some((Duration::from_mins(2), Duration::from_secs(20))),
            settings: Settings::default(),
            #[cfg(feature = "tls")]
            tls: crate::tls::ClientTls::new(),
        }
    }

    /// How long connecting may take. Default: 10 seconds.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long a call may take of which neither its context nor its method says less. Default: no limit.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = Some(timeout);
        self
    }

    /// Whether requests are checked before they leave: one that breaks a rule fails as the server would have it fail,
    /// without a call. Default: no, since the server checks in any case, and its rules may be newer.
    pub fn validate_requests(mut self, validate: bool) -> Self {
        self.settings.validate_requests = validate;
        self
    }

    /// How often an HTTP/2 ping asks whether the server is still there while calls are under way, and how long it
    /// may take to answer. Default: every 2 minutes, 20 seconds. `None` never asks.
    pub fn keepalive(mut self, interval_and_timeout: Option<(Duration, Duration)>) -> Self {
        self.keepalive = interval_and_timeout;
        self
    }

    /// The largest request message, in bytes. Default: no limit.
    pub fn max_request_size(mut self, bytes: usize) -> Self {
        self.settings.max_request_size = Some(bytes);
        self
    }

    /// The largest response message, in bytes. Default: 4 MiB.
    pub fn max_response_size(mut self, bytes: usize) -> Self {
        self.settings.max_response_size = Some(bytes);
        self
    }

    /// Whether to tell servers that responses may be compressed with gzip. Default: no.
    pub fn accept_gzip(mut self, accept: bool) -> Self {
        self.settings.accept_gzip = accept;
        self
    }

    /// Whether to compress requests with gzip. Default: no. A server that does not know gzip refuses them.
    pub fn send_gzip(mut self, send: bool) -> Self {
        self.settings.send_gzip = send;
        self
    }

    /// The protocol of the calls. Default: gRPC.
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.settings.protocol = protocol;
        self
    }

    /// The form of messages. Default: protobuf.
    pub fn codec(mut self, codec: Codec) -> Self {
        self.settings.codec = codec;
        self
    }

    /// The version of HTTP. Default: HTTP/2. gRPC needs it, the other protocols do not.
    pub fn http_version(mut self, version: HttpVersion) -> Self {
        self.settings.http_version = version;
        self
    }

    /// How requests are compressed. Default: not at all. A server that does not know the compression refuses them.
    pub fn send_compression(mut self, compression: impl Into<Option<Compression>>) -> Self {
        self.settings.send = compression.into();
        self
    }

    /// How responses may be compressed, the preferred first. Default: not at all.
    pub fn accept_compression(mut self, accepted: impl IntoIterator<Item = Compression>) -> Self {
        self.settings.accept = accepted.into_iter().collect();
        self
    }

    /// Whether calls over Connect of methods without side effects use `GET`, which caches can answer. Default: no.
    pub fn use_get(mut self, yes: bool) -> Self {
        self.settings.use_get = yes;
        self
    }

    /// What an `https` endpoint is to show and to be shown. Default: a certificate of a well-known authority, nothing.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: crate::tls::ClientTls) -> Self {
        self.tls = tls;
        self
    }

    /// Connects.
    pub async fn connect(self) -> Result<Channel, ConnectError> {
        let endpoint = self.endpoint()?;
        match endpoint.connect().await {
            Ok(inner) => Ok(Channel { inner, settings: Arc::new(self.settings) }),
            Err(error) => Err(ConnectError::new(self.endpoint, Problem::Connection(error))),
        }
    }

    /// Makes a channel that connects with its first call.
    pub fn connect_lazy(self) -> Result<Channel, ConnectError> {
        let inner = self.endpoint()?.connect_lazy();
        Ok(Channel { inner, settings: Arc::new(self.settings) })
    }

    fn endpoint(&self) -> Result<Endpoint, ConnectError> {
        let fail = |problem| ConnectError::new(self.endpoint.clone(), problem);
        let uri: http::Uri = self.endpoint.parse().map_err(|error| fail(Problem::Uri(error)))?;
        let whole = matches!(uri.scheme_str(), Some("http" | "https")) && uri.authority().is_some();
        if !whole || !matches!(uri.path_and_query().map(PathAndQuery::as_str), None | Some("/")) {
            return Err(fail(Problem::Form));
        }
        let secure = uri.scheme_str() == Some("https");
        let mut endpoint = Endpoint::from(uri).connect_timeout(self.connect_timeout).tcp_nodelay(true);
        if let Some((interval, timeout)) = self.keepalive {
            endpoint = endpoint.http2_keep_alive_interval(interval).keep_alive_timeout(timeout);
        }
        if secure {
            #[cfg(not(feature = "tls"))]
            return Err(fail(Problem::NoTls));
            #[cfg(feature = "tls")]
            return endpoint.tls_config(self.tls.config()).map_err(|error| fail(Problem::Tls(error)));
        }
        Ok(endpoint)
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

/// A server could not be reached.
#[derive(Debug)]
pub struct ConnectError {
    endpoint: String,
    problem: Problem,
}

#[derive(Debug)]
pub(crate) enum Problem {
    Uri(http::uri::InvalidUri),
    Form,
    #[cfg(all(feature = "rest-client", feature = "tls"))]
    RestTls(crate::tls::TlsError),
    #[cfg(not(feature = "tls"))]
    NoTls,
    #[cfg(feature = "tls")]
    Tls(tonic::transport::Error),
    Connection(tonic::transport::Error),
}

impl ConnectError {
    pub(crate) fn new(endpoint: String, problem: Problem) -> Self {
        Self { endpoint, problem }
    }

    /// The endpoint that was to be connected to.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Whether the endpoint itself is wrong, so that another try is of no use.
    pub fn is_invalid_endpoint(&self) -> bool {
        !matches!(self.problem, Problem::Connection(_))
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problem {
            Problem::Uri(error) => write!(f, "`{}` is not an endpoint: {error}", self.endpoint),
            Problem::Form => {
                write!(f, "`{}` is not an endpoint: it must look like `http://host:port`", self.endpoint)
            }
            #[cfg(all(feature = "rest-client", feature = "tls"))]
            Problem::RestTls(error) => write!(f, "`{}`: {error}", self.endpoint),
            #[cfg(not(feature = "tls"))]
            Problem::NoTls => write!(f, "`{}` needs the feature `tls` of rsvc", self.endpoint),
            #[cfg(feature = "tls")]
            Problem::Tls(error) => write!(f, "TLS to `{}`: {}", self.endpoint, innermost(error)),
            Problem::Connection(error) => {
                write!(f, "cannot connect to `{}`: {}", self.endpoint, innermost(error))
            }
        }
    }
}

impl Error for ConnectError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.problem {
            Problem::Uri(error) => Some(error),
            Problem::Form => None,
            #[cfg(all(feature = "rest-client", feature = "tls"))]
            Problem::RestTls(error) => Some(error),
            #[cfg(not(feature = "tls"))]
            Problem::NoTls => None,
            #[cfg(feature = "tls")]
            Problem::Tls(error) => Some(error),
            Problem::Connection(error) => Some(error),
        }
    }
}

/// Layers of transport errors say "transport error" on the way down to the reason.
pub(crate) fn innermost<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error
}
