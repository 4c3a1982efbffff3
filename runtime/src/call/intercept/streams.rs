//! The messages of a stream, each shown to the interceptors of its call.

use std::sync::Arc;
use std::task::{Context as Task, Poll, ready};

use super::Shared;
use crate::Context;
use crate::bridge::Status;
use crate::call::CallError;
use crate::call::exchange::Outgoing;
use crate::message::AnyMessage;
use crate::stream::Incoming;

/// Which messages they are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Requests,
    /// Their end is the end of the call.
    Responses,
}

impl Direction {
    fn show(self, shared: &Shared, message: &mut dyn AnyMessage) -> Result<(), Status> {
        match self {
            Self::Requests => shared.request(message),
            Self::Responses => shared.respond(message),
        }
    }

    /// The stream is dropped.
    fn abandon(self, shared: &Shared) {
        if self == Self::Responses {
            shared.abandon();
        }
    }

    fn end(self, shared: &Shared, status: &Status) {
        if self == Self::Responses {
            shared.end(status);
        }
    }
}

/// Messages that arrive.
pub(crate) struct WatchedIncoming {
    inner: Box<dyn Incoming>,
    shared: Arc<Shared>,
    direction: Direction,
}

impl WatchedIncoming {
    /// The requests of a caller.
    #[cfg(feature = "server")]
    pub(super) fn requests(inner: Box<dyn Incoming>, shared: Arc<Shared>) -> Self {
        Self { inner, shared, direction: Direction::Requests }
    }

    /// The responses of a server.
    #[cfg(feature = "client")]
    pub(crate) fn responses(inner: Box<dyn Incoming>, shared: Arc<Shared>) -> Self {
        Self { inner, shared, direction: Direction::Responses }
    }
}

impl Incoming for WatchedIncoming {
    fn poll_ready(&mut self, task: &mut Task<'_>) -> Poll<Option<Result<(), Status>>> {
        let polled = ready!(self.inner.poll_ready(task));
        match &polled {
            Some(Ok(())) => {}
            Some(Err(status)) => self.direction.end(&self.shared, status),
            None => self.direction.end(&self.shared, &Status::ok("")),
        }
        Poll::Ready(polled)
    }

    fn read(&mut self, message: &mut dyn AnyMessage) -> Result<(), Status> {
        let read = self.inner.read(message).and_then(|()| self.direction.show(&self.shared, message));
        read.inspect_err(|status| self.direction.end(&self.shared, status))
    }
}

/// Messages on their way out.
pub(crate) struct WatchedOutgoing {
    inner: Box<dyn Outgoing>,
    shared: Arc<Shared>,
    direction: Direction,
    /// What makes the messages is at work: if this stays, it has panicked.
    is_polled: bool,
}

impl WatchedOutgoing {
    /// The requests of a caller.
    #[cfg(feature = "client")]
    pub(crate) fn requests(inner: Box<dyn Outgoing>, shared: Arc<Shared>) -> Self {
        Self { inner, shared, direction: Direction::Requests, is_polled: false }
    }

    /// The responses of a handler.
    pub(crate) fn responses(inner: Box<dyn Outgoing>, shared: Arc<Shared>) -> Self {
        Self { inner, shared, direction: Direction::Responses, is_polled: false }
    }
}

impl Outgoing for WatchedOutgoing {
    fn poll_next(
        &mut self,
        task: &mut Task<'_>,
        ctx: &Context,
        take: &mut dyn FnMut(&mut dyn AnyMessage) -> Result<(), Status>,
    ) -> Poll<Option<Result<(), CallError>>> {
        let Self { inner, shared, direction, is_polled } = self;
        *is_polled = true;
        let polled = inner.poll_next(task, ctx, &mut |message| {
            direction.show(shared, message)?;
            take(message)
        });
        *is_polled = false;
        match &polled {
            Poll::Ready(Some(Err(error))) => direction.end(shared, &error.status),
            Poll::Ready(None) => direction.end(shared, &Status::ok("")),
            Poll::Ready(Some(Ok(()))) | Poll::Pending => {}
        }
        polled
    }
}

impl Drop for WatchedOutgoing {
    fn drop(&mut self) {
        if self.is_polled {
            self.direction.end(&self.shared, &crate::call::error::panicked());
        }
        self.direction.abandon(&self.shared);
    }
}

impl Drop for WatchedIncoming {
    fn drop(&mut self) {
        self.direction.abandon(&self.shared);
    }
}
