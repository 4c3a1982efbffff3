//! What holds for every call on a server, whatever its protocol: context, deadline, access, rules of messages, panics, the
//! end of the call.
//!
//! A protocol makes an [`Inbound`] of what arrived, runs the handler inside [`run`], and sends what the handler
//! answers: one response that passed [`Inbound::release`], or [`Responses`].

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context as Task, Poll, ready};
use std::time::Duration;

use http::{Extensions, HeaderMap};
use tokio::task::{coop::Unconstrained, unconstrained};
use tokio::time::{Instant, Sleep, sleep_until};

use super::aside::Written;
use super::error::CallError;
use super::exchange::{Handling, Outgoing};
use super::in_flight::InFlight;
use super::{rules, turn};
use crate::Context;
use crate::access::{AnyAuthenticator, Principal, authorize, challenge_of, is_open, permit};
use crate::bridge::{self, Code, MetadataMap, Status};
use crate::cancellation::CancellationToken;
use crate::challenge;
use crate::deadline::{self, earliest};
use crate::error;
use crate::message::AnyMessage;
use crate::metadata;
use crate::method::{MethodInfo, MethodKind};
use crate::peer::{Lane, Peer};
use crate::sight::{Caller, Http, Seen, Sight};
use crate::validate::Validator;

/// What a server says about every call.
#[derive(Clone, Default)]
pub(crate) struct Policy {
    /// The time for a call of which neither its caller nor its method says anything.
    pub(crate) default_timeout: Option<Duration>,
    /// The time that no call may exceed.
    pub(crate) max_timeout: Option<Duration>,
    pub(crate) authenticator: Option<Arc<dyn AnyAuthenticator>>,
    /// The word to the server that it shall stop.
    pub(crate) stopping: Option<Arc<CancellationToken>>,
    /// How messages are validated.
    pub(crate) validator: Validator,
    /// What is done about responses that break their rules.
    pub(crate) responses: ResponseValidation,
    /// Whether a method that declares no access needs an authenticated caller: somebody authenticates, be it the
    /// authenticator or a layer.
    pub(crate) default_deny: bool,
    /// The calls that are under way, where they are counted.
    pub(crate) in_flight: Option<Arc<InFlight>>,
    /// What is told of calls.
    pub(crate) sight: Sight,
}

impl Policy {
    /// Has callers authenticated by `authenticator`.
    pub(crate) fn authenticate_by(&mut self, authenticator: Arc<dyn AnyAuthenticator>) {
        self.authenticator = Some(authenticator);
        self.default_deny = true;
    }
}

/// What a server does about responses that break their rules: a mistake of the handler, or of data that it has stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseValidation {
    /// They are not tested.
    Off,
    /// They are sent, and a line of the log (`ERROR`) names the method and the violations.
    Log,
    /// The caller gets `INTERNAL` instead, and the log has the same line. What the handler has done is done: this is
    /// for tests.
    Fail,
}

impl Default for ResponseValidation {
    /// Tests and developers learn of it; production does not pay for it.
    fn default() -> Self {
        if cfg!(debug_assertions) { Self::Log } else { Self::Off }
    }
}

/// What every request message passes before a handler sees it, one that is alone as well as each of a stream: first the
/// condition of the method, then the rules of the message.
#[derive(Clone)]
pub(crate) struct Admission {
    method: &'static MethodInfo,
    validator: Validator,
    /// The call, if its method has a condition.
    guarded: Option<Context>,
}

impl Admission {
    #[inline]
    pub(crate) fn admit(&self, message: &dyn AnyMessage) -> Result<(), Status> {
        admit(self.method, self.guarded.as_ref(), message, self.validator)
    }
}

#[inline]
fn admit(
    method: &'static MethodInfo,
    guarded: Option<&Context>,
    message: &dyn AnyMessage,
    validator: Validator,
) -> Result<(), Status> {
    // Who may not call learns nothing of the rules.
    if let Some(ctx) = guarded {
        permit(method, ctx, message.as_any())?;
    }
    rules::test(method, message, validator)
}

/// A call that arrived. Its drop ends the call for everyone who waits for that.
pub(crate) struct Inbound {
    ctx: Context,
    method: &'static MethodInfo,
    validator: Validator,
    responses: ResponseValidation,
    /// Says what is asked for, should the call fail because its caller is not known.
    authenticator: Option<Arc<dyn AnyAuthenticator>>,
}

