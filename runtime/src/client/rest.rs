//! The REST client: a [`RestChannel`] to a server of any make that speaks `google.api.http`, and what generated clients
//! call through it, one function per kind of method.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Request, Response};
use tower_service::Service;

use super::around::{self, Requests, Transmit};
use super::connections::Connections;
use super::error::{ConnectError, Problem};
use super::transport::TowerTransport;
use crate::bridge::Status;
use crate::call::intercept::Interceptor;
use crate::call::{Body, BoxError};
use crate::json::MessageInfo;
use crate::message::AnyMessage;
use crate::method::MethodInfo;
use crate::protocol::client::{CallerLink, ClientSettings, Endpoint, Transport};
use crate::protocol::limits::Keepalive;
use crate::protocol::rest::client::{BoundRequest, RestCall, RestEndpoint};
use crate::protocol::wire::HttpVersion;
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
        }
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
}

impl RestBuilder {
    /// How long a call may take of which neither its context nor its method says less. Default: no limit.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = Some(timeout);
        self
    }

    /// How long connecting may take, as [`Builder::connect_timeout`](super::Builder::connect_timeout) has it. Default: 10
    /// seconds.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connections.settings.connect_timeout = timeout;
        self
    }

    /// How often it is asked whether the server is still there, and how long it may take to answer, as
    /// [`Builder::keepalive`](super::Builder::keepalive) has it. Default: every 2 minutes, 20 seconds. `None` never asks.
    pub fn keepalive(mut self, interval_and_timeout: Option<(Duration, Duration)>) -> Self {
        self.connections.settings.limits.keepalive = interval_and_timeout.map(Keepalive::of);
        self
    }

    /// Whether requests are checked before they leave, as [`Builder::validate_requests`](super::Builder::validate_requests)
    /// has it. Default: no.
    pub fn validate_requests(mut self, validate: bool) -> Self {
        self.settings.validate_requests = validate;
        self
    }

    /// The largest response message, in bytes. Beyond it a call fails with `RESOURCE_EXHAUSTED`. Default: 4 MiB.
    pub fn max_response_size(mut self, bytes: usize) -> Self {
        self.settings.messages.received.size = bytes;
        self
    }

    /// The most that the headers of a response may have, as
    /// [`Builder::max_header_list_size`](super::Builder::max_header_list_size) has it. It is not asked of
    /// [another transport](Self::with_transport). Default: 16 KiB.
    pub fn max_header_list_size(mut self, bytes: u32) -> Self {
        self.connections.settings.limits.max_header_list_size = bytes;
        self
    }

    /// The memory that a response message may take once it is read, in bytes; 32 times its size is allowed in any case.
    /// Default: 32 MiB. Beyond it a call fails with `RESOURCE_EXHAUSTED`.
    pub fn max_message_memory(mut self, bytes: usize) -> Self {
        self.settings.messages.received.memory = bytes;
        self
    }

    /// Whether to speak HTTP/2 from the first byte, which streams in both directions need. Default: HTTP/1.1.
    pub fn http2(mut self, yes: bool) -> Self {
        self.connections.http_version = if yes { HttpVersion::Http2 } else { HttpVersion::Http1 };
        self
    }

    /// Adds an interceptor around all calls. The first one added is the outermost.
    pub fn intercept(mut self, interceptor: impl Interceptor) -> Self {
        self.settings.around_mut().interceptors.add(interceptor);
        self
    }

    /// Makes a span of `tracing` for each call, by OpenTelemetry's conventions, inside the one that is current. Default:
    /// none.
    #[cfg(feature = "spans")]
    pub fn spans(mut self) -> Self {
        self.settings.around_mut().sight.spans = true;
        self
    }

    /// Measures each call, with the recorder that is installed for the crate `metrics`. Default: none.
    #[cfg(feature = "metrics")]
    pub fn metrics(mut self) -> Self {
        self.settings.around_mut().sight.metrics = true;
        crate::sight::describe_metrics();
        self
    }

    /// What an `https` endpoint is to show and to be shown. Default: a certificate of a well-known authority, nothing.
    #[cfg(feature = "_tls")]
    pub fn tls(mut self, tls: crate::tls::ClientTls) -> Self {
        self.connections.tls = tls;
        self
    }

    /// A channel over connections of its own.
    pub fn build(self) -> Result<RestChannel, ConnectError> {
        self.with(|connections, scheme, authority| Ok(connections.transport(scheme, authority)?.0))
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
        self.with(|_, _, _| Ok(Box::new(transport)))
    }

    fn with(
        self,
        transport: impl FnOnce(
            &Connections,
            &http::uri::Scheme,
            &http::uri::Authority,
        ) -> Result<Box<dyn Transport>, ConnectError>,
    ) -> Result<RestChannel, ConnectError> {
        let Self { connections, settings } = self;
        let (scheme, authority, path) = connections.parse()?;
        if path.as_ref().is_some_and(|path| path.query().is_some()) {
            return Err(connections.fail(Problem::Form));
        }
        let prefix = path.map_or("/".to_owned(), |path| path.path().to_owned());
        let transport = transport(&connections, &scheme, &authority)?;
        let server = RestEndpoint {
            endpoint: Endpoint { scheme, authority, transport, settings },
            prefix: prefix.trim_end_matches('/').to_owned(),
        };
        Ok(RestChannel { server: Arc::new(server) })
    }
}

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
