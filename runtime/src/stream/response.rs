//! What a server sends.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::bridge::Status;
use futures_util::stream::{BoxStream, Stream, StreamExt};

use super::{Incoming, PollMessage, Sender, poll_message};
use crate::message::AnyMessage;

/// The messages of a call whose server streams.
///
/// A handler returns one; a client is given one and reads it. Dropping it cancels whatever produces the messages:
/// on a client the call itself, on a server the handler's stream.
///
/// ```
/// use rsvc::{ResponseStream, Status};
///
/// async fn count(to: u32) -> Result<ResponseStream<u32>, Status> {
///     Ok(ResponseStream::from_iter(0..to))
/// }
///
/// async fn ticks() -> Result<ResponseStream<u32>, Status> {
///     let (sender, stream) = ResponseStream::channel(16);
///     tokio::spawn(async move {
///         let mut tick = 0;
///         while sender.send(tick).await.is_ok() {     // fails once nobody listens
///             tick += 1;
///         }
///     });
///     Ok(stream)
/// }
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// # let mut ticks = ticks().await.unwrap();
/// # assert_eq!(ticks.message().await.unwrap(), Some(0));
/// # assert_eq!(ticks.message().await.unwrap(), Some(1));
/// # assert_eq!(count(1).await.unwrap().message().await.unwrap(), Some(0));
/// # });
/// ```
pub struct ResponseStream<T, E = Status> {
    inner: Inner<T, E>,
}

enum Inner<T, E> {
    Arriving(Box<dyn Incoming>, PollMessage<T, E>),
    Made(BoxStream<'static, Result<T, E>>),
}

impl<T: Send + 'static, E: Send + 'static> ResponseStream<T, E> {
    /// A stream of messages or errors. The first error is the last item that travels.
    #[must_use]
    pub fn new(stream: impl Stream<Item = Result<T, E>> + Send + 'static) -> Self {
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
    pub fn channel(capacity: usize) -> (Sender<T, E>, Self) {
        let (sender, receiver) = Sender::new(capacity);
        (sender, Self::new(receiver))
    }
}

impl<T, E> ResponseStream<T, E> {
    /// The messages that a protocol reads.
    #[cfg(feature = "client")]
    pub(crate) fn arriving(incoming: Box<dyn Incoming>) -> Self
    where
        T: AnyMessage + Default,
        E: From<Status>,
    {
        Self { inner: Inner::Arriving(incoming, poll_message::<T, E>) }
    }

    /// The next message, or `None` after the last.
    #[inline]
    pub async fn message(&mut self) -> Result<Option<T>, E> {
        std::future::poll_fn(|cx| match self.poll_next_unpin(cx) {
            Poll::Ready(Some(Ok(message))) => Poll::Ready(Ok(Some(message))),
            Poll::Ready(Some(Err(error))) => Poll::Ready(Err(error)),
            Poll::Ready(None) => Poll::Ready(Ok(None)),
            Poll::Pending => Poll::Pending,
        })
        .await
    }
}

impl<T, E> Stream for ResponseStream<T, E> {
    type Item = Result<T, E>;

    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match &mut self.inner {
            Inner::Arriving(incoming, poll) => poll(&mut **incoming, cx),
            Inner::Made(responses) => responses.poll_next_unpin(cx),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.inner {
            Inner::Arriving(..) => (0, None),
            Inner::Made(responses) => responses.size_hint(),
        }
    }
}

impl<T, E> fmt::Debug for ResponseStream<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseStream").finish_non_exhaustive()
    }
}
