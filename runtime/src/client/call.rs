//! What generated clients call, one function per kind of method. Only these few lines are made for each method.

use std::future::poll_fn;
use std::mem::take;
use std::task::{Context as Task, Poll, ready};

use bytes::Bytes;
use futures_util::future::{BoxFuture, Either};

use super::around::{self, Requests, Transmit};
use super::channel::Channel;
use super::dialects::dialect;
use crate::bridge::Status;
use crate::message::AnyMessage;
use crate::method::MethodInfo;
use crate::protocol::client::{ClientCall, Endpoint, EnvelopedCall, bare, one, unreadable};
use crate::protocol::connect::unary as connect;
use crate::protocol::envelope::codec;
use crate::protocol::wire::Protocol;
use crate::sight::System;
use crate::stream::Incoming;
use crate::{Context, RequestStream, ResponseStream};

/// Calls a method with one request and one response.
pub fn unary<'a, Req, Res, E>(
    channel: &'a Channel,
    info: &'static MethodInfo,
    ctx: Context,
    request: Req,
) -> impl Future<Output = Result<Res, E>> + Send + use<'a, Req, Res, E>
where
    Req: AnyMessage,
    Res: AnyMessage + Default,
    E: From<Status>,
{
    if let Some(around) = &channel.endpoint.settings.around {
        let mut request = request;
        return Either::Left(async move {
            around::one(around, &Calls { channel, info }, ctx, Requests::One(&mut request)).await
        });
    }
    let mut call = UnaryCall { channel, state: State::New(info, ctx) };
    // Not an `async fn`, which would keep all of these twice.
    let (mut request, mut response) = (Some(request), Res::default());
    Either::Right(poll_fn(move |task| {
        if let Some(request) = request.take() {
            call.start(&request);
        }
        let outcome = ready!(call.poll(task, &mut response));
        Poll::Ready(outcome.map(|()| take(&mut response)).map_err(E::from))
    }))
}

/// Calls a method with many requests and one response.
#[allow(clippy::missing_panics_doc, reason = "what panics is a future that is polled after its end")]
pub fn client_streaming<'a, Req, Res, E>(
    channel: &'a Channel,
    info: &'static MethodInfo,
    ctx: Context,
    requests: RequestStream<Req>,
) -> impl Future<Output = Result<Res, E>> + Send + use<'a, Req, Res, E>
where
    Req: AnyMessage,
    Res: AnyMessage + Default,
    E: From<Status>,
{
    if let Some(around) = &channel.endpoint.settings.around {
        let requests = Requests::Many(Box::new(requests));
        return Either::Left(
            async move { around::one(around, &Calls { channel, info }, ctx, requests).await },
        );
    }
    let mut response = Res::default();
    let mut start = Some((ctx, requests));
    let mut call = None;
    Either::Right(poll_fn(move |task| {
        if let Some((ctx, requests)) = start.take() {
            let started = ClientCall::new(&channel.endpoint, info, ctx);
            call =
                Some(EnvelopedCall::with_requests(started, dialect(channel.protocol), Box::new(requests))?);
        }
        let call = call.as_mut().expect("a call that has failed is not asked again");
        let outcome = ready!(call.poll_one(task, &mut response));
        Poll::Ready(outcome.map(|()| take(&mut response)).map_err(E::from))
    }))
}

/// Calls a method with one request and many responses.
pub async fn server_streaming<Req, Res, E>(
    channel: &Channel,
    info: &'static MethodInfo,
    ctx: Context,
    request: Req,
) -> Result<ResponseStream<Res, E>, E>
where
    Req: AnyMessage,
    Res: AnyMessage + Default,
    E: From<Status>,
{
    if let Some(around) = &channel.endpoint.settings.around {
        let mut request = request;
        return around::many(around, &Calls { channel, info }, ctx, Requests::One(&mut request)).await;
    }
    let encoded = one(info, &channel.endpoint.settings, &request);
    drop(request);
    let call = ClientCall::new(&channel.endpoint, info, ctx);
    let call = EnvelopedCall::with_request(call, dialect(channel.protocol), encoded?)?;
    Ok(ResponseStream::arriving(call.responses().await?))
}

/// Calls a method with many requests and many responses.
pub async fn bidi_streaming<Req, Res, E>(
    channel: &Channel,
    info: &'static MethodInfo,
    ctx: Context,
    requests: RequestStream<Req>,
) -> Result<ResponseStream<Res, E>, E>
where
    Req: AnyMessage,
    Res: AnyMessage + Default,
    E: From<Status>,
{
    if let Some(around) = &channel.endpoint.settings.around {
        let requests = Requests::Many(Box::new(requests));
        return around::many(around, &Calls { channel, info }, ctx, requests).await;
    }
    let call = ClientCall::new(&channel.endpoint, info, ctx);
    let call = EnvelopedCall::with_requests(call, dialect(channel.protocol), Box::new(requests))?;
    Ok(ResponseStream::arriving(call.responses().await?))
}

