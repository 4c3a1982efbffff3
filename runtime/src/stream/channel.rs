//! The writing end of a stream.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::bridge::Status;
use futures_util::stream::Stream;
use tokio::sync::mpsc;

/// Feeds a [`ResponseStream`](crate::ResponseStream) or a [`RequestStream`](crate::RequestStream).
///
/// The stream ends when the last clone is dropped. [`send`](Self::send) waits while the stream is full and fails
/// once nobody reads it any more.
pub struct Sender<T, E = Status> {
    inner: mpsc::Sender<Result<T, E>>,
}

/// The reading end.
pub(super) struct Receiver<T, E>(mpsc::Receiver<Result<T, E>>);

impl<T, E> Stream for Receiver<T, E> {
    type Item = Result<T, E>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(cx)
    }
}

/// Nobody reads the stream any more: the peer went away, or the call is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

impl<T, E> Sender<T, E> {
    pub(super) fn new(capacity: usize) -> (Self, Receiver<T, E>) {
        // A capacity of zero would be a stream that nothing passes through.
        let (inner, receiver) = mpsc::channel(capacity.max(1));
        (Self { inner }, Receiver(receiver))
    }

    /// Sends a message.
    pub async fn send(&self, message: T) -> Result<(), Closed> {
        self.inner.send(Ok(message)).await.map_err(|_| Closed)
    }

    /// Ends the stream with an error, once what was sent before has been read.
    pub async fn fail(self, error: impl Into<E>) -> Result<(), Closed> {
        self.inner.send(Err(error.into())).await.map_err(|_| Closed)
    }

    /// Whether nobody reads the stream any more.
    pub fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    /// Resolves when nobody reads the stream any more.
    pub async fn closed(&self) {
        self.inner.closed().await;
    }
}

impl<T, E> Clone for Sender<T, E> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone() }
    }
}

impl<T, E> fmt::Debug for Sender<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("closed", &self.is_closed()).finish_non_exhaustive()
    }
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody reads the stream any more")
    }
}

impl std::error::Error for Closed {}

impl From<Closed> for Status {
    fn from(closed: Closed) -> Self {
        Self::cancelled(closed.to_string())
    }
}
