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

/// What is asked of a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Patience {
    /// How long it may do nothing; `None` for as long as it wants.
    pub(crate) idle: Option<Duration>,
    /// How many bytes a second it must move on average, once it has used up its `idle` time. With zero each byte is as
    /// good as any number.
    pub(crate) rate: u32,
}

impl Patience {
    /// What a body is asked by default.
    pub(crate) const DEFAULT: Self = Self { idle: Some(Duration::from_secs(30)), rate: 240 };
}

/// The time that a peer has left. Waiting uses it up, and each byte earns some of it back, up to the whole of it. Only
/// time counts in which the peer is waited for: a handler that is slow costs it nothing.
///
/// There is no timer until something is waited for.
#[derive(Debug)]
pub(crate) struct Pace {
    patience: Patience,
    /// How long all may take, from when it is first waited for.
    total: Option<Duration>,
    end: Option<Instant>,
    left: Duration,
    /// Since when it is waited for.
    since: Option<Instant>,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Pace {
    pub(crate) fn new(patience: Patience) -> Self {
        let left = patience.idle.unwrap_or(Duration::MAX);
        Self { patience, total: None, end: None, left, since: None, alarm: None }
    }

    /// The peer is done within `total` as well.
    pub(crate) fn within(patience: Patience, total: Duration) -> Self {
        Self { total: Some(total), ..Self::new(patience) }
    }

    /// The peer moved so many bytes.
    #[inline]
    pub(crate) fn advance(&mut self, bytes: usize) {
        // Nearly always nobody has waited.
        if let Some(since) = self.since.take() {
            self.earn(since, bytes);
        }
    }

    fn earn(&mut self, since: Instant, bytes: usize) {
        let Patience { idle: Some(idle), rate } = self.patience else { return };
        let earned = match u64::from(rate) {
            0 => idle,
            rate => Duration::from_nanos((bytes as u64).saturating_mul(1_000_000_000 / rate)),
        };
        self.left = self.left.saturating_sub(since.elapsed()).saturating_add(earned).min(idle);
    }

    /// The peer owes nothing now, and has all of its time when it is waited for again.
    #[inline]
    pub(crate) fn relax(&mut self) {
        self.since = None;
        self.left = self.patience.idle.unwrap_or(Duration::MAX);
    }

    /// Waits for the peer. `Ready` once its time is over.
    pub(crate) fn poll_wait(&mut self, task: &mut Task<'_>) -> Poll<()> {
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

    /// The next data of a body whose sender keeps the pace. `None` is the end.
    #[inline]
    pub(crate) fn poll_data(
        &mut self,
        body: &mut Body,
        task: &mut Task<'_>,
    ) -> Poll<Option<Result<Bytes, Status>>> {
        match body.poll_data(task) {
            Poll::Ready(Some(Ok(data))) => {
                self.advance(data.len());
                Poll::Ready(Some(Ok(data)))
            }
            Poll::Ready(end) => Poll::Ready(end),
            Poll::Pending => self.poll_wait(task).map(|()| Some(Err(self.stalled().into_status()))),
        }
    }

    /// What a call gets whose body does not keep the pace.
    #[cold]
    pub(crate) fn stalled(&self) -> CallError {
        CallError::with_http(StatusCode::REQUEST_TIMEOUT, self.too_slow("the body of the request"))
    }

    /// What a call gets of which `what` does not keep the pace.
    #[cold]
    pub(crate) fn too_slow(&self, what: &str) -> Status {
        let Patience { idle, rate } = self.patience;
        Status::deadline_exceeded(match (self.total, idle) {
            (Some(total), _) if self.end.is_some_and(|end| end <= Instant::now()) => {
                format!("{what} took more than {total:?} to arrive")
            }
            (_, idle) if rate == 0 => format!("{what} paused for more than {:?}", idle.unwrap_or_default()),
            (_, idle) => {
                let idle = idle.unwrap_or_default();
                format!("{what} paused for more than {idle:?}, or came slower than {rate} bytes a second")
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

    const TEN: Patience = Patience { idle: Some(Duration::from_secs(10)), rate: 100 };

    fn is_over(pace: &mut Pace) -> bool {
        poll_fn(|task| pace.poll_wait(task)).now_or_never().is_some()
    }

    async fn wait(pace: &mut Pace, seconds: u64) -> bool {
        let over = is_over(pace);
        assert!(!over, "it was over before");
        advance(Duration::from_secs(seconds)).await;
        is_over(pace)
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_nothing_has_a_time() {
        let mut pace = Pace::new(TEN);
        assert!(!wait(&mut pace, 9).await);
        assert!(wait(&mut pace, 2).await);
        let mut pace = Pace::new(Patience { idle: None, rate: 100 });
        assert!(!wait(&mut pace, 1_000_000).await);
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_earn_time_and_no_more_than_all_of_it() {
        let mut pace = Pace::new(TEN);
        for _ in 0..50 {
            assert!(!wait(&mut pace, 2).await);
            pace.advance(200);
        }
        // A byte every two seconds is not enough, whatever came before.
        pace.advance(1_000_000);
        for _ in 0..4 {
            assert!(!wait(&mut pace, 2).await);
            pace.advance(1);
        }
        assert!(wait(&mut pace, 3).await);
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_rate_each_byte_is_enough() {
        let mut pace = Pace::new(Patience { rate: 0, ..TEN });
        for _ in 0..20 {
            assert!(!wait(&mut pace, 9).await);
            pace.advance(1);
        }
        assert!(wait(&mut pace, 10).await);
        assert_eq!(pace.too_slow("it").message(), "it paused for more than 10s");
    }

    #[tokio::test(start_paused = true)]
    async fn all_of_it_may_have_a_limit() {
        let mut pace = Pace::within(TEN, Duration::from_secs(15));
        for _ in 0..7 {
            assert!(!wait(&mut pace, 2).await);
            pace.advance(10_000);
        }
        assert!(wait(&mut pace, 2).await);
        assert_eq!(pace.too_slow("it").message(), "it took more than 15s to arrive");
        let mut pace = Pace::within(TEN, Duration::from_secs(15));
        assert!(wait(&mut pace, 11).await);
        let text = "it paused for more than 10s, or came slower than 100 bytes a second";
        assert_eq!(pace.too_slow("it").message(), text);
    }

    #[tokio::test(start_paused = true)]
    async fn only_waiting_counts() {
        let mut pace = Pace::new(TEN);
        for _ in 0..3 {
            assert!(!wait(&mut pace, 1).await);
            pace.advance(1);
            advance(Duration::from_secs(100)).await;
        }
        for _ in 0..3 {
            pace.relax();
            assert!(!wait(&mut pace, 9).await);
        }
        pace.relax();
        assert!(wait(&mut pace, 11).await);
    }
}
