//! Calls with many responses, which are made again until the first one is there.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context as Task, Poll, ready};

use futures_util::future::BoxFuture;

use super::attempts::Attempts;
use super::pause::pause;
use super::settings::Retrying;
use crate::Context;
use crate::bridge::Status;
use crate::message::AnyMessage;
use crate::stream::{Incoming, poll_each};

/// Begins attempts at a call.
pub(in crate::client) trait Begin: Send {
    /// Waits for the beginning of the responses. `previous` attempts have failed.
    fn begin(&self, ctx: Context, previous: u32) -> BoxFuture<'static, Result<Box<dyn Incoming>, Status>>;

    /// Whether there can be another attempt.
    fn can_begin_again(&self) -> bool;

    /// There is no other attempt.
    fn settle(&self);
}

/// Waits for the beginning of the responses to a call that may be made again.
pub(in crate::client) async fn responses(
    begin: Box<dyn Begin>,
    ctx: Context,
    attempts: Attempts,
    retrying: Arc<Retrying>,
) -> Result<Box<dyn Incoming>, Status> {
    let state = State::Begun(begin.begin(ctx.clone(), 0));
    let mut responses = Responses { begin, ctx, attempts, retrying, state };
    poll_fn(|task| responses.poll_begun(task)).await?;
    Ok(Box::new(responses))
}

struct Responses {
    begin: Box<dyn Begin>,
    ctx: Context,
    attempts: Attempts,
    retrying: Arc<Retrying>,
    state: State,
}

enum State {
    /// The head of the response is waited for, perhaps behind a pause.
    Begun(BoxFuture<'static, Result<Box<dyn Incoming>, Status>>),
    /// There is no response yet.
    Waiting(Box<dyn Incoming>),
    /// There was one: what happens now is the outcome.
    Settled(Box<dyn Incoming>),
    Over,
}

impl Responses {
    /// Waits until the head of a response is there.
    fn poll_begun(&mut self, task: &mut Task<'_>) -> Poll<Result<(), Status>> {
        while let State::Begun(begun) = &mut self.state {
            match ready!(begun.as_mut().poll(task)) {
                Ok(incoming) => self.state = State::Waiting(incoming),
                Err(status) => self.again(status)?,
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Begins another attempt, or is over with the error of the last.
    #[cold]
    fn again(&mut self, status: Status) -> Result<(), Status> {
        self.state = State::Over;
        if !self.begin.can_begin_again() {
            return Err(status);
        }
        let Some(start) = self.retrying.next(&mut self.attempts, &status) else { return Err(status) };
        self.ctx.forget_answer();
        let ctx = self.ctx.clone().until(self.attempts.deadline());
        let begun = self.begin.begin(ctx, self.attempts.previous());
        self.state = State::Begun(after(pause(start, &self.ctx), begun));
        Ok(())
    }

    #[cold]
    fn settle(&mut self) {
        self.retrying.succeeded();
        self.begin.settle();
    }
}

/// What comes of a future that begins after a pause.
fn after<T: Send + 'static>(
    pause: impl Future<Output = ()> + Send + 'static,
    then: BoxFuture<'static, T>,
) -> BoxFuture<'static, T> {
    Box::pin(async move {
        pause.await;
        then.await
    })
}

impl Incoming for Responses {
    fn poll_ready(&mut self, task: &mut Task<'_>) -> Poll<Option<Result<(), Status>>> {
        if let State::Settled(incoming) = &mut self.state {
            return incoming.poll_ready(task);
        }
        loop {
            if let Err(status) = ready!(self.poll_begun(task)) {
                return Poll::Ready(Some(Err(status)));
            }
            let State::Waiting(incoming) = &mut self.state else { return Poll::Ready(None) };
            match ready!(incoming.poll_ready(task)) {
                Some(Err(status)) => {
                    if let Err(status) = self.again(status) {
                        return Poll::Ready(Some(Err(status)));
                    }
                }
                outcome => {
                    self.settle();
                    let State::Waiting(incoming) = std::mem::replace(&mut self.state, State::Over) else {
                        unreachable!("it was this one")
                    };
                    self.state = State::Settled(incoming);
                    return Poll::Ready(outcome);
                }
            }
        }
    }

    fn poll_read(&mut self, task: &mut Task<'_>, message: &mut dyn AnyMessage) -> Poll<Result<(), Status>> {
        let State::Settled(incoming) = &mut self.state else { unreachable!("a message was there") };
        incoming.poll_read(task, message)
    }

    fn poll_next(
        &mut self,
        task: &mut Task<'_>,
        message: &mut dyn AnyMessage,
    ) -> Poll<Option<Result<(), Status>>> {
        if let State::Settled(incoming) = &mut self.state {
            return incoming.poll_next(task, message);
        }
        poll_each(self, task, message)
    }
}
