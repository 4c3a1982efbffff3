//! What generated REST clients call, one function per kind of method.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::around::{self, Requests, Transmit};
use super::rest::RestChannel;
use super::retry::{self, Attempts, Begin, Replay, Retrying};
use crate::bridge::Status;
use crate::call::Outgoing;
use crate::json::MessageInfo;
use crate::message::AnyMessage;
use crate::method::MethodInfo;
use crate::protocol::client::Endpoint;
use crate::protocol::rest::client::{OneResponse, RequestTemplate, RestCall, Target};
use crate::retry::RetryPolicy;
use crate::sight::{Seen, System};
use crate::stream::Incoming;
use crate::{Context, RequestStream, ResponseStream};

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
    let calls = Calls { channel, target, request: Req::info(), response: Res::info() };
    if let Some(around) = &channel.server.endpoint.settings.around {
        return around::one(around, &calls, ctx, Requests::One(&mut request)).await;
    }
    let mut response = Res::default();
    calls.one_to_one(ctx, &mut request, &mut response, None).await?;
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
    let calls = Calls { channel, target, request: Req::info(), response: Res::info() };
    if let Some(around) = &channel.server.endpoint.settings.around {
        return around::one(around, &calls, ctx, Requests::Many(Box::new(requests))).await;
    }
    let mut response = Res::default();
    calls.many_to_one(ctx, Box::new(requests), &mut response, None).await?;
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
    let calls = Calls { channel, target, request: Req::info(), response: Res::info() };
    if let Some(around) = &channel.server.endpoint.settings.around {
        return around::many(around, &calls, ctx, Requests::One(&mut request)).await;
    }
    Ok(ResponseStream::arriving(calls.many(ctx, Requests::One(&mut request), None).await?))
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
    let calls = Calls { channel, target, request: Req::info(), response: Res::info() };
    let requests = Requests::Many(Box::new(requests));
    if let Some(around) = &channel.server.endpoint.settings.around {
        return around::many(around, &calls, ctx, requests).await;
    }
    Ok(ResponseStream::arriving(calls.many(ctx, requests, None).await?))
}

/// The calls of a method, as what goes around them sends them, with the tables of its messages.
struct Calls<'a> {
    channel: &'a RestChannel,
    target: Target,
    request: &'static MessageInfo,
    response: &'static MessageInfo,
}

impl Calls<'_> {
    async fn one_to_one(
        &self,
        ctx: Context,
        request: &mut dyn AnyMessage,
        response: &mut dyn AnyMessage,
        seen: Option<&Arc<Seen>>,
    ) -> Result<(), Status> {
        let Self { channel: RestChannel { server, retrying, .. }, target, .. } = *self;
        let mut call = RestCall::new(server, target, ctx).seen_by(seen);
        if let Some(policy) = retrying.hedged(target.info, call.ctx()) {
            return self.hedge(policy, &call, request, seen)?.await?.read(response);
        }
        let (mut attempts, mut template) = (None, None);
        loop {
            let bound = match &template {
                Some(template) => call.request_of(template),
                None => match call.request(request)? {
                    bound if bound.is_repeatable(self.request) => bound,
                    bound => call.request_of(template.insert(bound.into_template())),
                },
            };
            let (ctx, deadline) = (call.ctx().clone(), call.deadline());
            let status = match call.one(bound, None).await {
                Ok(answer) => {
                    retrying.succeeded();
                    return answer.read(response);
                }
                Err(status) => status,
            };
            if attempts.is_none() {
                attempts =
                    retrying.attempts(target.info, &ctx, deadline).map(|all| Box::new(all.seen_by(seen)));
            }
            let previous = pause(&mut attempts, retrying, &ctx, status).await?;
            call = RestCall::new(server, target, ctx.until(deadline)).after(previous).seen_by(seen);
        }
    }

    async fn many_to_one(
        &self,
        ctx: Context,
        requests: Box<dyn Outgoing>,
        response: &mut dyn AnyMessage,
        seen: Option<&Arc<Seen>>,
    ) -> Result<(), Status> {
        let Self { channel: RestChannel { server, retrying, .. }, target, .. } = *self;
        let mut call = RestCall::new(server, target, ctx).seen_by(seen);
        let attempts = retrying.repeated(target.info, call.ctx(), call.deadline());
        let mut attempts = attempts.map(|all| Box::new(all.seen_by(seen)));
        let (mut body, mut link) = call.body(self.request, requests);
        let mut replay = None;
        if attempts.is_some() {
            let kept = Replay::new((body, link), retrying.buffer());
            (body, link) = kept.body();
            replay = Some(kept);
        }
        loop {
            let bound = call.requests(self.request, body)?;
            let (ctx, deadline) = (call.ctx().clone(), call.deadline());
            let status = match call.one(bound, Some(link)).await {
                Ok(answer) => {
                    retrying.succeeded();
                    return answer.read(response);
                }
                Err(status) => status,
            };
            let Some(kept) = replay.as_ref().filter(|replay| replay.is_kept()) else { return Err(status) };
            let previous = pause(&mut attempts, retrying, &ctx, status).await?;
            (body, link) = kept.body();
            call = RestCall::new(server, target, ctx.until(deadline)).after(previous).seen_by(seen);
        }
    }

    /// Makes a call several times at once.
    #[cold]
    fn hedge(
        &self,
        policy: RetryPolicy,
        call: &RestCall<'_>,
        request: &mut dyn AnyMessage,
        seen: Option<&Arc<Seen>>,
    ) -> Result<BoxFuture<'static, Result<OneResponse, Status>>, Status> {
        let (channel, target, seen) = (self.channel.clone(), self.target, seen.cloned());
        let template = call.request(request)?.into_template();
        let ctx = call.ctx().clone().until(call.deadline());
        let retrying = Arc::clone(&channel.retrying);
        Ok(Box::pin(retry::hedge(policy, retrying, ctx, seen.clone(), move |ctx, previous| {
            let (channel, template, seen) = (channel.clone(), template.clone(), seen.clone());
            Box::pin(async move {
                let call = RestCall::new(&channel.server, target, ctx).after(previous).seen_by(seen.as_ref());
                let request = call.request_of(&template);
                call.one(request, None).await
            })
        })))
    }
}

