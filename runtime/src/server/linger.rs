//! Requests that are answered before their client has sent them. Over HTTP/1.1 the way to the next request of a connection is
//! through the rest of the body, and one that is closed before the client has finished is reset. Over HTTP/2 the stream is
//! reset, and h2 ends a connection on which much comes of streams that were.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Task, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use http_body::Body as _;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep, timeout};

use crate::call::background;
use crate::cancellation::CancellationToken;

/// How much of a body is read to keep its connection.
const MOST: u64 = 64 << 10;
/// How much is thrown away before a connection is closed, or a stream reset. A client that sends more has to live with a reset.
const THROWN_AWAY: usize = 1 << 20;
/// How long a client may go on sending, for either reason.
const LONGEST: Duration = Duration::from_secs(2);

/// Reads what is left of a body, so that its connection can take the next request; whether that was all.
#[cold]
pub(super) async fn read_out(mut rest: Incoming) -> bool {
    let read = async {
        let mut left = MOST;
        while rest.size_hint().lower() <= left {
            match rest.frame().await {
                None => return true,
                Some(Err(_)) => return false,
                Some(Ok(frame)) => {
                    let size = frame.data_ref().map_or(0, |data| data.len() as u64);
                    let Some(rest) = left.checked_sub(size) else { return false };
                    left = rest;
                }
            }
        }
        false
    };
    timeout(LONGEST, read).await.unwrap_or(false)
}

/// Reads what still comes of a stream of HTTP/2 whose response is there, until its client knows that as well.
#[cold]
pub(super) fn throw_away(mut rest: Incoming) {
    let mut reading = Box::pin(async move {
        let mut left = THROWN_AWAY;
        while left > 0
            && let Some(Ok(frame)) = rest.frame().await
        {
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
        }
    });
    // Most of them are over. Where there is no runtime, as in a thread of a handler's own, there is nobody to go on.
    if (&mut reading).now_or_never().is_none() && tokio::runtime::Handle::try_current().is_ok() {
        background::spawn(async move {
            let _ends_or_takes_too_long = timeout(LONGEST, reading).await;
        });
    }
}

/// A connection of HTTP/1.1 that goes on reading, and throws away what it reads, once everything is written.
///
/// Closed at once, the connection would be reset by what still comes, and clients would lose the answer
/// ([RFC 9112, 9.6](https://www.rfc-editor.org/rfc/rfc9112#section-9.6)).
pub(super) struct Linger<I> {
    io: I,
    draining: Arc<CancellationToken>,
    /// Until when, once everything is written.
    end: Option<Pin<Box<Sleep>>>,
    /// How much is still thrown away then.
    left: usize,
}

impl<I> Linger<I> {
    /// Once `draining` ends, nobody is waited for.
    pub(super) fn new(io: I, draining: Arc<CancellationToken>) -> Self {
        Self { io, draining, end: None, left: THROWN_AWAY }
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Linger<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(task, buf)
    }
}

impl<I: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Linger<I> {
    fn poll_write(mut self: Pin<&mut Self>, task: &mut Task<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(task, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(task)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.end.is_none() {
            ready!(Pin::new(&mut this.io).poll_shutdown(task))?;
        }
        let end = this.end.get_or_insert_with(|| Box::pin(sleep(LONGEST)));
        while this.left > 0 && !this.draining.is_cancelled() && end.as_mut().poll(task).is_pending() {
            let mut room = [MaybeUninit::uninit(); 4096];
            let mut buf = ReadBuf::uninit(&mut room);
            let read = ready!(Pin::new(&mut this.io).poll_read(task, &mut buf));
            if read.is_err() || buf.filled().is_empty() {
                break;
            }
            this.left = this.left.saturating_sub(buf.filled().len());
        }
        Poll::Ready(Ok(()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(task, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use std::io::IoSlice;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufWriter, DuplexStream};
    use tokio::time::Instant;

    use super::*;

    fn linger() -> (Linger<BufWriter<DuplexStream>>, DuplexStream, Arc<CancellationToken>) {
        let (ours, theirs) = tokio::io::duplex(8192);
        let draining = Arc::new(CancellationToken::default());
        (Linger::new(BufWriter::new(ours), Arc::clone(&draining)), theirs, draining)
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_written_and_read_passes() {
        let (mut linger, mut theirs, _draining) = linger();
        assert!(linger.is_write_vectored());
        assert_eq!(linger.write(b"ab").await.unwrap(), 2);
        assert_eq!(linger.write_vectored(&[IoSlice::new(b"c"), IoSlice::new(b"d")]).await.unwrap(), 2);
        linger.flush().await.unwrap();
        let mut read = [0; 4];
        theirs.read_exact(&mut read).await.unwrap();
        assert_eq!(&read, b"abcd");
        theirs.write_all(b"ef").await.unwrap();
        linger.read_exact(&mut read[..2]).await.unwrap();
        assert_eq!(&read[..2], b"ef");
    }

    /// After how many seconds a connection is closed whose client does so meanwhile. It has seen the end by then.
    async fn closed(drains: bool, client: impl AsyncFnOnce(DuplexStream)) -> u64 {
        let (mut linger, mut theirs, draining) = linger();
        if drains {
            draining.cancel();
        }
        let begun = Instant::now();
        let client = async {
            let mut end = [0];
            let end = timeout(LONGEST * 20, theirs.read(&mut end)).await;
            assert_eq!(end.expect("all is written").unwrap(), 0);
            client(theirs).await;
        };
        let closing = async {
            linger.shutdown().await.unwrap();
            let took = begun.elapsed().as_secs();
            drop(linger);
            took
        };
        futures_util::future::join(closing, client).await.0
    }

    async fn send(mut client: DuplexStream, pieces: usize, pause: Duration) {
        for _ in 0..pieces {
            if client.write_all(&[0; 4096]).await.is_err() {
                return;
            }
            if !pause.is_zero() {
                sleep(pause).await;
            }
        }
        // It stays.
        let _ = client.read(&mut [0]).await;
        sleep(LONGEST * 10).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_closed_once_its_client_has_finished_or_takes_too_long() {
        let longest = LONGEST.as_secs();
        assert_eq!(closed(false, async |client| drop(client)).await, 0, "it has finished");
        assert_eq!(closed(false, async |client| send(client, 0, LONGEST).await).await, longest, "silence");
        let slowly = Duration::from_millis(100);
        assert_eq!(closed(false, async |client| send(client, 100, slowly).await).await, longest, "slowly");
        let a_lot = 2 * THROWN_AWAY / 4096;
        assert_eq!(closed(false, async |client| send(client, a_lot, Duration::ZERO).await).await, 0, "a lot");
        assert_eq!(closed(true, async |client| send(client, 0, LONGEST).await).await, 0, "draining");
        assert_eq!(closed(true, async |client| send(client, 1, LONGEST).await).await, 0, "draining");
    }
}
