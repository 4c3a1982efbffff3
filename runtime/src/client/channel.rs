//! A connection to a server, and how it is made.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Request, Response};
use tower_service::Service;

use super::balance::{Balancer, EndpointStatus};
use super::calls::CallSettings;
use super::connections::Connections;
use super::error::{ConnectError, Problem};
use super::retry::Retrying;
use super::servers::{self, Servers};
use super::shared::shared_settings;
use super::stack::Stack;
#[cfg(feature = "tonic-channel")]
use super::tonic::Tonic;
use super::transport::TowerTransport;
#[cfg(feature = "tonic-channel")]
use crate::bridge::TonicChannel;
use crate::call::{Body, BoxError};
use crate::client::{Codec, HttpVersion, Protocol};
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
    /// What spreads calls, if there is anything to choose from.
    pub(super) balancer: Option<Balancer>,
    pub(super) retrying: Arc<Retrying>,
}

impl Channel {
    /// A channel over a transport that needs no address.
    #[cfg(any(test, fuzzing, feature = "server"))]
    pub(crate) fn over(
        transport: Box<dyn crate::protocol::client::Transport>,
        protocol: Protocol,
        settings: ClientSettings,
    ) -> Self {
        let authority = Authority::from_static("in.process");
        let endpoint = Endpoint { scheme: Scheme::HTTP, authority, transport, settings };
        Self { endpoint: Arc::new(endpoint), protocol, balancer: None, retrying: Arc::default() }
    }

    /// Connects to a server, as in `http://127.0.0.1:8080`, or by a Unix socket, as in `unix:/run/shop.sock` or
    /// `unix:///run/shop.sock`. Over the latter there is no TLS.
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

    /// What is known now of the endpoints that calls are spread over, once there was a call. None for a channel to one
    /// address.
    pub fn endpoints(&self) -> Vec<EndpointStatus> {
        servers::status(self.balancer.as_ref())
    }
}

/// A channel made with tonic, with default settings for calls. It needs the feature `tonic-channel`.
#[cfg(feature = "tonic-channel")]
impl From<TonicChannel> for Channel {
    fn from(inner: TonicChannel) -> Self {
        let endpoint = Endpoint {
            // It has its own opinion of both.
            scheme: Scheme::HTTP,
            authority: Authority::from_static("localhost"),
            transport: Box::new(Tonic(inner)),
            settings: ClientSettings::default(),
        };
        let (balancer, retrying) = (None, Arc::default());
        Self { endpoint: Arc::new(endpoint), protocol: Protocol::Grpc, balancer, retrying }
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
    connections: Connections,
    protocol: Protocol,
    settings: ClientSettings,
    calls: CallSettings,
    stack: Stack,
}

impl Builder {
    fn new(endpoint: String) -> Self {
        Self {
            connections: Connections::new(endpoint, HttpVersion::default()),
            protocol: Protocol::default(),
            settings: ClientSettings::default(),
            calls: CallSettings::default(),
            stack: Stack::default(),
        }
    }

    /// The largest request message, in bytes. Default: no limit.
    pub fn max_request_size(mut self, bytes: usize) -> Self {
        self.settings.messages.sent_size = bytes;
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
        self.connections.http_version = version;
        self
    }

    /// Whether calls over Connect of methods without side effects use `GET`, which caches can answer. Default: no.
    pub fn use_get(mut self, yes: bool) -> Self {
        self.settings.use_get = yes;
        self
    }

    /// Connects, and over HTTP/2 waits until the server has said something: one in the same program has to be serving
    /// meanwhile.
    pub async fn connect(self) -> Result<Channel, ConnectError> {
        let connections = self.connections.clone();
        let (channel, servers) = self.build()?;
        servers.connect().await.map_err(|error| connections.fail(Problem::Connection(error)))?;
        Ok(channel)
    }

    /// Makes a channel that connects with its first call.
    pub fn connect_lazy(self) -> Result<Channel, ConnectError> {
        Ok(self.build()?.0)
    }

    /// Makes a channel over any HTTP client, or over a server in the same process: no connection is made, and what this
    /// builder says about connections is ignored, but for the version of HTTP, which requests name. The endpoint is what they
    /// name as their server.
    ///
    /// Calls over a [`ServerService`](crate::server::ServerService) pass everything that calls over a network pass,
    /// besides the network: messages are encoded, deadlines, access and rules are enforced.
    ///
    /// ```no_run
    /// # #[cfg(feature = "server")]
    /// # fn example<S: rsvc::codegen::Service>(users: S) -> Result<(), Box<dyn std::error::Error>> {
    /// let server = rsvc::Server::new().add(users).into_service()?;
    /// let channel = rsvc::Channel::builder("http://in.process").with_transport(server)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_transport<S, B>(self, transport: S) -> Result<Channel, ConnectError>
    where
        S: Service<Request<Body>, Response = Response<B>, Error: Into<BoxError>>,
        S: Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
        B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let transport = TowerTransport::new(transport, self.connections.http_version);
        Ok(self.with(|_, _, _| Ok((Box::new(transport), ())))?.0)
    }

    /// A channel, and the servers to which a connection may be made beforehand.
    fn build(self) -> Result<(Channel, Servers), ConnectError> {
        let protocol = self.protocol;
        let (mut channel, servers) = self.with(|connections, scheme, authority| {
            let servers = Servers::new(connections, scheme, authority, protocol)?;
            Ok((servers.transport(), servers))
        })?;
        channel.balancer = servers.clone().balancer();
        Ok((channel, servers))
    }

    /// A channel over the transport that `transport` makes, and what that has with it.
    fn with<T>(
        self,
        transport: impl FnOnce(&Connections, &Scheme, &Authority) -> Result<(Box<dyn Transport>, T), ConnectError>,
    ) -> Result<(Channel, T), ConnectError> {
        let (scheme, authority, path) = self.connections.parse()?;
        if !matches!(path.as_ref().map(PathAndQuery::as_str), None | Some("/")) {
            return Err(self.connections.fail(Problem::Form));
        }
        let is_plain_text = self.connections.is_plain_text(&scheme);
        self.stack.check(is_plain_text).map_err(|why| self.connections.fail(Problem::Settings(why)))?;
        if self.protocol == Protocol::Grpc && self.connections.http_version == HttpVersion::Http1 {
            return Err(self.connections.fail(Problem::Settings("gRPC needs HTTP/2")));
        }
        self.calls.check(&self.settings).map_err(|why| self.connections.fail(Problem::Settings(why)))?;
        let (transport, beside) = transport(&self.connections, &scheme, &authority)?;
        let transport = self.stack.on(transport);
        let (settings, retrying) = self.calls.on(self.settings);
        let endpoint = Endpoint { scheme, authority, transport, settings };
        Ok((
            Channel { endpoint: Arc::new(endpoint), protocol: self.protocol, balancer: None, retrying },
            beside,
        ))
    }
}

shared_settings!(Builder);

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("endpoint", &self.connections.shown()).finish_non_exhaustive()
    }
}