/// The calls of a method, as what goes around them sends them.
struct Calls<'a> {
    channel: &'a Channel,
    info: &'static MethodInfo,
}

impl Calls<'_> {
    fn enveloped(&self, ctx: Context, requests: Requests<'_>) -> Result<EnvelopedCall<'_>, Status> {
        let Self { channel, info } = *self;
        let call = ClientCall::new(&channel.endpoint, info, ctx);
        match requests {
            Requests::One(request) => {
                let request = one(info, call.settings(), request)?;
                EnvelopedCall::with_request(call, dialect(channel.protocol), request)
            }
            Requests::Many(requests) => {
                EnvelopedCall::with_requests(call, dialect(channel.protocol), requests)
            }
        }
    }
}

impl Transmit for Calls<'_> {
    fn method(&self) -> &'static MethodInfo {
        self.info
    }

    fn system(&self) -> System {
        match self.channel.protocol {
            Protocol::Grpc | Protocol::GrpcWeb => System::Grpc,
            Protocol::Connect => System::Connect,
        }
    }

    fn endpoint(&self) -> &Endpoint {
        &self.channel.endpoint
    }

    fn one<'a>(
        &'a self,
        ctx: Context,
        requests: Requests<'a>,
        response: &'a mut dyn AnyMessage,
    ) -> BoxFuture<'a, Result<(), Status>> {
        let Self { channel, info } = *self;
        if let Some(direct) = channel.endpoint.transport.direct(info.path) {
            return direct.one(ClientCall::new(&channel.endpoint, info, ctx), requests, response);
        }
        Box::pin(async move {
            match requests {
                Requests::One(request) => {
                    let mut call = UnaryCall { channel, state: State::New(info, ctx) };
                    call.start(request);
                    poll_fn(|task| call.poll(task, response)).await
                }
                requests @ Requests::Many(_) => {
                    let mut call = self.enveloped(ctx, requests)?;
                    poll_fn(|task| call.poll_one(task, response)).await
                }
            }
        })
    }

    fn many<'a>(
        &'a self,
        ctx: Context,
        requests: Requests<'a>,
    ) -> BoxFuture<'a, Result<Box<dyn Incoming>, Status>> {
        let Self { channel, info } = *self;
        if let Some(direct) = channel.endpoint.transport.direct(info.path) {
            return direct.many(ClientCall::new(&channel.endpoint, info, ctx), requests);
        }
        Box::pin(async move { self.enveloped(ctx, requests)?.responses().await })
    }
}

/// A call with one request and one response.
struct UnaryCall<'a> {
    channel: &'a Channel,
    state: State<'a>,
}

#[allow(clippy::large_enum_variant, reason = "a box would cost each call an allocation")]
enum State<'a> {
    New(&'static MethodInfo, Context),
    Enveloped(EnvelopedCall<'a>),
    /// Over Connect, without envelopes.
    Bare(BoxFuture<'a, Result<Bytes, Status>>),
    Failed(Status),
    Over,
}

impl UnaryCall<'_> {
    /// Sends the request.
    fn start(&mut self, request: &dyn AnyMessage) {
        let State::New(info, ctx) = std::mem::replace(&mut self.state, State::Over) else { return };
        self.state = self
            .send(ClientCall::new(&self.channel.endpoint, info, ctx), request)
            .unwrap_or_else(State::Failed);
    }
}

impl<'a> UnaryCall<'a> {
    fn send(&self, call: ClientCall<'a>, request: &dyn AnyMessage) -> Result<State<'a>, Status> {
        let settings = call.settings();
        if self.channel.protocol == Protocol::Connect {
            let request = bare(call.info, settings, request)?;
            return Ok(State::Bare(Box::pin(connect::call(call, request))));
        }
        let request = one(call.info, settings, request)?;
        Ok(State::Enveloped(EnvelopedCall::with_request(call, dialect(self.channel.protocol), request)?))
    }

    /// Waits for the response, and reads it into `response`, which is empty.
    fn poll(&mut self, task: &mut Task<'_>, response: &mut dyn AnyMessage) -> Poll<Result<(), Status>> {
        match &mut self.state {
            State::Enveloped(call) => return call.poll_one(task, response),
            State::Bare(call) => {
                let content = ready!(call.as_mut().poll(task));
                let settings = &self.channel.endpoint.settings;
                let (codec, max_memory) = (settings.codec, settings.messages.received.memory);
                let outcome = content.and_then(|content| {
                    codec::read(codec, content, max_memory, response).map_err(unreadable)
                });
                self.state = State::Over;
                return Poll::Ready(outcome);
            }
            State::New(..) | State::Failed(_) | State::Over => {}
        }
        match std::mem::replace(&mut self.state, State::Over) {
            State::Failed(status) => Poll::Ready(Err(status)),
            _ => unreachable!("a call that is over is not asked again"),
        }
    }
}
