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
    Poll::Ready(match ready!(incoming.poll_ready(task)) {
        None => None,
        Some(Err(status)) => Some(Err(status.into())),
        Some(Ok(())) => {
            let mut message = T::default();
            match ready!(incoming.poll_read(task, &mut message)) {
                Ok(()) => Some(Ok(message)),
                Err(status) => Some(Err(status.into())),
            }
        }
    })
}

/// [`poll_message`] for a type.
pub(super) type PollMessage<T, E> = fn(&mut dyn Incoming, &mut Context<'_>) -> Poll<Option<Result<T, E>>>;
