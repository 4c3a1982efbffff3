//! What generated clients call, one function per kind of method. Only these few lines are made for each method.

use std::future::poll_fn;
use std::mem::take;
use std::sync::Arc;
use std::task::{Poll, ready};

use bytes::Bytes;
use futures_util::future::{BoxFuture, Either};

use super::around::{self, Requests, Transmit};
use super::channel::Channel;
use super::dialects::dialect;
use super::one::OneCall;
use super::retry::{self, Begin, Replay};
use crate::bridge::Status;
use crate::message::AnyMessage;
use crate::method::MethodInfo;
use crate::protocol::client::{ClientCall, Endpoint, EnvelopedCall, many, one};
use crate::protocol::wire::Protocol;
use crate::sight::{Seen, System};
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
    let mut call = OneCall::new(channel, info, ctx);
    // Not an `async fn`, which would keep all of these twice. The request stays for another attempt.
    let mut response = Res::default();
    Either::Right(poll_fn(move |task| {
        let outcome = ready!(call.poll(task, Some(&request), &mut response));
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
            call = Some(OneCall::with_requests(channel, info, ctx, Box::new(requests), None)?);
        }
        let call = call.as_mut().expect("a call that has failed is not asked again");
        let outcome = ready!(call.poll(task, None, &mut response));
        Poll::Ready(outcome.map(|()| take(&mut response)).map_err(E::from))
    }))
}

/// Calls a method with one request and many responses.
pub async fn server_streaming<Req, Res, E>(
    channel: &Channel,
    info: &'static MethodInfo,
    ctx: Context,
    mut request: Req,
) -> Result<ResponseStream<Res, E>, E>
where
    Req: AnyMessage,
    Res: AnyMessage + Default,
    E: From<Status>,
{
    let calls = Calls { channel, info };
    if let Some(around) = &channel.endpoint.settings.around {
        return around::many(around, &calls, ctx, Requests::One(&mut request)).await;
    }
    let sent = calls.encode(&request);
    drop(request);
    Ok(ResponseStream::arriving(calls.responses_to_one(ctx, sent?, None).await?))
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
    let calls = Calls { channel, info };
    let requests = Requests::Many(Box::new(requests));
    if let Some(around) = &channel.endpoint.settings.around {
        return around::many(around, &calls, ctx, requests).await;
    }
    Ok(ResponseStream::arriving(calls.many(ctx, requests, None).await?))
}

/// The calls of a method, as what goes around them sends them.
struct Calls<'a> {
    channel: &'a Channel,
    info: &'static MethodInfo,
}

impl Calls<'_> {
    fn encode(&self, request: &dyn AnyMessage) -> Result<Bytes, Status> {
        one(self.info, self.channel.endpoint.settings_of(self.info), request)
    }

    async fn responses_to_one(
        &self,
        ctx: Context,
        request: Bytes,
        seen: Option<&Arc<Seen>>,
    ) -> Result<Box<dyn Incoming>, Status> {
        let Self { channel, info } = *self;
        let mut call = ClientCall::new(&channel.endpoint, info, ctx);
        if let Some(attempts) = channel.retrying.repeated(info, &call.ctx, call.deadline) {
            let begin = Streams { channel: channel.clone(), info, requests: Kept::One(request) };
            let retrying = Arc::clone(&channel.retrying);
            return retry::responses(Box::new(begin), call.ctx, attempts.seen_by(seen), retrying).await;
        }
        // What is left is a request that no server has begun with.
        let mut attempts = None;
        loop {
            let (ctx, deadline) = (call.ctx.clone(), call.deadline);
            let begun = EnvelopedCall::with_request(call, dialect(channel.protocol), request.clone())?;
            let status = match begun.responses().await {
                Ok(responses) => return Ok(responses),
                Err(status) => status,
            };
            if attempts.is_none() {
                let all = channel.retrying.attempts(info, &ctx, deadline);
                attempts = all.map(|all| all.seen_by(seen));
            }
            if attempts.as_mut().and_then(|attempts| channel.retrying.next(attempts, &status)).is_none() {
                return Err(status);
            }
            call = ClientCall::new(&channel.endpoint, info, ctx.until(deadline));
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
        seen: Option<&'a Arc<Seen>>,
    ) -> BoxFuture<'a, Result<(), Status>> {
        let Self { channel, info } = *self;
        if let Some(direct) = channel.endpoint.transport.direct(info.path) {
            return direct.one(ClientCall::new(&channel.endpoint, info, ctx), requests, response);
        }
        Box::pin(async move {
            match requests {
                Requests::One(request) => {
                    let mut call = OneCall::new(channel, info, ctx).seen_by(seen);
                    poll_fn(|task| call.poll(task, Some(request), response)).await
                }
                Requests::Many(requests) => {
                    let mut call = OneCall::with_requests(channel, info, ctx, requests, seen)?;
                    poll_fn(|task| call.poll(task, None, response)).await
                }
            }
        })
    }

    fn many<'a>(
        &'a self,
        ctx: Context,
        requests: Requests<'a>,
        seen: Option<&'a Arc<Seen>>,
    ) -> BoxFuture<'a, Result<Box<dyn Incoming>, Status>> {
        let Self { channel, info } = *self;
        if let Some(direct) = channel.endpoint.transport.direct(info.path) {
            return direct.many(ClientCall::new(&channel.endpoint, info, ctx), requests);
        }
        Box::pin(async move {
            let requests = match requests {
                Requests::One(request) => {
                    let request = self.encode(request)?;
                    return self.responses_to_one(ctx, request, seen).await;
                }
                Requests::Many(requests) => requests,
            };
            let call = ClientCall::new(&channel.endpoint, info, ctx);
            let body = many(info, &call.ctx, call.settings(), requests);
            let Some(attempts) = channel.retrying.repeated(info, &call.ctx, call.deadline) else {
                return EnvelopedCall::with_requests(call, dialect(channel.protocol), body)?
                    .responses()
                    .await;
            };
            let requests = Kept::Many(Replay::new(body, channel.retrying.buffer()));
            let begin = Streams { channel: channel.clone(), info, requests };
            let retrying = Arc::clone(&channel.retrying);
            retry::responses(Box::new(begin), call.ctx, attempts.seen_by(seen), retrying).await
        })
    }
}

/// The attempts at a call with many responses.
struct Streams {
    channel: Channel,
    info: &'static MethodInfo,
    requests: Kept,
}

/// What is sent with each attempt.
enum Kept {
    One(Bytes),
    Many(Replay),
}

impl Begin for Streams {
    fn begin(&self, ctx: Context, previous: u32) -> BoxFuture<'static, Result<Box<dyn Incoming>, Status>> {
        let (channel, info) = (self.channel.clone(), self.info);
        let request = match &self.requests {
            Kept::One(request) => Ok(request.clone()),
            Kept::Many(replay) => Err(replay.body()),
        };
        Box::pin(async move {
            let call = ClientCall::new(&channel.endpoint, info, ctx).after(previous);
            let call = match request {
                Ok(request) => EnvelopedCall::with_request(call, dialect(channel.protocol), request)?,
                Err(body) => EnvelopedCall::with_requests(call, dialect(channel.protocol), body)?,
            };
            call.responses().await
        })
    }

    fn can_begin_again(&self) -> bool {
        match &self.requests {
            Kept::One(_) => true,
            Kept::Many(replay) => replay.is_kept(),
        }
    }

    fn settle(&self) {
        if let Kept::Many(replay) = &self.requests {
            replay.let_go();
        }
    }
}
