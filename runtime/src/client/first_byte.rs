//! A connection whose peer has to say something at its beginning.

use std::io;
use std::pin::Pin;
use std::task::{Context as Task, Poll};
use std::time::Duration;

use hyper::rt::{Read, ReadBufCursor, Write};
use tokio::time::{Sleep, sleep};

use super::connector::NO_ANSWER;

/// Breaks a connection that brings not one byte in time. Over HTTP/2 a server speaks first: without that nobody would
/// notice one that has accepted a connection and does nothing with it.
pub(super) struct FirstByte<T> {
    io: T,
    /// `None` once there is something.
    limit: Option<Pin<Box<Sleep>>>,
}

impl<T> FirstByte<T> {
    pub(super) fn new(io: T, timeout: Duration) -> Self {
        Self { io, limit: Some(Box::pin(sleep(timeout))) }
    }
}

impl<T: Read + Unpin> FirstByte<T> {
    #[cold]
    fn poll_first(
        &mut self,
        task: &mut Task<'_>,
        mut limit: Pin<Box<Sleep>>,
        into: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.io).poll_read(task, into) {
            Poll::Pending if limit.as_mut().poll(task).is_ready() => {
                Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, NO_ANSWER)))
            }
            Poll::Pending => {
                self.limit = Some(limit);
                Poll::Pending
            }
            read @ Poll::Ready(_) => read,
        }
    }
}

impl<T: Read + Unpin> Read for FirstByte<T> {
    #[inline]
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
        into: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        match self.limit.take() {
            None => Pin::new(&mut self.io).poll_read(task, into),
            Some(limit) => self.poll_first(task, limit, into),
        }
    }
}

impl<T: Write + Unpin> Write for FirstByte<T> {
    #[inline]
    fn poll_write(mut self: Pin<&mut Self>, task: &mut Task<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(task, data)
    }

    #[inline]
    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(task)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(task)
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
        Pin::new(&mut self.io).poll_write_vectored(task, parts)
    }
}
