//! gRPC: from an HTTP request to [`dispatch`](crate::dispatch) and back, one function per kind of method.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context as Task, Poll};

use futures_util::stream::{Stream, StreamExt};
use http::HeaderMap;
use http_body::{Frame, SizeHint};
use tonic::body::Body;
use tonic::codec::{CompressionEncoding, Streaming};
use tonic::{Code, Status};

use crate::codec::Protobuf;
use crate::deadline;
use crate::dispatch::{self, Answer, Inbound, Policy, sent};
use crate::error::{self, MethodError};
use crate::method::{MethodInfo, ServiceInfo};
use crate::{Context, RequestStream, ResponseStream};

/// What a server says about every gRPC call.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) policy: Policy,
    pub(crate) max_request_size: Option<usize>,
    pub(crate) max_response_size: Option<usize>,
    pub(crate) accept_gzip: bool,
    pub(crate) send_gzip: bool,
}

/// A gRPC call as it arrives at a generated service.
///
/// It is made from a plain HTTP request, as under a plain tonic server, or by [`Server`](crate::Server), which adds
/// its settings.
pub struct GrpcRequest {
    http: http::Request<Body>,
    settings: Option<Arc<Settings>>,
}

impl GrpcRequest {
    pub(crate) fn new(http: http::Request<Body>, settings: Arc<Settings>) -> Self {
        Self { http, settings: Some(settings) }
    }

    /// The URI, whose path is that of the method.
    pub fn uri(&self) -> &http::Uri {
        self.http.uri()
    }

    pub(crate) fn into_http(self) -> http::Request<Body> {
        self.http
    }
}

impl From<http::Request<Body>> for GrpcRequest {
    fn from(http: http::Request<Body>) -> Self {
        Self { http, settings: None }
    }
}

/// The answer to a gRPC call.
pub type GrpcFuture = Pin<Box<dyn Future<Output = Result<GrpcResponse, Infallible>> + Send>>;

/// What the call of a generated service answers with.
pub type GrpcResponse = http::Response<Body>;

/// The body of a request, of whatever server a generated service is mounted in.
pub trait RequestBody:
    http_body::Body<Data = bytes::Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + 'static
{
}

impl<B> RequestBody for B where
    B: http_body::Body<Data = bytes::Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>>
        + Send
        + 'static
{
}

/// Answers a call of a generated service that is mounted in somebody else's server.
pub fn call<S: GeneratedService, B: RequestBody>(service: &S, request: http::Request<B>) -> GrpcFuture {
    service.dispatch(request.map(Body::new).into())
}

/// A service as generated: it finds its method by the path.
pub trait GeneratedService: Send + Sync + 'static {
    /// What the service is.
    const INFO: &'static ServiceInfo;

    /// The routes by which it can be reached over REST.
    #[cfg(feature = "rest")]
    const REST: Option<&'static crate::rest::routes::Routes> = None;

    /// Answers a call.
    fn dispatch(&self, request: GrpcRequest) -> GrpcFuture;

    /// Answers a call that came over REST.
    #[cfg(feature = "rest")]
    fn rest(&self, call: crate::rest::Call) -> crate::rest::call::RestFuture {
        crate::rest::call::unknown(call)
    }
}

