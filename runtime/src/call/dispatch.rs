//! What holds for every call on a server, whatever transport it came by: context, deadline, access, admission of
//! messages, panics, the end of the call.
//!
//! A transport makes an [`Inbound`] of what arrived, runs the handler inside [`run`], and gives the answer
//! back as an [`Answer`], message by message.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context as Task, Poll, ready};
use std::time::Duration;

use crate::bridge::{Code, Status};
use futures_util::stream::{Stream, StreamExt};
use http::{Extensions, HeaderMap};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::access::{AnyAuthenticator, authorize, is_open};
use crate::cancellation::CancellationToken;
use crate::context::Connection;
use crate::deadline;
use crate::deadline::earliest;
use crate::error;
use crate::error::MethodError;
use crate::json::Json;
use crate::metadata;
use crate::metadata::MetadataMap;
use crate::method::MethodInfo;
use crate::{Context, Validate};

/// What a server says about every call.
#[derive(Clone, Default)]
pub(crate) struct Policy {
    /// The time for a call of which neither its caller nor its method says anything.
    pub(crate) default_timeout: Option<Duration>,
    /// The time that no call may exceed.
    pub(crate) max_timeout: Option<Duration>,
    pub(crate) authenticator: Option<Arc<dyn AnyAuthenticator>>,
    /// Ends when the server is told to stop.
    pub(crate) stopping: Option<Arc<CancellationToken>>,
    /// Whether responses must be valid, too.
    pub(crate) check_responses: bool,
}

/// What the runtime asks of a request message.
pub trait Request: Json + Validate + Send + Sync + 'static {}

impl<T: Json + Validate + Send + Sync + 'static> Request for T {}

/// What the runtime asks of a response message.
pub trait Response: Json + Validate + 'static {}

impl<T: Json + Validate + 'static> Response for T {}

/// Every request message passes here before a handler sees it, one that is alone as well as each of a stream.
pub(crate) fn admit<T: Request>(message: &T) -> Result<(), Status> {
    crate::validate::admit(message)
}

/// Every response message passes here on its way out, one that is alone as well as each of a stream. One that breaks
/// its rules is a mistake of the handler.
#[inline]
pub(crate) fn release<T: Response>(
    method: &'static MethodInfo,
    policy: &Policy,
    message: &T,
) -> Result<(), Status> {
    if policy.check_responses { check(method, message) } else { Ok(()) }
}

fn check<T: Response>(method: &MethodInfo, message: &T) -> Result<(), Status> {
    message.validate().map_err(|violations| {
        tracing::error!(method = method.path, %violations, "a response is not valid");
        Status::internal(format!("the response is not valid: {violations}"))
    })
}

/// A call that arrived. Its drop ends the call for everyone who waits for that.
pub(crate) struct Inbound {
    ctx: Context,
    method: &'static MethodInfo,
    check_responses: bool,
}

impl Inbound {
    #[inline]
    pub(crate) fn new(
        method: &'static MethodInfo,
        headers: HeaderMap,
        extensions: Extensions,
        connection: Option<Connection>,
        timeout: Option<Duration>,
        policy: &Policy,
    ) -> Self {
        let deadline = deadline_of(method, timeout, policy);
        let stopping = policy.stopping.clone();
        let metadata = MetadataMap::from_headers(headers);
        let ctx = Context::arrived(method, metadata, extensions, connection, deadline, stopping);
        Self { ctx, method, check_responses: policy.check_responses }
    }

    pub(crate) fn context(&self) -> &Context {
        &self.ctx
    }

    #[inline]
    fn release<T: Response>(&self, message: &T) -> Result<(), Status> {
        if self.check_responses { check(self.method, message) } else { Ok(()) }
    }

    /// An error, with the response metadata that was set before it came up, as it fits into the trailers.
    pub(crate) fn refuse(&self, mut status: Status) -> Status {
        for answer in [self.ctx.answer_headers(), self.ctx.answer_trailers()] {
            if !answer.is_empty() {
                metadata::extend(status.metadata_mut(), answer.as_ref());
            }
        }
        error::limit::fit(status)
    }
}

/// Runs `call` if the caller may make it: within the deadline, and so that a panic is the end of this call alone.
pub(crate) async fn run<T, E: From<Status>>(
    method: &'static MethodInfo,
    ctx: &Context,
    policy: &Policy,
    call: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let deadline = ctx.instant();
    if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
        return Err(deadline::exceeded().into());
    }
    let mut call = pin!(async {
        let authenticator = policy.authenticator.as_deref();
        if !is_open(method, authenticator) {
            authorize(method, ctx, authenticator).await?;
        }
        call.await
    });
    // Made only if there is something to wait for.
    let mut sleep = None;
    std::future::poll_fn(|task| {
        let mut polled = Poll::Pending;
        if let Err(panic) = safely(method, || polled = call.as_mut().poll(task)) {
            return Poll::Ready(Err(panic.into()));
        }
        if polled.is_ready() {
            return polled;
        }
        let Some(deadline) = deadline else { return Poll::Pending };
        let sleep = sleep.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        sleep.as_mut().poll(task).map(|()| Err(deadline::exceeded().into()))
    })
    .await
}