impl Inbound {
    /// A call with these headers and extensions, and the time that its caller leaves for it.
    #[inline]
    pub(crate) fn new(
        method: &'static MethodInfo,
        headers: HeaderMap,
        extensions: Extensions,
        peer: Option<Arc<Peer>>,
        timeout: Option<Duration>,
        policy: &Policy,
        http: Http<'_>,
    ) -> Self {
        let mut deadline = deadline_of(method, timeout, policy);
        if let Some(end) = &mut deadline
            && let Some(turn::Waited(time)) = extensions.get()
        {
            *end = end.checked_sub(*time).expect("it is no earlier than the request came");
        }
        let stopping = policy.stopping.clone();
        let seen = policy.sight.is_on().then(|| {
            let peer = peer.as_ref().map_or_else(|| bridge::remote_addr(&extensions), |peer| peer.addr);
            Seen::arrived(policy.sight, Some(method), http, &headers, peer)
        });
        let metadata = MetadataMap::from_headers(headers);
        let mut ctx = Context::arrived(method, metadata, extensions, peer, deadline, stopping);
        if let Some(seen) = seen {
            ctx = ctx.seen_by(seen);
        }
        let authenticator = policy.authenticator.clone();
        Self { ctx, method, validator: policy.validator, responses: policy.responses, authenticator }
    }

    pub(crate) fn context(&self) -> &Context {
        &self.ctx
    }

    pub(crate) fn method(&self) -> &'static MethodInfo {
        self.method
    }

    /// What the messages of a stream of requests pass.
    #[inline]
    pub(crate) fn admission(&self) -> Admission {
        let guarded = self.method.has_condition().then(|| self.ctx.clone());
        Admission { method: self.method, validator: self.validator, guarded }
    }

    /// What a request that is alone passes: see [`Admission`].
    #[inline]
    pub(crate) fn admit(&self, message: &dyn AnyMessage) -> Result<(), Status> {
        let guarded = self.method.has_condition().then_some(&self.ctx);
        admit(self.method, guarded, message, self.validator)
    }

    /// Makes of the headers of a response, which are empty, a map that need not grow. Those of the request are gone then.
    #[inline]
    pub(crate) fn recycle_headers(&mut self, headers: &mut HeaderMap) {
        self.ctx.recycle_headers(headers);
    }

    /// Every response message passes here on its way out, one that is alone as well as each of a stream. One that breaks
    /// its rules is a mistake of the handler.
    #[inline]
    pub(crate) fn release(&self, message: &dyn AnyMessage) -> Result<(), Status> {
        match self.responses {
            ResponseValidation::Off => Ok(()),
            responses => check(self.method, message, self.validator, responses),
        }
    }

    /// An error, with the response metadata that was set before it came up, as it fits into the trailers.
    pub(crate) fn refuse(&self, mut status: Status) -> Status {
        // A failed call of a client has left in the context what its status has.
        let own = status.metadata().as_ref().clone();
        for answer in [self.ctx.answer_headers(), self.ctx.answer_trailers()] {
            metadata::append_selected(
                answer.as_ref(),
                |key| !own.contains_key(key),
                status.metadata_mut().as_mut(),
            );
        }
        error::limit::fit(status)
    }
}

impl Drop for Inbound {
    fn drop(&mut self) {
        if let Some(seen) = self.ctx.seen() {
            let subject = self.ctx.principal().map(Principal::subject);
            seen.finish(&Caller { peer: self.ctx.peer_addr(), subject });
        }
        self.ctx.cancellation().cancel();
    }
}

#[cold]
fn check(
    method: &MethodInfo,
    message: &dyn AnyMessage,
    validator: Validator,
    responses: ResponseValidation,
) -> Result<(), Status> {
    let Err(violations) = validator.without_now().validate_any(message, message.table()) else {
        return Ok(());
    };
    tracing::error!(method = method.path, %violations, "a response is not valid");
    match responses {
        ResponseValidation::Off | ResponseValidation::Log => Ok(()),
        ResponseValidation::Fail => Err(Status::internal(format!("the response is not valid: {violations}"))),
    }
}

/// The earliest of what the caller, the method and the server say.
pub(crate) fn deadline_of(method: &MethodInfo, caller: Option<Duration>, policy: &Policy) -> Option<Instant> {
    let timeout = earliest(caller, method.timeout).or(policy.default_timeout);
    earliest(timeout, policy.max_timeout).and_then(deadline::after)
}

