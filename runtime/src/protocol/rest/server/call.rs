//! From an HTTP request to [`dispatch`](crate::call::dispatch) and back, one function per kind of method.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;

use crate::bridge::Status;
use http::request::Parts;
use http::{Method, Response, Uri};
use tonic::body::Body;

use crate::call::body::{Payload, PayloadFuture};
use crate::call::dispatch;
use crate::call::dispatch::Inbound;
use crate::context::Connection;
use crate::error::MethodError;
use crate::method::MethodInfo;
#[cfg(feature = "compression")]
use crate::protocol::compression;
use crate::protocol::rest::headers;
use crate::protocol::rest::server::error;
use crate::protocol::rest::server::error::Failure;
use crate::protocol::rest::server::options::Settings;
#[cfg(feature = "websocket")]
use crate::protocol::rest::server::websocket;
use crate::protocol::rest::server::{request, respond, stream};
use crate::transcode::binding::{Binding, Fields};
use crate::transcode::segments::Segments;
use crate::transcode::text::Url;
use crate::{Context, RequestStream, ResponseStream};

/// The answer to a REST call.
pub type RestFuture = PayloadFuture;

/// A REST call as it arrives at a generated service, with the binding that its path has led to.
pub struct Call {
    pub(crate) parts: Parts,
    pub(crate) body: Body,
    pub(crate) binding: &'static Binding,
    /// Those of the path.
    pub(crate) segments: Segments,
    pub(crate) settings: Arc<Settings>,
    /// What it came by, unless that is among the extensions.
    pub(crate) connection: Option<Connection>,
}

impl Call {
    /// The index of the method in its service.
    pub fn method(&self) -> u16 {
        self.binding.method
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("uri", &self.parts.uri)
            .field("binding", self.binding)
            .finish_non_exhaustive()
    }
}

/// What a request brings besides its headers, which are with the context.
pub(crate) struct Upload {
    pub(crate) uri: Uri,
    pub(crate) segments: Segments,
    pub(crate) body: Body,
    pub(crate) reply: Reply,
}

impl Upload {
    #[inline]
    pub(crate) fn url(&self) -> Url<'_> {
        Url { path: self.uri.path(), segments: &self.segments, query: self.uri.query().unwrap_or_default() }
    }
}

/// What has to be known to answer.
#[derive(Clone)]
pub(crate) struct Reply {
    pub(crate) binding: &'static Binding,
    pub(crate) settings: Arc<Settings>,
    /// Whether the request may ask for something else than JSON.
    pub(crate) accept: bool,
}

/// Answers a call with one request and one response.
pub fn unary<Req, Res, E, F, Fut>(
    info: &'static MethodInfo,
    call: Call,
    fields: Fields<Req, Res>,
    handler: F,
) -> RestFuture
where
    Req: prost::Message + Default + dispatch::Request,
    Res: prost::Message + dispatch::Response,
    E: MethodError,
    F: FnOnce(Context, Req) -> Fut + Send + 'static,
    Fut: Future<Output = Result<Res, E>> + Send,
{
    // What is nearly all of REST has a way of its own, shorter by what streams need.
    let Begun { call, mut upload, is_head } = match Begun::of(info, call) {
        Ok(begun) => begun,
        Err(refusal) => return refusal,
    };
    Box::pin(async move {
        let ctx = call.context();
        let settings = Arc::clone(&upload.reply.settings);
        let mut response = Response::new(Payload::default());
        let done = {
            // Pinned here and with the response outside, so that neither is moved once more for each who waits for it.
            let work = pin!(async {
                let request = request::read(&mut upload, ctx, fields).await?;
                let answer = handler(ctx.clone(), request).await.map_err(|error| Failure::of(ctx, error))?;
                respond::message(info, ctx, answer, &upload.reply, fields, &mut response)
            });
            dispatch::run(info, ctx, &settings.policy, work).await
        };
        if let Err(failure) = done {
            response = error::respond_within(&failure, ctx, &settings);
        }
        finish(&mut response, ctx, &settings, is_head);
        Ok(response)
    })
}

/// Answers a call with many requests and one response.
pub fn client_streaming<Req, Res, E, F, Fut>(
    info: &'static MethodInfo,
    call: Call,
    fields: Fields<Req, Res>,
    handler: F,
) -> RestFuture
where
    Req: prost::Message + Default + dispatch::Request,
    Res: prost::Message + dispatch::Response,
    E: MethodError,
    F: FnOnce(Context, RequestStream<Req>) -> Fut + Send + 'static,
    Fut: Future<Output = Result<Res, E>> + Send,
{
    #[cfg(feature = "websocket")]
    if websocket::is_call(&call) {
        return websocket::serve(info, call, fields, move |ctx, requests| async move {
            let answer = handler(ctx.clone(), RequestStream::new(requests)).await;
            let response = answer.map_err(|error| Failure::of(&ctx, error))?;
            Ok(ResponseStream::<Res, E>::from_iter([response]))
        });
    }
    serve(
        info,
        call,
        move |ctx, upload| async move {
            let reply = upload.reply.clone();
            let requests = stream::incoming::messages(upload, &ctx, fields)?;
            let response = handler(ctx.clone(), requests).await.map_err(|error| Failure::of(&ctx, error))?;
            let mut answer = Response::new(Payload::default());
            respond::message(info, &ctx, response, &reply, fields, &mut answer).map(|()| answer)
        },
        |_, response, _| std::future::ready(Ok(response)),
    )
}

