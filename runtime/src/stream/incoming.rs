//! Messages as they arrive, whatever protocol brings them.

use std::task::{Context, Poll, ready};

use crate::bridge::Status;
use crate::message::AnyMessage;

/// The messages of a call as a protocol reads them. Dropping it gives the call up.
pub(crate) trait Incoming: Send {
    /// Waits for a message; `None` is the end. After `Ok` there is one to [read](Self::poll_read), and that is said again
    /// until it has been read.
    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Option<Result<(), Status>>>;

    /// Reads the message that is there into one that is empty. A large one takes until later.
    fn poll_read(&mut self, task: &mut Context<'_>, message: &mut dyn AnyMessage)
    -> Poll<Result<(), Status>>;

    /// Waits for a message and reads it into one that is empty: both at once, which costs less.
    fn poll_next(
        &mut self,
        task: &mut Context<'_>,
        message: &mut dyn AnyMessage,
    ) -> Poll<Option<Result<(), Status>>> {
        poll_each(self, task, message)
    }
}

/// Waits for a message, and then reads it.
pub(crate) fn poll_each(
    incoming: &mut (impl Incoming + ?Sized),
    task: &mut Context<'_>,
    message: &mut dyn AnyMessage,
) -> Poll<Option<Result<(), Status>>> {
    match ready!(incoming.poll_ready(task)) {
        Some(Ok(())) => incoming.poll_read(task, message).map(Some),
        end => Poll::Ready(end),
    }
}

/// The next message, with its type.
pub(super) fn poll_message<T, E>(
    incoming: &mut dyn Incoming,
    task: &mut Context<'_>,
) -> Poll<Option<Result<T, E>>>
where
    T: AnyMessage + Default,
    E: From<Status>,
{
    let mut message = T::default();
    Poll::Ready(match ready!(incoming.poll_next(task, &mut message)) {
        None => None,
        Some(Ok(())) => Some(Ok(message)),
        Some(Err(status)) => Some(Err(status.into())),
    })
}

/// [`poll_message`] for a type.
pub(super) type PollMessage<T, E> = fn(&mut dyn Incoming, &mut Context<'_>) -> Poll<Option<Result<T, E>>>;