/// Runs a handler if the caller may call it: within the deadline, and so that a panic is the end of this call alone.
pub(crate) async fn run(
    method: &'static MethodInfo,
    ctx: &Context,
    policy: &Policy,
    mut handling: Handling<'_>,
) -> Result<(), CallError> {
    let outcome = 'call: {
        let deadline = ctx.instant();
        if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            break 'call Err(deadline::exceeded().into());
        }
        // Streams go on for as long as they like; others would wait for them.
        let _turn = match ctx.lane() {
            Some(lane @ Lane { turns: Some(turns), .. }) if method.kind == MethodKind::Unary => {
                let free = turns.try_acquire().ok().filter(|_| !lane.outbox.is_much());
                match free {
                    Some(turn) => Some(turn),
                    None => match within(method, ctx, Box::pin(turn::take(lane, turns)).as_mut()).await {
                        Ok(turn) => Some(turn),
                        Err(ended) => break 'call Err(ended.into()),
                    },
                }
            }
            _ => None,
        };
        let _place = match &policy.in_flight {
            None => None,
            Some(calls) => match calls.enter() {
                Some(place) => Some(place),
                None => match within(method, ctx, calls.wait().as_mut()).await {
                    Ok(place) => Some(place),
                    Err(ended) => break 'call Err(ended.into()),
                },
            },
        };
        let authenticator = policy.authenticator.as_deref();
        if !is_open(method, policy.default_deny) {
            let authorized = pin!(authorize(method, ctx, authenticator));
            if let Err(refused) = within(method, ctx, authorized).await {
                let refused = CallError::from(refused).without_os_error(ctx);
                break 'call Err(challenged(refused, ctx, authenticator));
            }
        }
        match within(method, ctx, handling.as_mut()).await {
            Ok(()) => Ok(()),
            Err(Ended::Failed(error)) => Err(challenged(error.0, ctx, authenticator)),
            Err(Ended::Cut(status)) => Err(status.into()),
        }
    };
    if let Some(seen) = ctx.seen() {
        match &outcome {
            // That of a stream is not known before its end.
            Ok(()) if method.kind.server_streams() => {}
            Ok(()) => seen.ended(Code::Ok),
            Err(error) => seen.ended(error.status.code()),
        }
    }
    outcome
}

/// The error of a call. One that says that the caller is not known also says what is asked for.
#[cold]
fn challenged(
    mut error: CallError,
    ctx: &Context,
    authenticator: Option<&dyn AnyAuthenticator>,
) -> CallError {
    challenge::complete(&mut error.status, ctx, || challenge_of(authenticator));
    error
}

/// The deadline of a call. It goes off even if the handler has used up the budget of its task, after which tokio's timers
/// do not answer.
type DeadlineTimer = Pin<Box<Unconstrained<Sleep>>>;

fn at(deadline: Instant) -> DeadlineTimer {
    Box::pin(unconstrained(sleep_until(deadline)))
}

/// Why something did not come to its end.
pub(crate) enum Ended<E> {
    /// It failed by itself.
    Failed(E),
    /// Its time was over, or it panicked.
    Cut(Status),
}

impl From<Ended<Status>> for CallError {
    fn from(ended: Ended<Status>) -> Self {
        let (Ended::Failed(status) | Ended::Cut(status)) = ended;
        status.into()
    }
}

/// What `work` brings, if it does so before the deadline and without a panic.
pub(crate) fn within<T, E>(
    method: &'static MethodInfo,
    ctx: &Context,
    mut work: Pin<&mut (impl Future<Output = Result<T, E>> + ?Sized)>,
) -> impl Future<Output = Result<T, Ended<E>>> {
    let deadline = ctx.instant();
    // Made only if there is something to wait for.
    let mut timer: Option<DeadlineTimer> = None;
    std::future::poll_fn(move |task| {
        let mut polled = Poll::Pending;
        if let Err(panic) = safely(method, || polled = inside(ctx, || work.as_mut().poll(task))) {
            return Poll::Ready(Err(Ended::Cut(panic)));
        }
        if let Poll::Ready(result) = polled {
            return Poll::Ready(result.map_err(Ended::Failed));
        }
        let Some(deadline) = deadline else { return Poll::Pending };
        timer
            .get_or_insert_with(|| at(deadline))
            .as_mut()
            .poll(task)
            .map(|()| Err(Ended::Cut(deadline::exceeded())))
    })
}

/// Runs something inside the span of its call, if it has one.
#[inline]
fn inside<T>(ctx: &Context, run: impl FnOnce() -> T) -> T {
    match ctx.seen() {
        None => run(),
        Some(seen) => seen.within(run),
    }
}

