//! The REST client: a [`RestChannel`] to a server of any make that speaks `google.api.http`.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
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
use super::transport::TowerTransport;
use crate::call::{Body, BoxError};
use crate::protocol::client::{ClientSettings, Endpoint, Transport};
use crate::protocol::rest::client::RestEndpoint;
use crate::protocol::wire::{HttpVersion, Protocol};

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
    pub(super) server: Arc<RestEndpoint>,
    /// What spreads calls, if there is anything to choose from.
    balancer: Option<Balancer>,
    pub(super) retrying: Arc<Retrying>,
}

impl RestChannel {
    /// A server, as in `http://127.0.0.1:8080` or `http://gateway.internal/shop`.
    pub fn new(endpoint: impl Into<String>) -> Result<Self, ConnectError> {
        Self::builder(endpoint).build()
    }

    /// Prepares a channel with settings of its own.
    pub fn builder(endpoint: impl Into<String>) -> RestBuilder {
        RestBuilder {
            connections: Connections::new(endpoint.into(), HttpVersion::Http1),
            settings: ClientSettings::default(),
            calls: CallSettings::default(),
            stack: Stack::default(),
        }
    }
}

impl RestChannel {
    /// What is known now of the endpoints that calls are spread over, once there was a call. None for a channel to one
    /// address.
    pub fn endpoints(&self) -> Vec<EndpointStatus> {
        servers::status(self.balancer.as_ref())
    }
}

impl fmt::Debug for RestChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RestChannel")
            .field("authority", &self.server.endpoint.authority)
            .field("prefix", &self.server.prefix)
            .finish_non_exhaustive()
    }
}

/// Settings of a [`RestChannel`], each with its default.
#[derive(Clone)]
#[must_use = "a builder does nothing until it builds"]
pub struct RestBuilder {
    connections: Connections,
    settings: ClientSettings,
    calls: CallSettings,
    stack: Stack,
}

impl RestBuilder {
    /// Whether to speak HTTP/2 from the first byte, which streams in both directions need. Default: HTTP/1.1.
    pub fn http2(mut self, yes: bool) -> Self {
        self.connections.http_version = if yes { HttpVersion::Http2 } else { HttpVersion::Http1 };
        self
    }

    /// A channel over connections of its own.
    pub fn build(self) -> Result<RestChannel, ConnectError> {
        let protocol = match self.connections.http_version {
            HttpVersion::Http1 => Protocol::GrpcWeb,
            HttpVersion::Http2 => Protocol::Grpc,
        };
        self.with(|connections, scheme, authority| {
            let servers = Servers::new(connections, scheme, authority, protocol)?;
            Ok((servers.transport(), servers.balancer()))
        })
    }

    /// A channel over any HTTP client: one with a pool of its own, through a proxy, or one in a test.
    pub fn with_transport<S, B>(self, transport: S) -> Result<RestChannel, ConnectError>
    where
        S: Service<Request<Body>, Response = Response<B>, Error: Into<BoxError>>,
        S: Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
        B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let transport = TowerTransport::new(transport, self.connections.http_version);
        self.with(|_, _, _| Ok((Box::new(transport), None)))
    }

    fn with(
        self,
        transport: impl FnOnce(
            &Connections,
            &http::uri::Scheme,
            &http::uri::Authority,
        ) -> Result<(Box<dyn Transport>, Option<Balancer>), ConnectError>,
    ) -> Result<RestChannel, ConnectError> {
        let Self { connections, settings, calls, stack } = self;
        let (scheme, authority, path) = connections.parse()?;
        if path.as_ref().is_some_and(|path| path.query().is_some()) {
            return Err(connections.fail(Problem::Form));
        }
        let is_plain_text = connections.is_plain_text(&scheme);
        stack.check(is_plain_text).map_err(|why| connections.fail(Problem::Settings(why)))?;
        calls.check(&settings).map_err(|why| connections.fail(Problem::Settings(why)))?;
        let prefix = path.map_or("/".to_owned(), |path| path.path().to_owned());
        let (transport, balancer) = transport(&connections, &scheme, &authority)?;
        let transport = stack.on(transport);
        let (settings, retrying) = calls.on(settings);
        let server = RestEndpoint {
            endpoint: Endpoint { scheme, authority, transport, settings },
            prefix: prefix.trim_end_matches('/').to_owned(),
        };
        Ok(RestChannel { server: Arc::new(server), balancer, retrying })
    }
}

shared_settings!(RestBuilder);

impl fmt::Debug for RestBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RestBuilder").field("endpoint", &self.connections.shown()).finish_non_exhaustive()
    }
}
