//! A connection to a server, and how it is made.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderValue, Uri};

use super::connector::{Connector, tcp};
use super::error::{ConnectError, Problem};
use super::http1::Http1;
use super::http2::{Http2, Http2Settings};
use super::tonic::Tonic;
use crate::bridge::TonicChannel;
use crate::client::{Codec, Compression, HttpVersion, Protocol};
use crate::protocol::client::{ClientSettings, Endpoint, Transport};

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
    pub(super) endpoint: Arc<Endpoint>,
    pub(super) protocol: Protocol,
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
}

/// A channel made with tonic, with default settings for calls.
impl From<TonicChannel> for Channel {
    fn from(inner: TonicChannel) -> Self {
        let endpoint = Endpoint {
            // It has its own opinion of both.
            scheme: Scheme::HTTP,
            authority: Authority::from_static("localhost"),
            transport: Box::new(Tonic(inner)),
            settings: ClientSettings::default(),
        };
        Self { endpoint: Arc::new(endpoint), protocol: Protocol::Grpc }
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
    protocol: Protocol,
    http_version: HttpVersion,
    accept: Vec<Compression>,
    settings: ClientSettings,
    #[cfg(feature = "tls")]
    tls: crate::tls::ClientTls,
}

impl Builder {
    fn new(endpoint: String) -> Self {
        Self {
            endpoint,
            connect_timeout: Duration::from_secs(10),
            keepalive: Some((Duration::from_mins(2), Duration::from_secs(20))),
            protocol: Protocol::default(),
            http_version: HttpVersion::default(),
            accept: Vec::new(),
            settings: ClientSettings::default(),
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
        self.settings.max_request_size = bytes;
        self
    }

    /// The largest response message, in bytes. Default: 4 MiB.
    pub fn max_response_size(mut self, bytes: usize) -> Self {
        self.settings.max_response_size = bytes;
        self
    }

    /// The protocol of the calls. Default: gRPC.
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.protocol = protocol;
        self
    }

    /// The form of messages. Default: protobuf.
    pub fn codec(mut self, codec: Codec) -> Self {
        self.settings.codec = codec;
        self
    }

    /// The version of HTTP. Default: HTTP/2. gRPC needs it, the other protocols do not.
    pub fn http_version(mut self, version: HttpVersion) -> Self {
        self.http_version = version;
        self
    }

    /// How requests are compressed. Default: not at all. A server that does not know the compression refuses them.
    pub fn send_compression(mut self, compression: impl Into<Option<Compression>>) -> Self {
        self.settings.compression = compression.into();
        self
    }

    /// How responses may be compressed, the preferred first. Default: not at all.
    pub fn accept_compression(mut self, accepted: impl IntoIterator<Item = Compression>) -> Self {
        self.accept = accepted.into_iter().collect();
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

    /// Connects. Over HTTP/1.1 that is for the first call to do.
    pub async fn connect(self) -> Result<Channel, ConnectError> {
        let endpoint = self.endpoint.clone();
        let (channel, http2) = self.build()?;
        if let Some(http2) = http2 {
            http2.connect().await.map_err(|error| ConnectError::new(endpoint, Problem::Connection(error)))?;
        }
        Ok(channel)
    }

    /// Makes a channel that connects with its first call.
    pub fn connect_lazy(self) -> Result<Channel, ConnectError> {
        Ok(self.build()?.0)
    }

    fn build(mut self) -> Result<(Channel, Option<Http2>), ConnectError> {
        let (uri, scheme, authority) = self.uri()?;
        self.settings.accept = self.check()?;
        let (transport, http2) = self.transport(uri)?;
        let Self { protocol, settings, .. } = self;
        let endpoint = Endpoint { scheme, authority, transport, settings };
        Ok((Channel { endpoint: Arc::new(endpoint), protocol }, http2))
    }

    fn uri(&self) -> Result<(Uri, Scheme, Authority), ConnectError> {
        let uri: Uri = self.endpoint.parse().map_err(|error| self.fail(Problem::Uri(error)))?;
        let is_known = |scheme: &&Scheme| **scheme == Scheme::HTTP || **scheme == Scheme::HTTPS;
        let has_path = !matches!(uri.path_and_query().map(PathAndQuery::as_str), None | Some("/"));
        match (uri.scheme().filter(is_known).cloned(), uri.authority().cloned()) {
            (Some(scheme), Some(authority)) if !has_path => Ok((uri, scheme, authority)),
            _ => Err(self.fail(Problem::Form)),
        }
    }

    /// Tests that the settings go together; the list of compressions that responses may have.
    fn check(&self) -> Result<Option<HeaderValue>, ConnectError> {
        if self.protocol == Protocol::Grpc && self.http_version == HttpVersion::Http1 {
            return Err(self.fail(Problem::Settings("gRPC needs HTTP/2")));
        }
        let mut compressions = self.accept.iter().chain(&self.settings.compression);
        if !compressions.all(|compression| Compression::SUPPORTED.contains(compression)) {
            return Err(self.fail(Problem::Settings("compression needs the feature `compression` of rsvc")));
        }
        if self.accept.is_empty() {
            return Ok(None);
        }
        let names: Vec<_> = self.accept.iter().map(|compression| compression.name()).collect();
        Ok(Some(HeaderValue::try_from(names.join(",")).expect("names of compressions are header values")))
    }

    fn transport(&self, uri: Uri) -> Result<(Box<dyn Transport>, Option<Http2>), ConnectError> {
        let tcp = tcp(self.connect_timeout);
        if uri.scheme() == Some(&Scheme::HTTP) {
            return Ok(self.transport_over(tcp, uri));
        }
        #[cfg(not(feature = "tls"))]
        return Err(self.fail(Problem::NoTls));
        #[cfg(feature = "tls")]
        match self.tls.connector(tcp, self.http_version == HttpVersion::Http2) {
            Ok(tls) => Ok(self.transport_over(tls, uri)),
            Err(error) => Err(self.fail(Problem::Tls(error))),
        }
    }

    fn transport_over(&self, connector: impl Connector, uri: Uri) -> (Box<dyn Transport>, Option<Http2>) {
        match self.http_version {
            HttpVersion::Http1 => (Box::new(Http1::new(connector)), None),
            HttpVersion::Http2 => {
                let settings =
                    Http2Settings { connect_timeout: self.connect_timeout, keepalive: self.keepalive };
                let http2 = Http2::new(connector, uri, settings);
                (Box::new(http2.clone()), Some(http2))
            }
        }
    }

    fn fail(&self, problem: Problem) -> ConnectError {
        ConnectError::new(self.endpoint.clone(), problem)
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}
