//! A connection whose peer has to say and to take something now and then.

use std::io;
use std::pin::Pin;
use std::task::{Context as Task, Poll};
use std::time::Duration;

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use tokio::time::{Sleep, sleep};

/// Breaks a connection that brings not one byte in time, or takes nothing for too long.
pub(super) struct Watched<T> {
    io: T,
    /// The time for the first byte; `None` once it is there.
    first: Option<Pin<Box<Sleep>>>,
    stall: Option<Duration>,
    /// The time for the next byte that is taken. There is one as long as none is.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<T> Watched<T> {
    /// A connection whose peer may take nothing for the time `stall`.
    ///
    /// Hyper does not let go of a connection before all that is written is taken, even if nobody waits for a response any
    /// more.
    pub(super) fn new(io: T, stall: Option<Duration>) -> Self {
        Self { io, first: None, stall, stalled: None }
    }

    /// The peer has to speak first, within the time `limit`. Without that nobody would notice a server of HTTP/2 that has
    /// accepted a connection and does nothing with it.
    pub(super) fn speaks_first(self, limit: Duration) -> Self {
        Self { first: Some(Box::pin(sleep(limit))), ..self }
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
        mut limit: Pin<Box<Sleep>>,
        into: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.io).poll_read(task, into) {
            Poll::Pending if limit.as_mut().poll(task).is_ready() => {
                Poll::Ready(Err(timed_out("the server says nothing")))
            }
            Poll::Pending => {
                self.first = Some(limit);
                Poll::Pending
            }
            read @ Poll::Ready(_) => read,
        }
    }
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
        match self.first.take() {
            None => Pin::new(&mut self.io).poll_read(task, into),
            Some(limit) => self.poll_first(task, limit, into),
        }
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
