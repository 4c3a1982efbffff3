//! When a connection has to go: it is too old, or nobody has used it for long.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::pin::Pin;
use std::task::{Context as Task, Poll};

use tokio::time::{Duration, Instant, Sleep, sleep_until};

use super::session::ConnectionUse;
use crate::deadline::earliest;

/// The age of a connection that has none.
const FOREVER: Duration = Duration::from_hours(24 * 365);

/// The end of a connection that does not end by itself.
pub(super) struct Expiry {
    oldest: Option<Instant>,
    idle: Option<Duration>,
    /// Goes off at its end, and before that whenever is looked whether it is used.
    timer: Pin<Box<Sleep>>,
}

impl Expiry {
    /// A connection that is new.
    pub(super) fn new(age: Option<Duration>, idle: Option<Duration>) -> Self {
        let now = Instant::now();
        let oldest = age.and_then(|age| now.checked_add(jittered(age)));
        let timer = Box::pin(sleep_until(next(now, oldest, idle)));
        Self { oldest, idle, timer }
    }

    /// Whether the timer has gone off. It costs next to nothing.
    #[inline]
    pub(super) fn is_due(&self) -> bool {
        self.timer.is_elapsed()
    }

    /// Waits for the end. A connection that was used since it was last looked at stays, so that one that is not used ends
    /// after the idle time at the earliest, and after twice that at the latest.
    pub(super) fn poll(&mut self, task: &mut Task<'_>, usage: &ConnectionUse) -> Poll<()> {
        while self.timer.as_mut().poll(task).is_ready() {
            let now = Instant::now();
            let was_used = usage.take_used();
            if self.oldest.is_some_and(|oldest| oldest <= now) || !was_used && usage.is_idle() {
                return Poll::Ready(());
            }
            self.timer.as_mut().reset(next(now, self.oldest, self.idle));
        }
        Poll::Pending
    }
}

/// When to look next.
fn next(now: Instant, oldest: Option<Instant>, idle: Option<Duration>) -> Instant {
    let look = idle.and_then(|idle| now.checked_add(idle));
    earliest(oldest, look).unwrap_or(now + FOREVER)
}

/// Up to a tenth more or less, so that connections that began together do not end together.
fn jittered(age: Duration) -> Duration {
    let random = RandomState::new().build_hasher().finish();
    let tenth = age / 10;
    let part = u32::try_from(random % 1024).expect("it is less than 1,024");
    age.saturating_sub(tenth).saturating_add(tenth / 512 * part)
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;
    use crate::server::session::track;

    async fn ended(mut expiry: Expiry, usage: &ConnectionUse) -> Duration {
        let start = Instant::now();
        poll_fn(|task| expiry.poll(task, usage)).await;
        start.elapsed()
    }

    const MINUTE: Duration = Duration::from_mins(1);

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_nobody_uses_ends() {
        let (usage, sessions) = track(true, usize::MAX);
        assert_eq!(ended(Expiry::new(None, Some(MINUTE)), &usage).await.as_secs(), 60);
        usage.note_answered();
        assert_eq!(ended(Expiry::new(None, Some(MINUTE)), &usage).await.as_secs(), 120);
        drop(sessions);
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_due_once_its_timer_has_gone_off() {
        let (usage, sessions) = track(true, usize::MAX);
        let mut expiry = Expiry::new(None, Some(MINUTE));
        assert!(poll_fn(|task| Poll::Ready(expiry.poll(task, &usage))).await.is_pending());
        assert!(!expiry.is_due());
        tokio::time::sleep(2 * MINUTE).await;
        assert!(expiry.is_due());
        drop(sessions);
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_used_has_its_age() {
        let (usage, sessions) = track(true, usize::MAX);
        // More than hold it when nothing is under way.
        let calls = vec![usage.clone(); 5];
        let age = ended(Expiry::new(Some(10 * MINUTE), Some(MINUTE)), &usage).await.as_secs();
        assert!((540..=660).contains(&age), "{age}");
        drop((calls, sessions));
    }
}
