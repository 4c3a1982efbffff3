//! What ends a call before its response does: the deadline, an error of its request stream, and the end of the call that it
//! is part of.

use std::pin::{Pin, pin};
use std::task::{Context as Task, Poll};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::time::{Instant, Sleep, sleep_until};

use super::link::CallerLink;
use crate::Context;
use crate::bridge::{Code, Status};
use crate::deadline;

/// The limits of one call.
pub(crate) struct Limits {
    deadline: Option<Instant>,
    /// Made only if there is something to wait for.
    sleep: Option<Pin<Box<Sleep>>>,
    link: Option<CallerLink>,
    /// The end of the call that arrived here and makes this one.
    arrived: Option<BoxFuture<'static, ()>>,
}

impl Limits {
    pub(crate) fn new(ctx: &Context, deadline: Option<Instant>, link: Option<CallerLink>) -> Self {
        Self { deadline, sleep: None, link, arrived: ctx.end_of_arrived() }
    }

    /// Those of a call that is over.
    pub(super) fn none() -> Self {
        Self { deadline: None, sleep: None, link: None, arrived: None }
    }

    /// Waits for the end. Whoever waits for a response asks when there is nothing of it.
    pub(super) fn poll(&mut self, task: &mut Task<'_>) -> Poll<Status> {
        if let Some(link) = &self.link
            && let Poll::Ready(status) = link.poll_error(task)
        {
            return Poll::Ready(status);
        }
        if let Some(arrived) = &mut self.arrived
            && arrived.as_mut().poll(task).is_ready()
        {
            self.arrived = None;
            return Poll::Ready(over(self.deadline));
        }
        let Some(deadline) = self.deadline else { return Poll::Pending };
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        sleep.as_mut().poll(task).map(|()| deadline::exceeded())
    }

    /// What an error of the call means: others notice as well that the request stream has failed or that the time is over,
    /// and say less of it.
    #[cold]
    pub(super) fn explain(&self, status: Status) -> Status {
        if let Some(error) = self.link.as_ref().and_then(CallerLink::take_error) {
            return error;
        }
        if status.code() == Code::Cancelled && is_late(self.deadline) { deadline::exceeded() } else { status }
    }

    /// The error of the request stream: it is that of the call, whatever the handler has made of it.
    #[cfg(feature = "server")]
    pub(super) fn take_error(&self) -> Option<Status> {
        self.link.as_ref().and_then(CallerLink::take_error)
    }

    /// What `call` brings, if it does so within the limits.
    pub(crate) async fn hold<T>(
        &mut self,
        call: impl Future<Output = Result<T, Status>>,
    ) -> Result<T, Status> {
        self.check()?;
        let mut call = pin!(call);
        std::future::poll_fn(|task| match call.as_mut().poll(task) {
            Poll::Pending => self.poll(task).map(Err),
            outcome @ Poll::Ready(_) => outcome.map_err(|status| self.explain(status)),
        })
        .await
    }

    /// An error if the time is over already, or the call that this one is part of.
    pub(super) fn check(&mut self) -> Result<(), Status> {
        if is_late(self.deadline) {
            return Err(deadline::exceeded());
        }
        if let Some(arrived) = &mut self.arrived
            && arrived.now_or_never().is_some()
        {
            self.arrived = None;
            return Err(over(self.deadline));
        }
        Ok(())
    }
}

fn is_late(deadline: Option<Instant>) -> bool {
    deadline.is_some_and(|deadline| deadline <= Instant::now())
}

/// The error of a call whose cause is over. That may have ended by the same deadline.
#[cold]
pub(super) fn over(deadline: Option<Instant>) -> Status {
    if is_late(deadline) {
        return deadline::exceeded();
    }
    Status::cancelled("the call that this one is part of is over")
}
