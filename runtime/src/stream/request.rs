//! What a client sends.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::bridge::Status;
use futures_util::stream::{BoxStream, Stream, StreamExt};

use super::{Incoming, PollMessage, Sender, poll_message};
use crate::message::AnyMessage;

/// The messages of a call whose client streams.
///
/// A handler reads it; a client makes one and hands it to the call. An error that a client puts in cancels the call,
/// and the call fails with that error. On a server an error means that the client gave up or sent what is not a
/// message: the messages so far are not all there should have been.
///
/// ```
/// # async fn handler(mut requests: rsvc::RequestStream<u32>) -> Result<u32, rsvc::Status> {
/// let mut sum = 0;
/// while let Some(request) = requests.message().await? {
///     sum += request;
/// }
/// # Ok(sum)
/// # }
/// # futures_util::future::FutureExt::now_or_never(async {
/// # assert_eq!(handler(rsvc::RequestStream::from_iter([1, 2])).await.unwrap(), 3);
/// # }).unwrap();
/// ```
pub struct RequestStream<T> {
    inner: Inner<T>,
}

enum Inner<T> {
    Arriving(Box<dyn Incoming>, PollMessage<T, Status>),
    Made(BoxStream<'static, Result<T, Status>>),
}

impl<T: Send + 'static> RequestStream<T> {
    /// A stream of messages or errors.
    #[must_use]
    pub fn new(stream: impl Stream<Item = Result<T, Status>> + Send + 'static) -> Self {
        Self { inner: Inner::Made(stream.boxed()) }
    }

    /// A stream of messages that cannot fail.
    #[must_use]
    pub fn from_messages(stream: impl Stream<Item = T> + Send + 'static) -> Self {
        Self::new(stream.map(Ok))
    }

    /// The messages of an iterator.
    #[must_use]
    #[allow(clippy::should_implement_trait, reason = "`FromIterator` cannot ask that the iterator be `Send`")]
    pub fn from_iter<I>(messages: I) -> Self
    where
        I: IntoIterator<Item = T, IntoIter: Send + 'static>,
    {
        Self::new(futures_util::stream::iter(messages.into_iter().map(Ok)))
    }

    /// A stream and what feeds it; at most `capacity` messages wait in between.
    #[must_use]
    pub fn channel(capacity: usize) -> (Sender<T>, Self) {
        let (sender, receiver) = Sender::new(capacity);
        (sender, Self::new(receiver))
    }
}

impl<T> RequestStream<T> {
    /// The messages that a protocol reads.
    pub(crate) fn arriving(incoming: Box<dyn Incoming>) -> Self
    where
        T: AnyMessage + Default,
    {
        Self { inner: Inner::Arriving(incoming, poll_message::<T, Status>) }
    }

    /// The same with a message before the others.
    pub(crate) fn after(self, first: T) -> Self
    where
        T: Send + 'static,
    {
        Self::new(futures_util::stream::once(std::future::ready(Ok(first))).chain(self))
    }

    /// The next message, or `None` after the last.
    #[inline]
    pub async fn message(&mut self) -> Result<Option<T>, Status> {
        std::future::poll_fn(|cx| match self.poll_next_unpin(cx) {
            Poll::Ready(Some(Ok(message))) => Poll::Ready(Ok(Some(message))),
            Poll::Ready(Some(Err(error))) => Poll::Ready(Err(error)),
            Poll::Ready(None) => Poll::Ready(Ok(None)),
            Poll::Pending => Poll::Pending,
        })
        .await
    }
}

impl<T> Stream for RequestStream<T> {
    type Item = Result<T, Status>;

    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match &mut self.inner {
            Inner::Arriving(incoming, poll) => poll(&mut **incoming, cx),
            Inner::Made(requests) => requests.poll_next_unpin(cx),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.inner {
            Inner::Arriving(..) => (0, None),
            Inner::Made(requests) => requests.size_hint(),
        }
    }
}

impl<T> fmt::Debug for RequestStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestStream").finish_non_exhaustive()
    }
}