/// Answers a call with one request and one response.
pub fn unary<Req, Res, E, F, Fut>(info: &'static MethodInfo, request: GrpcRequest, handler: F) -> GrpcFuture
where
    Req: prost::Message + Default + dispatch::Request,
    Res: prost::Message + dispatch::Response,
    E: MethodError,
    F: FnOnce(Context, Req) -> Fut + Send + 'static,
    Fut: Future<Output = Result<Res, E>> + Send,
{
    serve(info, request, |ctx, requests| async move {
        let request = dispatch::one(requests).await?;
        handler(ctx.clone(), request).await.map(single).map_err(|error| sent(&ctx, error))
    })
}

/// Answers a call with many requests and one response.
pub fn client_streaming<Req, Res, E, F, Fut>(
    info: &'static MethodInfo,
    request: GrpcRequest,
    handler: F,
) -> GrpcFuture
where
    Req: prost::Message + Default + dispatch::Request,
    Res: prost::Message + dispatch::Response,
    E: MethodError,
    F: FnOnce(Context, RequestStream<Req>) -> Fut + Send + 'static,
    Fut: Future<Output = Result<Res, E>> + Send,
{
    serve(info, request, |ctx, requests| async move {
        let answer = handler(ctx.clone(), RequestStream::arriving(requests)).await;
        answer.map(single).map_err(|error| sent(&ctx, error))
    })
}

/// Answers a call with one request and many responses.
pub fn server_streaming<Req, Res, E, F, Fut>(
    info: &'static MethodInfo,
    request: GrpcRequest,
    handler: F,
) -> GrpcFuture
where
    Req: prost::Message + Default + dispatch::Request,
    Res: prost::Message + dispatch::Response,
    E: MethodError,
    F: FnOnce(Context, Req) -> Fut + Send + 'static,
    Fut: Future<Output = Result<ResponseStream<Res, E>, E>> + Send,
{
    serve(info, request, |ctx, requests| async move {
        let request = dispatch::one(requests).await?;
        handler(ctx.clone(), request).await.map_err(|error| sent(&ctx, error))
    })
}

/// Answers a call with many requests and many responses.
pub fn streaming<Req, Res, E, F, Fut>(
    info: &'static MethodInfo,
    request: GrpcRequest,
    handler: F,
) -> GrpcFuture
where
    Req: prost::Message + Default + dispatch::Request,
    Res: prost::Message + dispatch::Response,
    E: MethodError,
    F: FnOnce(Context, RequestStream<Req>) -> Fut + Send + 'static,
    Fut: Future<Output = Result<ResponseStream<Res, E>, E>> + Send,
{
    serve(info, request, |ctx, requests| async move {
        let answer = handler(ctx.clone(), RequestStream::arriving(requests)).await;
        answer.map_err(|error| sent(&ctx, error))
    })
}

/// Answers a call of a method that the service does not have.
#[allow(clippy::needless_pass_by_value, reason = "the other kinds take the request, and so does this")]
pub fn unimplemented(request: GrpcRequest) -> GrpcFuture {
    unknown("method", &request)
}

pub(super) fn unknown(what: &str, request: &GrpcRequest) -> GrpcFuture {
    let path = request.uri().path().trim_start_matches('/');
    let status = Status::unimplemented(format!("there is no {what} `{path}`"));
    Box::pin(std::future::ready(Ok(status.into_http())))
}

fn single<T>(message: T) -> impl Stream<Item = Result<T, Status>> + Unpin {
    futures_util::stream::iter(Some(Ok(message)))
}

/// An error that came up outside of the handler.
fn refused(status: Status) -> GrpcResponse {
    error::limit::fit(status).into_http()
}

/// The way of every call: all kinds are streams to tonic, so that there is one way.
fn serve<Req, Res, E, S, F, Fut>(info: &'static MethodInfo, request: GrpcRequest, handler: F) -> GrpcFuture
where
    Req: prost::Message + Default + dispatch::Request,
    Res: prost::Message + dispatch::Response,
    E: MethodError,
    S: Stream<Item = Result<Res, E>> + Send + Unpin + 'static,
    F: FnOnce(Context, Arriving<Req>) -> Fut + Send + 'static,
    Fut: Future<Output = Result<S, Status>> + Send,
{
    let GrpcRequest { http, settings } = request;
    Box::pin(async move {
        let settings = settings.as_deref().unwrap_or(&Settings::MOUNTED);
        let (parts, body) = http.into_parts();
        let encodings = encodings(&parts.headers, settings);
        let timeout = match deadline::of_caller(&parts.headers) {
            Ok(timeout) => timeout,
            Err(status) => return Ok(refused(status)),
        };
        let call = Inbound::new(info, parts.headers, parts.extensions, None, timeout, &settings.policy);
        let ctx = call.context().clone();
        let mut request = http::Request::new(Upload { body, ctx: ctx.clone() });
        *request.headers_mut() = encodings;

        let answer = Once(Some(|request: tonic::Request<Streaming<Req>>| async {
            let ctx = call.context().clone();
            let requests = Arriving { inner: request.into_inner(), ctx: ctx.clone(), admit: dispatch::admit };
            match handler(ctx, requests).await {
                Ok(messages) => {
                    let headers = call.context().answer_headers();
                    let answer = Answer::new(call, messages);
                    Ok(tonic::Response::from_parts(headers, answer, http::Extensions::new()))
                }
                Err(status) => Err(call.refuse(status)),
            }
        }));
        let mut grpc = settings.apply(tonic::server::Grpc::new(Protobuf::<Res, Req>::new()));
        // Pinned here, so that it is not moved once more for each of those who wait for it.
        let answered = pin!(async { Ok(grpc.streaming(answer, request).await) });
        Ok(dispatch::run(info, &ctx, &settings.policy, answered).await.unwrap_or_else(refused))
    })
}

impl Settings {
    /// What holds for a generated service that is mounted in somebody else's server.
    const MOUNTED: Self = Self {
        policy: Policy {
            default_timeout: None,
            max_timeout: None,
            authenticator: None,
            stopping: None,
            check_responses: cfg!(debug_assertions),
        },
        max_request_size: None,
        max_response_size: None,
        accept_gzip: true,
        send_gzip: false,
    };

    fn apply<C: tonic::codec::Codec>(&self, mut grpc: tonic::server::Grpc<C>) -> tonic::server::Grpc<C> {
        grpc = grpc.apply_max_message_size_config(self.max_request_size, self.max_response_size);
        if self.accept_gzip {
            grpc = grpc.accept_compressed(CompressionEncoding::Gzip);
        }
        if self.send_gzip {
            grpc = grpc.send_compressed(CompressionEncoding::Gzip);
        }
        grpc
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::MOUNTED
    }
}

/// The headers that tonic needs to see; the rest is with the context.
fn encodings(headers: &HeaderMap, settings: &Settings) -> HeaderMap {
    let mut seen = HeaderMap::new();
    for (name, wanted) in [("grpc-encoding", true), ("grpc-accept-encoding", settings.send_gzip)] {
        if wanted && let Some(value) = headers.get(name) {
            seen.insert(name, value.clone());
        }
    }
    seen
}

/// A handler as the service that tonic calls, once.
struct Once<F>(Option<F>);

impl<F, Fut, Req, Res> tower_service::Service<tonic::Request<Req>> for Once<F>
where
    F: FnOnce(tonic::Request<Req>) -> Fut,
    Fut: Future<Output = Result<tonic::Response<Res>, Status>>,
{
    type Response = tonic::Response<Res>;
    type Error = Status;
    type Future = Fut;

    fn poll_ready(&mut self, _: &mut Task<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: tonic::Request<Req>) -> Fut {
        (self.0.take().expect("tonic answers a call once"))(request)
    }
}

/// The request body. When it breaks off, the call is over: tonic would make that look like a regular end.
struct Upload {
    body: Body,
    ctx: Context,
}

impl http_body::Body for Upload {
    type Data = bytes::Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(task);
        if let Poll::Ready(Some(Err(_))) = frame {
            self.ctx.lifetime().end();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The requests as they are decoded.
pub(crate) struct Arriving<T> {
    inner: Streaming<T>,
    ctx: Context,
    admit: fn(&T) -> Result<(), Status>,
}

impl<T> Stream for Arriving<T> {
    type Item = Result<T, Status>;

    // One local from the decoder to the caller: every move of a message more can be measured.
    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Option<Self::Item>> {
        let mut polled = self.inner.poll_next_unpin(task);
        let error = match &polled {
            Poll::Ready(Some(Ok(message))) => (self.admit)(message).err(),
            Poll::Ready(None) if self.ctx.is_cancelled() => {
                Some(Status::cancelled("the caller gave the call up"))
            }
            // The code that the rest of gRPC has for a message beyond the limit.
            Poll::Ready(Some(Err(status))) if status.code() == Code::OutOfRange => {
                Some(Status::resource_exhausted(status.message()))
            }
            _ => None,
        };
        if let Some(error) = error {
            polled = Poll::Ready(Some(Err(error)));
        }
        polled
    }
}
