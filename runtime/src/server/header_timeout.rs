//! The time that the head of a request may take.

use std::io;
use std::pin::Pin;
use std::task::{Context as Task, Poll, Waker};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::server::session::ConnectionUse;
use crate::server::waker::is_new;

/// How often is looked while the time passes.
const CHECKS: u8 = 4;

/// A connection of HTTP/1.1 that ends when the whole head of a request takes longer than the limit to come.
///
/// The time counts from when the connection was opened or the answer before was written, whatever comes meanwhile.
/// A timer for each request (hyper has one) costs more than the limit is worth: here one looks now and then how long
/// nothing was answered, so that the end may come a quarter of the limit late, but never early.
pub(super) struct HeaderTimeout<I> {
    io: I,
    usage: ConnectionUse,
    interval: Duration,
    timer: Pin<Box<Sleep>>,
    /// Whom the timer wakes.
    known: Option<Waker>,
    /// How many checks are left.
    checks_left: u8,
    /// Whether something was written since the last check.
    wrote: bool,
    /// Whether the client is waited for to take what was written.
    blocked: bool,
}

impl<I> HeaderTimeout<I> {
    /// The limit counts from `start`.
    pub(super) fn new(io: I, start: Instant, limit: Duration, usage: ConnectionUse) -> Self {
        let interval = (limit / u32::from(CHECKS)).max(Duration::from_millis(1));
        let timer = Box::pin(sleep_until(start + interval));
        Self { io, usage, interval, timer, known: None, checks_left: CHECKS, wrote: false, blocked: false }
    }

    /// Whether the time is up. Asked when there is nothing to read.
    fn is_over(&mut self, task: &mut Task<'_>) -> bool {
        // Nearly always this is all.
        if !is_new(&mut self.known, task) && !self.timer.is_elapsed() {
            return false;
        }
        while self.timer.as_mut().poll(task).is_ready() {
            if self.wrote || self.blocked || !self.usage.is_idle() {
                self.checks_left = CHECKS;
                self.wrote = false;
            } else {
                self.checks_left = self.checks_left.saturating_sub(1);
                if self.checks_left == 0 {
                    return true;
                }
            }
            let next = Instant::now() + self.interval;
            self.timer.as_mut().reset(next);
        }
        false
    }

    fn note<T>(&mut self, written: Poll<T>) -> Poll<T> {
        self.blocked = written.is_pending();
        self.wrote = true;
        written
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for HeaderTimeout<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.io).poll_read(task, buf);
        if read.is_pending() && self.is_over(task) {
            tracing::debug!("a request did not come in time");
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for HeaderTimeout<I> {
    fn poll_write(mut self: Pin<&mut Self>, task: &mut Task<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(task, buf);
        self.note(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.io).poll_flush(task);
        self.blocked = flushed.is_pending();
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(task)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(task, bufs);
        self.note(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
