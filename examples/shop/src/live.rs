//! What outlives a single answer: streams that run until somebody leaves, and
//! work that must not stop half-way.

use futures_util::future::{FutureExt, ready};
use futures_util::stream::{self, StreamExt};
use rsvc::{Context, ResponseStream, Sender};

use crate::error::Error;

/// A stream of what `work` sends.
///
/// The work runs inside of the stream: it waits when nobody reads, and it is
/// gone when the stream is dropped. An error of the work is the end of the
/// stream, and so is the end of the server, since a graceful shutdown would
/// have to wait for a stream without end.
pub(crate) fn stream_of<T, E, F>(ctx: &Context, work: impl FnOnce(Sender<T, E>) -> F) -> ResponseStream<T, E>
where
    T: Send + 'static,
    E: From<Error> + Send + 'static,
    F: Future<Output = Result<(), E>> + Send + 'static,
{
    let (sender, messages) = ResponseStream::channel(1);
    let work = work(sender.clone());
    let stopping = ctx.stopping();
    let driver = async move {
        let result = tokio::select! {
            result = work => result,
            () = stopping => Err(Error::unavailable("the shop closes").into()),
        };
        if let Err(error) = result {
            // Nobody is left to hear of it if this fails.
            let _ = sender.fail(error).await;
        }
    };
    ResponseStream::new(stream::select(messages, driver.into_stream().filter_map(|()| ready(None))))
}

/// Runs `work` to its end even if the caller goes away in the middle.
pub(crate) async fn to_the_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    tokio::spawn(work).await?
}
