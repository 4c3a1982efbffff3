//! A connection whose peer has to say and to take something now and then.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context as Task, Poll};
use std::time::Duration;

use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use tokio::sync::oneshot;
use tokio::time::{Sleep, sleep};

/// Breaks a connection that brings not one byte in time, or takes nothing for too long.
pub(super) struct Watched<T> {
    io: T,
    /// What waits for the first bytes; `None` once they were understood.
    first: Option<Box<First>>,
    stall: Option<Duration>,
    /// The time for the next byte that is taken. There is one as long as none is.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Set whenever something was read.
    has_read: Arc<AtomicBool>,
}

/// What waits for the first bytes of a peer.
struct First {
    /// The time for them.
    limit: Pin<Box<Sleep>>,
    /// Whether they are there.
    are_there: bool,
    /// Who is told that they were understood, or why not.
    heard: oneshot::Sender<io::Result<()>>,
}

impl<T> Watched<T> {
    /// A connection whose peer may take nothing for the time `stall`.
    ///
    /// Hyper does not let go of a connection before all that is written is taken, even if nobody waits for a response any
    /// more.
    pub(super) fn new(io: T, stall: Option<Duration>) -> Self {
        Self { io, first: None, stall, stalled: None, has_read: Arc::default() }
    }

    /// What is set whenever something was read.
    pub(super) fn has_read(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.has_read)
    }

    /// The peer has to speak first, within the time `limit`. Without that nobody would notice a server of HTTP/2 that has
    /// accepted a connection and does nothing with it. `heard` is told when more is read
    /// than its first bytes, which were understood then, or why there are none.
    pub(super) fn speaks_first(self, limit: Duration, heard: oneshot::Sender<io::Result<()>>) -> Self {
        Self {
            first: Some(Box::new(First { limit: Box::pin(sleep(limit)), are_there: false, heard })),
            ..self
        }
    }

    /// What writing gives, if it has not waited too long.
    #[inline]
    fn watch<R>(&mut self, task: &mut Task<'_>, written: Poll<io::Result<R>>) -> Poll<io::Result<R>> {
        if written.is_pending() {
            return self.wait(task).map(Err);
        }
        if self.stalled.is_some() {
            self.stalled = None;
        }
        written
    }

    #[cold]
    fn wait(&mut self, task: &mut Task<'_>) -> Poll<io::Error> {
        let Some(limit) = self.stall else { return Poll::Pending };
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(limit)));
        stalled.as_mut().poll(task).map(|()| timed_out("the server takes nothing"))
    }
}

impl<T: Read + Unpin> Watched<T> {
    #[cold]
    fn poll_first(
        &mut self,
        task: &mut Task<'_>,
        mut first: Box<First>,
        mut into: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if first.are_there {
            // Nobody may wait for it any more.
            let _ = first.heard.send(Ok(()));
            return Pin::new(&mut self.io).poll_read(task, into);
        }
        let mut bytes = [0; 512];
        let most = into.remaining().min(bytes.len());
        let mut buffer = ReadBuf::new(&mut bytes[..most]);
        let read = match Pin::new(&mut self.io).poll_read(task, buffer.unfilled()) {
            Poll::Pending if first.limit.as_mut().poll(task).is_ready() => {
                Err(timed_out("the server says nothing"))
            }
            Poll::Pending => {
                self.first = Some(first);
                return Poll::Pending;
            }
            Poll::Ready(read) => read,
        };
        let error = match &read {
            Ok(()) if buffer.filled().is_empty() => Some(lost_at_once()),
            Ok(()) => None,
            Err(error) => Some(io::Error::new(error.kind(), error.to_string())),
        };
        match error {
            None => {
                first.are_there = true;
                self.first = Some(first);
            }
            Some(error) => {
                // Nobody may wait for it any more.
                let _ = first.heard.send(Err(error));
            }
        }
        into.put_slice(buffer.filled());
        Poll::Ready(read)
    }
}

/// A connection that was made and that ended before anything was said that is HTTP/2.
pub(super) fn lost_at_once() -> io::Error {
    io::Error::new(
        io::ErrorKind::ConnectionAborted,
        "the server has ended the connection or does not speak HTTP/2",
    )
}

fn timed_out(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, why)
}

impl<T: Read + Unpin> Read for Watched<T> {
    #[inline]
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
        into: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let read = match self.first.take() {
            None => Pin::new(&mut self.io).poll_read(task, into),
            Some(first) => self.poll_first(task, first, into),
        };
        if read.is_ready() {
            self.has_read.store(true, Ordering::Relaxed);
        }
        read
    }
}

impl<T: Write + Unpin> Write for Watched<T> {
    #[inline]
    fn poll_write(mut self: Pin<&mut Self>, task: &mut Task<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(task, data);
        self.watch(task, written)
    }

    #[inline]
    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.io).poll_flush(task);
        self.watch(task, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.io).poll_shutdown(task);
        self.watch(task, shut)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    #[inline]
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(task, parts);
        self.watch(task, written)
    }
}

impl<T: Connection> Connection for Watched<T> {
    fn connected(&self) -> Connected {
        self.io.connected()
    }
}
