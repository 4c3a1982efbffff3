//! The time that the head of a request may take over HTTP/1.1, and how long a client may leave a response unread.

use std::io;
use std::pin::Pin;
use std::task::{Context as Task, Poll, Waker, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::server::sending::end_of_sending;
use crate::server::session::ConnectionUse;
use crate::server::waker::is_new;

/// How often is looked while the time of a head passes.
const CHECKS: u8 = 4;
/// A client that has taken so many bytes has all of its time again.
const PROGRESS: usize = 16 << 10;

/// A connection of HTTP/1.1 that ends when the whole head of a request takes longer than the limit to come, or when
/// its client does not take what is written.
///
/// The time of a head counts from when the connection was opened or the answer before was written, whatever comes
/// meanwhile. A timer for each request (hyper has one) costs more than the limit is worth: here one looks now and then how
/// long nothing was answered, so that the end may come a quarter of the limit late, but never early.
pub(super) struct ConnectionTimer<I> {
    io: I,
    usage: ConnectionUse,
    interval: Duration,
    send_timeout: Option<Duration>,
    /// For the next check, or for the end of being blocked.
    timer: Pin<Box<Sleep>>,
    /// Whom the timer wakes.
    known: Option<Waker>,
    /// How many checks are left.
    checks_left: u8,
    /// Whether something was written since the last check.
    wrote: bool,
    blocked: Option<Blocked>,
}

/// The client is waited for to take what was written.
struct Blocked {
    /// When that is given up.
    end: Option<Instant>,
    /// How much it has taken since.
    taken: usize,
}

impl<I> ConnectionTimer<I> {
    /// The time of the first head counts from `start`.
    pub(super) fn new(
        io: I,
        start: Instant,
        header_timeout: Duration,
        send_timeout: Option<Duration>,
        usage: ConnectionUse,
    ) -> Self {
        let interval = (header_timeout / u32::from(CHECKS)).max(Duration::from_millis(1));
        let timer = Box::pin(sleep_until(start + interval));
        Self {
            io,
            usage,
            interval,
            send_timeout,
            timer,
            known: None,
            checks_left: CHECKS,
            wrote: false,
            blocked: None,
        }
    }

    /// Whether the time of a head is up. Asked when there is nothing to read.
    fn is_over(&mut self, task: &mut Task<'_>) -> bool {
        // Nearly always this is all.
        if self.blocked.is_some() || !is_new(&mut self.known, task) && !self.timer.is_elapsed() {
            return false;
        }
        while self.timer.as_mut().poll(task).is_ready() {
            if self.wrote || !self.usage.is_idle() {
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

    /// Notes what became of writing so many bytes.
    #[inline]
    fn note<T>(
        &mut self,
        task: &mut Task<'_>,
        written: Poll<io::Result<T>>,
        bytes: impl FnOnce(&T) -> usize,
    ) -> Poll<io::Result<T>> {
        match &written {
            Poll::Ready(Ok(count)) => {
                if self.blocked.is_some() {
                    self.unblock(task, bytes(count));
                }
                written
            }
            Poll::Ready(Err(_)) => written,
            Poll::Pending => {
                ready!(self.poll_blocked(task));
                tracing::debug!("a client did not take a response in time");
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
        }
    }

    #[cold]
    fn unblock(&mut self, task: &mut Task<'_>, bytes: usize) {
        let Some(blocked) = &mut self.blocked else { return };
        blocked.taken = blocked.taken.saturating_add(bytes);
        if blocked.taken >= PROGRESS {
            self.blocked = None;
            self.usage.note_blocked(false);
            let next = Instant::now() + self.interval;
            self.timer.as_mut().reset(next);
            // It may have gone off meanwhile, and would wake nobody then.
            if self.timer.as_mut().poll(task).is_ready() {
                task.waker().wake_by_ref();
            }
        }
    }

    /// Waits until the client has not taken anything for too long.
    #[cold]
    fn poll_blocked(&mut self, task: &mut Task<'_>) -> Poll<()> {
        if self.blocked.is_none() {
            let end = end_of_sending(self.send_timeout, self.usage.deadline());
            if let Some(end) = end {
                self.timer.as_mut().reset(end);
            }
            self.blocked = Some(Blocked { end, taken: 0 });
            self.usage.note_blocked(true);
        }
        match &self.blocked {
            Some(Blocked { end: Some(_), .. }) => self.timer.as_mut().poll(task),
            _ => Poll::Pending,
        }
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for ConnectionTimer<I> {
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

impl<I: AsyncWrite + Unpin> AsyncWrite for ConnectionTimer<I> {
    fn poll_write(mut self: Pin<&mut Self>, task: &mut Task<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.wrote = true;
        let written = Pin::new(&mut self.io).poll_write(task, buf);
        self.note(task, written, |&count| count)
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.io).poll_flush(task);
        self.note(task, flushed, |()| PROGRESS)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(task)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.wrote = true;
        let written = Pin::new(&mut self.io).poll_write_vectored(task, bufs);
        self.note(task, written, |&count| count)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
