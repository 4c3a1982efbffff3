//! How long a peer may keep us waiting, be it for what it sends or for what it takes.

use std::pin::Pin;
use std::task::{Context as Task, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use tokio::time::{Instant, Sleep, sleep_until};

use super::{Body, CallError};
use crate::bridge::Status;
use crate::deadline::earliest;

/// How long a peer may be idle, and how slow it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IdleTimeout {
    /// How long it may do nothing; `None` has no limit.
    pub(crate) timeout: Option<Duration>,
    /// How many bytes a second it must move on average over the timeout. With zero each byte is as good as any number.
    pub(crate) min_rate: u32,
}

impl Default for IdleTimeout {
    fn default() -> Self {
        Self { timeout: Some(Duration::from_secs(30)), min_rate: 240 }
    }
}

/// The time that a peer has left. Waiting uses it up, and each byte earns some of it back, up to the whole of it. Only
/// time counts in which the peer is waited for: a handler that is slow costs it nothing.
///
/// There is no timer until something is waited for.
#[derive(Debug)]
pub(crate) struct IdleTimer {
    idle: IdleTimeout,
    /// How long all may take, from when it is first waited for.
    total: Option<Duration>,
    end: Option<Instant>,
    left: Duration,
    /// Since when it is waited for.
    since: Option<Instant>,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl IdleTimer {
    pub(crate) fn new(idle: IdleTimeout) -> Self {
        let left = idle.timeout.unwrap_or(Duration::MAX);
        Self { idle, total: None, end: None, left, since: None, alarm: None }
    }

    /// The peer is done within `total` as well.
    pub(crate) fn within(idle: IdleTimeout, total: Duration) -> Self {
        Self { total: Some(total), ..Self::new(idle) }
    }

    /// The peer moved so many bytes.
    #[inline]
    pub(crate) fn progress(&mut self, bytes: usize) {
        // Nearly always nobody has waited.
        if let Some(since) = self.since.take() {
            self.earn(since, bytes);
        }
    }

    fn earn(&mut self, since: Instant, bytes: usize) {
        let IdleTimeout { timeout: Some(timeout), min_rate } = self.idle else { return };
        let earned = match u64::from(min_rate) {
            0 => timeout,
            rate => Duration::from_nanos((bytes as u64).saturating_mul(1_000_000_000 / rate)),
        };
        self.left = self.left.saturating_sub(since.elapsed()).saturating_add(earned).min(timeout);
    }

    /// The peer owes nothing now, and has all of its time when it is waited for again.
    #[inline]
    pub(crate) fn reset(&mut self) {
        self.since = None;
        self.left = self.idle.timeout.unwrap_or(Duration::MAX);
    }

    /// Waits for the peer. `Ready` once its time is over.
    pub(crate) fn poll_expired(&mut self, task: &mut Task<'_>) -> Poll<()> {
        let Self { total, end, left, since, alarm, .. } = self;
        if since.is_none() {
            let now = Instant::now();
            *since = Some(now);
            *end = end.or_else(|| now.checked_add((*total)?));
            let Some(until) = earliest(*end, now.checked_add(*left)) else { return Poll::Pending };
            match alarm {
                Some(alarm) => alarm.as_mut().reset(until),
                None => *alarm = Some(Box::pin(sleep_until(until))),
            }
        }
        match alarm {
            Some(alarm) => alarm.as_mut().poll(task),
            None => Poll::Pending,
        }
    }

    /// The next data of a body, or an error if its sender is too slow. `None` is the end.
    #[inline]
    pub(crate) fn poll_data(
        &mut self,
        body: &mut Body,
        task: &mut Task<'_>,
    ) -> Poll<Option<Result<Bytes, Status>>> {
        match body.poll_data(task) {
            Poll::Ready(Some(Ok(data))) => {
                self.progress(data.len());
                Poll::Ready(Some(Ok(data)))
            }
            Poll::Ready(end) => Poll::Ready(end),
            Poll::Pending => self.poll_expired(task).map(|()| Some(Err(self.stalled().into_status()))),
        }
    }

    /// What a call gets whose body is too slow.
    #[cold]
    pub(crate) fn stalled(&self) -> CallError {
        CallError::with_http(StatusCode::REQUEST_TIMEOUT, self.too_slow("the body of the request"))
    }

    /// What a call gets of which `what` is too slow.
    #[cold]
    pub(crate) fn too_slow(&self, what: &str) -> Status {
        let IdleTimeout { timeout, min_rate } = self.idle;
        Status::deadline_exceeded(match (self.total, timeout) {
            (Some(total), _) if self.end.is_some_and(|end| end <= Instant::now()) => {
                format!("{what} took more than {total:?} to arrive")
            }
            (_, timeout) if min_rate == 0 => {
                format!("{what} paused for more than {:?}", timeout.unwrap_or_default())
            }
            (_, timeout) => {
                let timeout = timeout.unwrap_or_default();
                format!(
                    "{what} paused for more than {timeout:?}, or came slower than {min_rate} bytes a second"
                )
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use futures_util::FutureExt as _;
    use tokio::time::advance;

    use super::*;

    const TEN: IdleTimeout = IdleTimeout { timeout: Some(Duration::from_secs(10)), min_rate: 100 };

    fn is_over(timer: &mut IdleTimer) -> bool {
        poll_fn(|task| timer.poll_expired(task)).now_or_never().is_some()
    }

    async fn wait(timer: &mut IdleTimer, seconds: u64) -> bool {
        let over = is_over(timer);
        assert!(!over, "it was over before");
        advance(Duration::from_secs(seconds)).await;
        is_over(timer)
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_nothing_has_a_time() {
        let mut timer = IdleTimer::new(TEN);
        assert!(!wait(&mut timer, 9).await);
        assert!(wait(&mut timer, 2).await);
        let mut timer = IdleTimer::new(IdleTimeout { timeout: None, min_rate: 100 });
        assert!(!wait(&mut timer, 1_000_000).await);
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_earn_time_and_no_more_than_all_of_it() {
        let mut timer = IdleTimer::new(TEN);
        for _ in 0..50 {
            assert!(!wait(&mut timer, 2).await);
            timer.progress(200);
        }
        // A byte every two seconds is not enough, whatever came before.
        timer.progress(1_000_000);
        for _ in 0..4 {
            assert!(!wait(&mut timer, 2).await);
            timer.progress(1);
        }
        assert!(wait(&mut timer, 3).await);
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_rate_each_byte_is_enough() {
        let mut timer = IdleTimer::new(IdleTimeout { min_rate: 0, ..TEN });
        for _ in 0..20 {
            assert!(!wait(&mut timer, 9).await);
            timer.progress(1);
        }
        assert!(wait(&mut timer, 10).await);
        assert_eq!(timer.too_slow("it").message(), "it paused for more than 10s");
    }

    #[tokio::test(start_paused = true)]
    async fn all_of_it_may_have_a_limit() {
        let mut timer = IdleTimer::within(TEN, Duration::from_secs(15));
        for _ in 0..7 {
            assert!(!wait(&mut timer, 2).await);
            timer.progress(10_000);
        }
        assert!(wait(&mut timer, 2).await);
        assert_eq!(timer.too_slow("it").message(), "it took more than 15s to arrive");
        let mut timer = IdleTimer::within(TEN, Duration::from_secs(15));
        assert!(wait(&mut timer, 11).await);
        let text = "it paused for more than 10s, or came slower than 100 bytes a second";
        assert_eq!(timer.too_slow("it").message(), text);
    }

    #[tokio::test(start_paused = true)]
    async fn only_waiting_counts() {
        let mut timer = IdleTimer::new(TEN);
        for _ in 0..3 {
            assert!(!wait(&mut timer, 1).await);
            timer.progress(1);
            advance(Duration::from_secs(100)).await;
        }
        for _ in 0..3 {
            timer.reset();
            assert!(!wait(&mut timer, 9).await);
        }
        timer.reset();
        assert!(wait(&mut timer, 11).await);
    }
}