/// Waits for the next attempt, or brings the error of the last. How many have failed by then.
#[cold]
async fn pause(
    attempts: &mut Option<Box<Attempts>>,
    retrying: &Retrying,
    ctx: &Context,
    status: Status,
) -> Result<u32, Status> {
    let Some(attempts) = attempts else { return Err(status) };
    let Some(start) = retrying.next(attempts, &status) else { return Err(status) };
    retry::pause(start, ctx).await;
    ctx.forget_answer();
    Ok(attempts.previous())
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
        seen: Option<&'a Arc<Seen>>,
    ) -> BoxFuture<'a, Result<(), Status>> {
        match requests {
            Requests::One(request) => Box::pin(self.one_to_one(ctx, request, response, seen)),
            Requests::Many(requests) => Box::pin(self.many_to_one(ctx, requests, response, seen)),
        }
    }

    fn many<'a>(
        &'a self,
        ctx: Context,
        requests: Requests<'a>,
        seen: Option<&'a Arc<Seen>>,
    ) -> BoxFuture<'a, Result<Box<dyn Incoming>, Status>> {
        Box::pin(async move {
            let Self { channel: RestChannel { server, retrying, .. }, target, request, response } = *self;
            let call = RestCall::new(server, target, ctx).seen_by(seen);
            let ctx = call.ctx().clone();
            let attempts = retrying.repeated(target.info, &ctx, call.deadline());
            let kept = match (requests, &attempts) {
                (Requests::One(message), Some(_)) => Kept::One(call.request(message)?.into_template()),
                (Requests::Many(messages), Some(_)) => {
                    Kept::Many(Replay::new(call.body(request, messages), retrying.buffer()))
                }
                (Requests::One(message), None) => {
                    let bound = call.request(message)?;
                    return call.several(bound, None, response).await;
                }
                (Requests::Many(messages), None) => {
                    let (body, link) = call.body(request, messages);
                    let bound = call.requests(request, body)?;
                    return call.several(bound, Some(link), response).await;
                }
            };
            let attempts = attempts.expect("there are some, as was matched").seen_by(seen);
            let (channel, seen) = (self.channel.clone(), seen.cloned());
            let begin = Streams { channel, target, request, response, seen, kept };
            retry::responses(Box::new(begin), ctx, attempts, Arc::clone(retrying)).await
        })
    }
}

/// The attempts at a call with many responses.
struct Streams {
    channel: RestChannel,
    target: Target,
    request: &'static MessageInfo,
    response: &'static MessageInfo,
    seen: Option<Arc<Seen>>,
    kept: Kept,
}

/// What is sent with each attempt.
enum Kept {
    One(RequestTemplate),
    Many(Replay),
}

impl Begin for Streams {
    fn begin(&self, ctx: Context, previous: u32) -> BoxFuture<'static, Result<Box<dyn Incoming>, Status>> {
        let Self { channel, target, request, response, seen, kept } = self;
        let (server, target, request, response) = (Arc::clone(&channel.server), *target, *request, *response);
        let seen = seen.clone();
        let kept = match kept {
            Kept::One(template) => Ok(template.clone()),
            Kept::Many(replay) => Err(replay.body()),
        };
        Box::pin(async move {
            let call = RestCall::new(&server, target, ctx).after(previous).seen_by(seen.as_ref());
            let (bound, link) = match kept {
                Ok(template) => (call.request_of(&template), None),
                Err((body, link)) => (call.requests(request, body)?, Some(link)),
            };
            call.several(bound, link, response).await
        })
    }

    fn can_begin_again(&self) -> bool {
        match &self.kept {
            Kept::One(_) => true,
            Kept::Many(replay) => replay.is_kept(),
        }
    }

    fn settle(&self) {
        if let Kept::Many(replay) = &self.kept {
            replay.let_go();
        }
    }
}
