//! Calls with one response, attempt by attempt.

use std::sync::Arc;
use std::task::{Context as Task, Poll, ready};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::channel::Channel;
use super::dialects::dialect;
use super::retry::{Attempts, Replay, hedge, pause};
use crate::Context;
use crate::bridge::Status;
use crate::call::Outgoing;
use crate::message::AnyMessage;
use crate::method::MethodInfo;
use crate::protocol::client::{ClientCall, EnvelopedCall, bare, many, one, unreadable};
use crate::protocol::connect::unary as connect;
use crate::protocol::envelope::codec;
use crate::protocol::wire::Protocol;
use crate::retry::RetryPolicy;
use crate::sight::Seen;

/// A call with one response.
pub(super) struct OneCall<'a> {
    channel: &'a Channel,
    info: &'static MethodInfo,
    state: State<'a>,
    /// There once one has failed, or where the requests are kept for it.
    attempts: Option<Box<Attempts>>,
    /// The requests, where there are many.
    replay: Option<Box<Replay>>,
    /// What is told of the call, where anything is.
    seen: Option<&'a Arc<Seen>>,
}

#[allow(clippy::large_enum_variant, reason = "a box would cost each call an allocation")]
enum State<'a> {
    New(Context),
    Enveloped(EnvelopedCall<'a>),
    /// Its content is waited for as a whole.
    Whole(BoxFuture<'a, Result<Bytes, Status>>, Again),
    /// The next attempt begins later.
    Pausing(BoxFuture<'static, ()>, Context),
    Over,
}

/// What another attempt needs.
enum Again {
    Attempt(Context, Option<Instant>),
    /// There is none.
    Never,
}

impl<'a> OneCall<'a> {
    /// A call with one request, which is told whenever it is polled.
    #[inline]
    pub(super) fn new(channel: &'a Channel, info: &'static MethodInfo, ctx: Context) -> Self {
        Self { channel, info, state: State::New(ctx), attempts: None, replay: None, seen: None }
    }

    /// The same, told of.
    #[must_use]
    pub(super) fn seen_by(self, seen: Option<&'a Arc<Seen>>) -> Self {
        Self { seen, ..self }
    }

    /// A call with many requests.
    pub(super) fn with_requests(
        channel: &'a Channel,
        info: &'static MethodInfo,
        ctx: Context,
        requests: Box<dyn Outgoing>,
        seen: Option<&'a Arc<Seen>>,
    ) -> Result<Self, Status> {
        let call = ClientCall::new(&channel.endpoint, info, ctx);
        let body = many(info, &call.ctx, call.settings(), requests);
        let attempts = channel.retrying.repeated(info, &call.ctx, call.deadline);
        let attempts = attempts.map(|all| Box::new(all.seen_by(seen)));
        let (body, replay) = if attempts.is_some() {
            let replay = Replay::new(body, channel.retrying.buffer());
            (replay.body(), Some(Box::new(replay)))
        } else {
            (body, None)
        };
        let state = State::Enveloped(EnvelopedCall::with_requests(call, dialect(channel.protocol), body)?);
        Ok(Self { channel, info, state, attempts, replay, seen })
    }

    /// Waits for the response, and reads it into `response`, which is empty. `request` is the one request, if there is one.
    pub(super) fn poll(
        &mut self,
        task: &mut Task<'_>,
        request: Option<&dyn AnyMessage>,
        response: &mut dyn AnyMessage,
    ) -> Poll<Result<(), Status>> {
        loop {
            let outcome = match &mut self.state {
                State::Enveloped(call) => ready!(call.poll_one(task, response)),
                State::Whole(call, _) => match ready!(call.as_mut().poll(task)) {
                    Ok(content) => {
                        self.state = State::Over;
                        self.channel.retrying.succeeded();
                        return Poll::Ready(self.read(content, response));
                    }
                    Err(status) => Err(status),
                },
                State::New(_) => {
                    self.start(request)?;
                    continue;
                }
                State::Pausing(pause, _) => {
                    ready!(pause.as_mut().poll(task));
                    let State::Pausing(_, ctx) = self.take() else { unreachable!("it was this one") };
                    self.state = State::New(ctx);
                    continue;
                }
                State::Over => unreachable!("a call that is over is not asked again"),
            };
            match outcome {
                Ok(()) => {
                    self.state = State::Over;
                    self.channel.retrying.succeeded();
                    return Poll::Ready(Ok(()));
                }
                Err(status) => self.again(status)?,
            }
        }
    }

    fn take(&mut self) -> State<'a> {
        std::mem::replace(&mut self.state, State::Over)
    }

    fn read(&self, content: Bytes, response: &mut dyn AnyMessage) -> Result<(), Status> {
        let settings = self.channel.endpoint.settings_of(self.info);
        codec::read(settings.codec, content, settings.messages.received.memory, response).map_err(unreadable)
    }

    /// Begins an attempt.
    fn start(&mut self, request: Option<&dyn AnyMessage>) -> Result<(), Status> {
        let State::New(ctx) = self.take() else { return Ok(()) };
        let Self { channel, info, .. } = *self;
        let mut call = ClientCall::new(&channel.endpoint, info, ctx);
        if let Some(attempts) = &self.attempts {
            call = call.after(attempts.previous());
        }
        if let Some(replay) = &self.replay {
            let call = EnvelopedCall::with_requests(call, dialect(channel.protocol), replay.body())?;
            self.state = State::Enveloped(call);
            return Ok(());
        }
        let request = request.expect("a call has one request, or many that are kept");
        if self.attempts.is_none()
            && let Some(policy) = channel.retrying.hedged(info, &call.ctx)
        {
            self.state =
                State::Whole(hedged(channel.clone(), policy, call, request, self.seen)?, Again::Never);
            return Ok(());
        }
        let settings = call.settings();
        self.state = if channel.protocol == Protocol::Connect {
            let request = bare(info, settings, request)?;
            let again = Again::Attempt(call.ctx.clone(), call.deadline);
            State::Whole(Box::pin(connect::call(call, request)), again)
        } else {
            let request = one(info, settings, request)?;
            State::Enveloped(EnvelopedCall::with_request(call, dialect(channel.protocol), request)?)
        };
        Ok(())
    }

    /// Goes on to the next attempt after one that has failed, or ends with its error.
    #[cold]
    fn again(&mut self, status: Status) -> Result<(), Status> {
        let again = match self.take() {
            State::Enveloped(call) => call.into_unanswered(),
            State::Whole(_, Again::Attempt(ctx, deadline)) => Some((ctx, deadline)),
            _ => None,
        };
        let Some((ctx, deadline)) = again else { return Err(status) };
        if self.replay.as_ref().is_some_and(|replay| !replay.is_kept()) {
            return Err(status);
        }
        let retrying = &self.channel.retrying;
        if self.attempts.is_none() {
            // A request stream that is not kept cannot be sent again.
            if self.info.kind.client_streams() {
                return Err(status);
            }
            let attempts = retrying.attempts(self.info, &ctx, deadline);
            self.attempts = attempts.map(|all| Box::new(all.seen_by(self.seen)));
        }
        let Some(attempts) = &mut self.attempts else { return Err(status) };
        let Some(start) = retrying.next(attempts, &status) else { return Err(status) };
        ctx.forget_answer();
        self.state = State::Pausing(Box::pin(pause(start, &ctx)), ctx.until(deadline));
        Ok(())
    }
}

/// Makes a call several times at once.
#[cold]
fn hedged<'a>(
    channel: Channel,
    policy: RetryPolicy,
    call: ClientCall<'_>,
    request: &dyn AnyMessage,
    seen: Option<&Arc<Seen>>,
) -> Result<BoxFuture<'a, Result<Bytes, Status>>, Status> {
    let (info, settings) = (call.info, call.settings());
    let request: Bytes = match channel.protocol {
        Protocol::Connect => bare(info, settings, request)?.into(),
        Protocol::Grpc | Protocol::GrpcWeb => one(info, settings, request)?,
    };
    let ctx = call.ctx.until(call.deadline);
    let retrying = channel.retrying.clone();
    Ok(Box::pin(hedge(policy, retrying, ctx, seen.cloned(), move |ctx, previous| {
        let (channel, request) = (channel.clone(), request.clone());
        Box::pin(async move {
            let call = ClientCall::new(&channel.endpoint, info, ctx).after(previous);
            match channel.protocol {
                Protocol::Connect => connect::call(call, request.into()).await,
                Protocol::Grpc | Protocol::GrpcWeb => {
                    EnvelopedCall::with_request(call, dialect(channel.protocol), request)?.content().await
                }
            }
        })
    })))
}