/// Runs what the user wrote; a panic becomes an error that tells nothing of the inside.
#[inline]
fn safely(method: &MethodInfo, run: impl FnOnce()) -> Result<(), Status> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        tracing::error!(method = method.path, panic = text_of(&*panic), "a handler panicked");
        Status::internal("the handler failed")
    })
}

impl Drop for Inbound {
    fn drop(&mut self) {
        self.ctx.cancellation().cancel();
    }
}

/// The earliest of what the caller, the method and the server say.
fn deadline_of(method: &MethodInfo, caller: Option<Duration>, policy: &Policy) -> Option<Instant> {
    let timeout = earliest(caller, method.timeout).or(policy.default_timeout);
    earliest(timeout, policy.max_timeout).and_then(deadline::after)
}

/// The one request of a call whose client does not stream.
pub(crate) async fn one<T>(mut messages: impl Stream<Item = Result<T, Status>> + Unpin) -> Result<T, Status> {
    let wrong_number = || Status::unimplemented("the method takes exactly one request message");
    let message = messages.next().await.ok_or_else(wrong_number)??;
    match messages.next().await {
        None => Ok(message),
        Some(Ok(_)) => Err(wrong_number()),
        Some(Err(status)) => Err(status),
    }
}

/// A handler's error as it travels, its texts in the caller's language.
pub(crate) fn sent<E: MethodError>(ctx: &Context, error: E) -> Status {
    error.into_status(ctx.metadata_str("accept-language"))
}

/// What a handler answers, on its way out: ends with the deadline, survives a panic, brings the trailers.
///
/// The last item is an error in two cases: the call failed, or it went well and there are trailers, which then are the
/// metadata of a status that is OK.
pub(crate) struct Answer<S> {
    call: Inbound,
    /// `None` once the call is over.
    messages: Option<S>,
    sleep: Option<Pin<Box<Sleep>>>,
    polls: u8,
}

impl<S> Answer<S> {
    pub(crate) fn new(call: Inbound, messages: S) -> Self {
        Self { call, messages: Some(messages), sleep: None, polls: 0 }
    }

    fn poll_deadline(&mut self, task: &mut Task<'_>) -> Poll<()> {
        let Some(deadline) = self.call.ctx.instant() else { return Poll::Pending };
        self.sleep.get_or_insert_with(|| Box::pin(sleep_until(deadline))).as_mut().poll(task)
    }

    fn fail(&mut self, status: Status) -> Status {
        self.messages = None;
        self.call.refuse(status)
    }
}

impl<T, E, S> Stream for Answer<S>
where
    S: Stream<Item = Result<T, E>> + Unpin,
    T: Response,
    E: MethodError,
{
    type Item = Result<T, Status>;

    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        // A source that is always ready must not outrun its deadline either.
        this.polls = this.polls.wrapping_add(1);
        if this.polls == 0 && this.messages.is_some() && this.poll_deadline(task).is_ready() {
            return Poll::Ready(Some(Err(this.fail(deadline::exceeded()))));
        }
        let Some(messages) = &mut this.messages else { return Poll::Ready(None) };
        let mut polled = Poll::Pending;
        let panic = safely(this.call.method, || polled = messages.poll_next_unpin(task)).err();
        if let Some(panic) = panic {
            return Poll::Ready(Some(Err(this.fail(panic))));
        }
        match polled {
            Poll::Ready(Some(Ok(message))) => match this.call.release(&message) {
                Ok(()) => Poll::Ready(Some(Ok(message))),
                Err(status) => Poll::Ready(Some(Err(this.fail(status)))),
            },
            Poll::Ready(Some(Err(error))) => {
                let status = sent(&this.call.ctx, error);
                Poll::Ready(Some(Err(this.fail(status))))
            }
            Poll::Ready(None) => {
                this.messages = None;
                let trailers = this.call.ctx.answer_trailers();
                let end = (!trailers.is_empty()).then(|| Err(Status::with_metadata(Code::Ok, "", trailers)));
                Poll::Ready(end)
            }
            Poll::Pending => {
                ready!(this.poll_deadline(task));
                Poll::Ready(Some(Err(this.fail(deadline::exceeded()))))
            }
        }
    }
}

fn text_of(panic: &(dyn Any + Send)) -> &str {
    match panic.downcast_ref::<String>() {
        Some(text) => text,
        None => panic.downcast_ref::<&str>().copied().unwrap_or("(a value that is not text)"),
    }
}