/// Answers a call with one request and many responses.
pub fn server_streaming<Req, Res, E, F, Fut>(
    info: &'static MethodInfo,
    call: Call,
    fields: Fields<Req, Res>,
    handler: F,
) -> RestFuture
where
    Req: prost::Message + Default + dispatch::Request,
    Res: prost::Message + dispatch::Response,
    E: MethodError,
    F: FnOnce(Context, Req) -> Fut + Send + 'static,
    Fut: Future<Output = Result<ResponseStream<Res, E>, E>> + Send,
{
    #[cfg(feature = "websocket")]
    if websocket::is_call(&call) {
        return websocket::serve(info, call, fields, move |ctx, requests| async move {
            let request = requests.one().await?;
            handler(ctx.clone(), request).await.map_err(|error| Failure::of(&ctx, error))
        });
    }
    serve(
        info,
        call,
        move |ctx, mut upload| async move {
            let request = request::read(&mut upload, &ctx, fields).await?;
            handler(ctx.clone(), request).await.map_err(|error| Failure::of(&ctx, error))
        },
        move |call, messages, reply| stream::outgoing::respond(call, messages, reply, fields),
    )
}

/// Answers a call with many requests and many responses.
pub fn streaming<Req, Res, E, F, Fut>(
    info: &'static MethodInfo,
    call: Call,
    fields: Fields<Req, Res>,
    handler: F,
) -> RestFuture
where
    Req: prost::Message + Default + dispatch::Request,
    Res: prost::Message + dispatch::Response,
    E: MethodError,
    F: FnOnce(Context, RequestStream<Req>) -> Fut + Send + 'static,
    Fut: Future<Output = Result<ResponseStream<Res, E>, E>> + Send,
{
    #[cfg(feature = "websocket")]
    if websocket::is_call(&call) {
        return websocket::serve(info, call, fields, move |ctx, requests| async move {
            let answer = handler(ctx.clone(), RequestStream::new(requests)).await;
            answer.map_err(|error| Failure::of(&ctx, error))
        });
    }
    serve(
        info,
        call,
        move |ctx, upload| async move {
            let requests = stream::incoming::messages(upload, &ctx, fields)?;
            handler(ctx.clone(), requests).await.map_err(|error| Failure::of(&ctx, error))
        },
        move |call, messages, reply| stream::outgoing::respond(call, messages, reply, fields),
    )
}

/// Answers a call of a method that the service does not have.
#[allow(clippy::needless_pass_by_value, reason = "the other kinds take the call, and so does this")]
pub fn unknown(call: Call) -> RestFuture {
    let failure = Failure::from(Status::not_found("there is no such method"));
    let response = error::respond(&failure, &call.parts.headers);
    answered(response)
}

fn answered(response: Response<Payload>) -> RestFuture {
    Box::pin(std::future::ready(Ok(response)))
}

/// A call whose handler is about to run.
struct Begun {
    call: Inbound,
    upload: Upload,
    is_head: bool,
}

impl Begun {
    /// What can be done at once is: the future is the smaller for it, and small ones are allocated and moved faster.
    #[inline]
    fn of(info: &'static MethodInfo, call: Call) -> Result<Self, RestFuture> {
        let Call { parts, body, binding, segments, settings, connection } = call;
        let Parts { method, uri, mut headers, extensions, .. } = parts;
        let seen = match headers::receive(&mut headers, &settings.options) {
            Ok(seen) => seen,
            Err(failure) => return Err(answered(error::respond(&failure, &headers))),
        };
        let call = Inbound::new(info, headers, extensions, connection, seen.timeout, &settings.policy);
        #[cfg(feature = "compression")]
        let body = {
            let ctx = call.context();
            match compression::request(settings.options.compression, ctx.metadata().as_ref(), body) {
                Ok(body) => body,
                Err(failure) => {
                    let refusal = error::respond_within(&failure, ctx, &settings);
                    return Err(answered(compression::refuse(refusal)));
                }
            }
        };
        let reply = Reply { binding, settings, accept: seen.accept };
        Ok(Self { call, upload: Upload { uri, segments, body, reply }, is_head: method == Method::HEAD })
    }
}

/// The way of calls with streams: `handle` runs within the deadline and what the policy says, `answer` makes the response
/// of what it brings where that outlives it, as a stream does.
fn serve<T, H, HFut, A, AFut>(info: &'static MethodInfo, call: Call, handle: H, answer: A) -> RestFuture
where
    H: FnOnce(Context, Upload) -> HFut + Send + 'static,
    HFut: Future<Output = Result<T, Failure>> + Send,
    A: FnOnce(Inbound, T, Reply) -> AFut + Send + 'static,
    AFut: Future<Output = Result<Response<Payload>, Failure>> + Send,
    T: Send,
{
    let Begun { call, upload, is_head } = match Begun::of(info, call) {
        Ok(begun) => begun,
        Err(refusal) => return refusal,
    };
    let ctx = call.context().clone();
    let reply = upload.reply.clone();
    Box::pin(async move {
        let settings = Arc::clone(&reply.settings);
        // Pinned here, so that it is not moved once more for each of those who wait for it.
        let handled = pin!(handle(ctx.clone(), upload));
        let handled = dispatch::run(info, &ctx, &settings.policy, handled).await;
        let answered = match handled {
            Ok(result) => answer(call, result, reply).await,
            Err(failure) => Err(failure),
        };
        let mut response =
            answered.unwrap_or_else(|failure| error::respond_within(&failure, &ctx, &settings));
        finish(&mut response, &ctx, &settings, is_head);
        Ok(response)
    })
}

/// Makes of a response what the client can take.
fn finish(response: &mut Response<Payload>, ctx: &Context, settings: &Settings, is_head: bool) {
    #[cfg(feature = "compression")]
    compression::response(settings.options.compression, ctx.metadata().as_ref(), response);
    #[cfg(not(feature = "compression"))]
    let _ = (ctx, settings);
    if is_head {
        respond::without_body(response);
    }
}
