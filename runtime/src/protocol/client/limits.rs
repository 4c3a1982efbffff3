//! What ends a call before its response does: the deadline, and an error of its request stream.

use std::pin::{Pin, pin};
use std::task::{Context as Task, Poll};

use tokio::time::{Instant, Sleep, sleep_until};

use super::link::CallerLink;
use crate::bridge::{Code, Status};
use crate::deadline;

/// The limits of one call.
pub(crate) struct Limits {
    deadline: Option<Instant>,
    /// Made only if there is something to wait for.
    sleep: Option<Pin<Box<Sleep>>>,
    link: Option<CallerLink>,
}

impl Limits {
    pub(crate) fn new(deadline: Option<Instant>, link: Option<CallerLink>) -> Self {
        Self { deadline, sleep: None, link }
    }

    /// Waits for the end. Whoever waits for a response asks when there is nothing of it.
    pub(super) fn poll(&mut self, task: &mut Task<'_>) -> Poll<Status> {
        if let Some(link) = &self.link
            && let Poll::Ready(status) = link.poll_error(task)
        {
            return Poll::Ready(status);
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
        let is_over = || self.deadline.is_some_and(|deadline| deadline <= Instant::now());
        if status.code() == Code::Cancelled && is_over() { deadline::exceeded() } else { status }
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

    /// An error if the time is over already.
    pub(super) fn check(&self) -> Result<(), Status> {
        match self.deadline {
            Some(deadline) if deadline <= Instant::now() => Err(deadline::exceeded()),
            _ => Ok(()),
        }
    }
}
