//! The REST client: a [`RestChannel`] to a server of any make that speaks `google.api.http`, and what generated clients
//! call through it, one function per kind of method.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Request, Response};
use tower_service::Service;

use super::around::{self, Requests, Transmit};
use super::balance::{Balancer, EndpointStatus};
use super::connections::Connections;
use super::error::{ConnectError, Problem};
use super::servers::{self, Servers};
use super::shared::shared_settings;
use super::stack::Stack;
use super::transport::TowerTransport;
use crate::bridge::Status;
use crate::call::{Body, BoxError};
use crate::json::MessageInfo;
use crate::message::AnyMessage;
use crate::method::MethodInfo;
use crate::protocol::client::{CallerLink, ClientSettings, Endpoint, Transport};
use crate::protocol::rest::client::{BoundRequest, RestCall, RestEndpoint};
use crate::protocol::wire::{HttpVersion, Protocol};
use crate::sight::System;
use crate::stream::Incoming;
use crate::{Context, RequestStream, ResponseStream};

pub use crate::protocol::rest::client::Target;

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
    server: Arc<RestEndpoint>,
    /// What spreads calls, if there is anything to choose from.
    balancer: Option<Balancer>,
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
        let Self { connections, settings, stack } = self;
        let (scheme, authority, path) = connections.parse()?;
        if path.as_ref().is_some_and(|path| path.query().is_some()) {
            return Err(connections.fail(Problem::Form));
        }
        let is_plain_text = connections.is_plain_text(&scheme);
        stack.check(is_plain_text).map_err(|why| connections.fail(Problem::Settings(why)))?;
        let prefix = path.map_or("/".to_owned(), |path| path.path().to_owned());
        let (transport, balancer) = transport(&connections, &scheme, &authority)?;
        let transport = stack.on(transport);
        let server = RestEndpoint {
            endpoint: Endpoint { scheme, authority, transport, settings },
            prefix: prefix.trim_end_matches('/').to_owned(),
        };
        Ok(RestChannel { server: Arc::new(server), balancer })
    }
}

shared_settings!(RestBuilder);

impl fmt::Debug for RestBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RestBuilder").field("endpoint", &self.connections.shown()).finish_non_exhaustive()
    }
}

/// Calls a method with one request and one response.
pub async fn unary<Req, Res, E>(
    channel: &RestChannel,
    target: Target,
    ctx: Context,
    mut request: Req,
) -> Result<Res, E>
where
    Req: AnyMessage,
    Res: AnyMessage + Default,
    E: From<Status>,
{
    if let Some(around) = &channel.server.endpoint.settings.around {
        let calls = Calls { channel, target, request: Req::info(), response: Res::info() };
        return around::one(around, &calls, ctx, Requests::One(&mut request)).await;
    }
    let mut response = Res::default();
    let call = RestCall::new(&channel.server, target, ctx);
    let sent = call.request(&mut request);
    drop(request);
    call.one(sent?, None, &mut response).await?;
    Ok(response)
}

/// Calls a method with many requests and one response.
pub async fn client_streaming<Req, Res, E>(
    channel: &RestChannel,
    target: Target,
    ctx: Context,
    requests: RequestStream<Req>,
) -> Result<Res, E>
where
    Req: AnyMessage,
    Res: AnyMessage + Default,
    E: From<Status>,
{
    if let Some(around) = &channel.server.endpoint.settings.around {
        let calls = Calls { channel, target, request: Req::info(), response: Res::info() };
        return around::one(around, &calls, ctx, Requests::Many(Box::new(requests))).await;
    }
    let mut response = Res::default();
    let call = RestCall::new(&channel.server, target, ctx);
    let (sent, link) = call.requests(Req::info(), Box::new(requests))?;
    call.one(sent, Some(link), &mut response).await?;
    Ok(response)
}

/// Calls a method with one request and many responses.
pub async fn server_streaming<Req, Res, E>(
    channel: &RestChannel,
    target: Target,
    ctx: Context,
    mut request: Req,
) -> Result<ResponseStream<Res, E>, E>
where
    Req: AnyMessage,
    Res: AnyMessage + Default,
    E: From<Status>,
{
    if let Some(around) = &channel.server.endpoint.settings.around {
        let calls = Calls { channel, target, request: Req::info(), response: Res::info() };
        return around::many(around, &calls, ctx, Requests::One(&mut request)).await;
    }
    let call = RestCall::new(&channel.server, target, ctx);
    let sent = call.request(&mut request);
    drop(request);
    Ok(ResponseStream::arriving(call.several(sent?, None, Res::info()).await?))
}

/// Calls a method with many requests and many responses.
pub async fn bidi_streaming<Req, Res, E>(
    channel: &RestChannel,
    target: Target,
    ctx: Context,
    requests: RequestStream<Req>,
) -> Result<ResponseStream<Res, E>, E>
where
    Req: AnyMessage,
    Res: AnyMessage + Default,
    E: From<Status>,
{
    if let Some(around) = &channel.server.endpoint.settings.around {
        let calls = Calls { channel, target, request: Req::info(), response: Res::info() };
        return around::many(around, &calls, ctx, Requests::Many(Box::new(requests))).await;
    }
    let call = RestCall::new(&channel.server, target, ctx);
    let (sent, link) = call.requests(Req::info(), Box::new(requests))?;
    Ok(ResponseStream::arriving(call.several(sent, Some(link), Res::info()).await?))
}

/// The calls of a method, as what goes around them sends them, with the tables of its messages.
struct Calls<'a> {
    channel: &'a RestChannel,
    target: Target,
    request: &'static MessageInfo,
    response: &'static MessageInfo,
}

impl Calls<'_> {
    fn call(
        &self,
        ctx: Context,
        requests: Requests<'_>,
    ) -> Result<(RestCall<'_>, BoundRequest, Option<CallerLink>), Status> {
        let call = RestCall::new(&self.channel.server, self.target, ctx);
        let (request, link) = match requests {
            Requests::One(request) => (call.request(request)?, None),
            Requests::Many(requests) => {
                let (request, link) = call.requests(self.request, requests)?;
                (request, Some(link))
            }
        };
        Ok((call, request, link))
    }
}

impl Transmit for Calls<'_> {
    fn method(&self) -> &'static MethodInfo {
        self.target.info
    }

    fn system(&self) -> System {
        System::Rest
    }

    fn endpoint(&self) -> &Endpoint {
        &self.channel.server.endpoint
    }

    fn one<'a>(
        &'a self,
        ctx: Context,
        requests: Requests<'a>,
        response: &'a mut dyn AnyMessage,
    ) -> BoxFuture<'a, Result<(), Status>> {
        Box::pin(async move {
            let (call, request, link) = self.call(ctx, requests)?;
            call.one(request, link, response).await
        })
    }

    fn many<'a>(
        &'a self,
        ctx: Context,
        requests: Requests<'a>,
    ) -> BoxFuture<'a, Result<Box<dyn Incoming>, Status>> {
        Box::pin(async move {
            let (call, request, link) = self.call(ctx, requests)?;
            call.several(request, link, self.response).await
        })
    }
}