/// Runs what the user wrote; a panic becomes an error that tells nothing of the inside.
#[inline]
fn safely(method: &MethodInfo, run: impl FnOnce()) -> Result<(), Status> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        tracing::error!(method = method.path, panic = text_of(&*panic), "a handler panicked");
        super::error::panicked()
    })
}

fn text_of(panic: &(dyn Any + Send)) -> &str {
    match panic.downcast_ref::<String>() {
        Some(text) => text,
        None => panic.downcast_ref::<&str>().copied().unwrap_or("(a value that is not text)"),
    }
}

/// What a handler answers with a stream, on its way out: it ends with the deadline and survives a panic.
pub(crate) struct Responses {
    call: Inbound,
    /// `None` once the call is over.
    messages: Option<Box<dyn Outgoing>>,
    timer: Option<DeadlineTimer>,
    polls: u8,
}

impl Responses {
    pub(crate) fn new(call: Inbound, messages: Box<dyn Outgoing>) -> Self {
        Self { call, messages: Some(messages), timer: None, polls: 0 }
    }

    pub(crate) fn context(&self) -> &Context {
        &self.call.ctx
    }

    /// Whether there is nothing more to come.
    pub(crate) fn is_over(&self) -> bool {
        self.messages.is_none()
    }

    /// Hands the next response to `take`. `None` is the end of a call that went well; the trailers are then those of the
    /// context. An error ends the call, and has the response metadata with it.
    #[inline]
    pub(crate) fn poll_next(
        &mut self,
        task: &mut Task<'_>,
        mut take: impl FnMut(&mut dyn AnyMessage) -> Result<(), Status>,
    ) -> Poll<Option<Result<(), CallError>>> {
        // A handler that is always ready must not outrun its deadline either.
        self.polls = self.polls.wrapping_add(1);
        if self.polls == 0 && self.messages.is_some() && self.poll_deadline(task).is_ready() {
            return Poll::Ready(Some(Err(self.fail(deadline::exceeded().into()))));
        }
        let Some(messages) = &mut self.messages else { return Poll::Ready(None) };
        let call = &self.call;
        let mut polled = Poll::Pending;
        let panic = safely(call.method, || {
            polled = inside(&call.ctx, || {
                messages.poll_next(task, &call.ctx, &mut |message| {
                    call.release(message)?;
                    take(message)
                })
            });
        });
        if let Err(panic) = panic {
            return Poll::Ready(Some(Err(self.fail(panic.into()))));
        }
        match polled {
            Poll::Ready(Some(Ok(()))) => Poll::Ready(Some(Ok(()))),
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(self.fail(error)))),
            Poll::Ready(None) => {
                self.messages = None;
                if let Some(seen) = self.call.ctx.seen() {
                    seen.ended(Code::Ok);
                }
                Poll::Ready(None)
            }
            Poll::Pending => {
                ready!(self.poll_deadline(task));
                Poll::Ready(Some(Err(self.fail(deadline::exceeded().into()))))
            }
        }
    }

    /// Waits for a response that is written on another thread.
    #[cold]
    pub(crate) fn poll_written<T: Send + 'static>(
        &mut self,
        task: &mut Task<'_>,
        written: &mut Written<T>,
    ) -> Poll<Result<T, CallError>> {
        let mut polled = Poll::Pending;
        if let Err(panic) = safely(self.call.method, || polled = written.poll(task)) {
            return Poll::Ready(Err(self.fail(panic.into())));
        }
        if polled.is_pending() {
            ready!(self.poll_deadline(task));
            polled = Poll::Ready(Err(deadline::exceeded().into()));
        }
        polled.map_err(|error| self.fail(error))
    }

    fn poll_deadline(&mut self, task: &mut Task<'_>) -> Poll<()> {
        let Some(deadline) = self.call.ctx.instant() else { return Poll::Pending };
        self.timer.get_or_insert_with(|| at(deadline)).as_mut().poll(task)
    }

    /// Ends the call.
    #[cold]
    pub(crate) fn fail(&mut self, error: CallError) -> CallError {
        self.messages = None;
        if let Some(seen) = self.call.ctx.seen() {
            seen.ended(error.status.code());
        }
        let error = challenged(error, &self.call.ctx, self.call.authenticator.as_deref());
        CallError { status: self.call.refuse(error.status), http: error.http }
    }
}

/// The status of a call that went well, with its trailers as metadata.
pub(crate) fn success(ctx: &Context) -> Status {
    Status::with_metadata(Code::Ok, "", ctx.answer_trailers())
}
