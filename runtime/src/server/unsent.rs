//! How much the responses of a connection hold that its client has not taken.

use std::future::poll_fn;
use std::mem::take;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::{Context as Task, Poll, Waker};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::timeout;

use crate::peer::Outbox;

/// Up to here nobody counts what a response holds: a connection has only so many streams. In bytes.
pub(super) const SMALL: usize = 16 << 10;

/// From here on a connection that has this much unsent waits with new requests and with messages of streams. In bytes.
const PAUSE: usize = 16 << 20;

/// How long a call waits for a client that takes nothing of the responses before it.
const PATIENCE: Duration = Duration::from_secs(1);

/// What the responses of a connection hold that was not sent yet.
pub(super) struct Unsent {
    /// In bytes.
    limit: usize,
    bytes: AtomicUsize,
    /// How often the client has taken something.
    taken: AtomicUsize,
    /// Whether somebody waits for it to become less.
    awaited: AtomicBool,
    waiting: Mutex<Vec<Waker>>,
}

impl Unsent {
    pub(super) fn new(limit: usize) -> Self {
        let (bytes, taken) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { limit, bytes, taken, awaited: AtomicBool::new(false), waiting: Mutex::default() }
    }

    /// Whether more should wait.
    #[inline]
    pub(super) fn is_much(&self) -> bool {
        self.bytes.load(Ordering::Relaxed) >= PAUSE
    }

    /// Whether so many bytes more are within the limit. What is alone always is.
    #[inline]
    pub(super) fn has_room(&self, bytes: usize) -> bool {
        bytes <= SMALL || {
            let held = self.bytes.load(Ordering::Relaxed);
            held == 0 || held.saturating_add(bytes) <= self.limit
        }
    }

    /// Waits until it is not much.
    pub(super) fn poll_less(&self, task: &mut Task<'_>) -> Poll<()> {
        if !self.is_much() {
            return Poll::Ready(());
        }
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever waits may be woken for something else, as often as its client likes.
        if !waiting.iter().any(|waker| waker.will_wake(task.waker())) {
            waiting.push(task.waker().clone());
        }
        drop(waiting);
        self.awaited.store(true, Ordering::SeqCst);
        // It may have become less in between.
        if self.is_much() { Poll::Pending } else { Poll::Ready(()) }
    }

    pub(super) fn add(&self, bytes: usize) {
        self.bytes.fetch_add(bytes, Ordering::SeqCst);
    }

    /// Notes that the client has taken something of what is held, or that it cannot yet. What is given up is not taken.
    pub(super) fn note_taken(&self) {
        self.taken.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn subtract(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::SeqCst);
        if self.awaited.load(Ordering::SeqCst) && !self.is_much() {
            self.awaited.store(false, Ordering::SeqCst);
            for waker in take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner)) {
                waker.wake();
            }
        }
    }
}

impl Outbox for Unsent {
    fn has_room(&self, bytes: usize) -> bool {
        Self::has_room(self, bytes)
    }

    fn hold(&self, bytes: usize) {
        self.add(bytes);
    }

    fn release(&self, bytes: usize) {
        self.subtract(bytes);
    }

    fn is_much(&self) -> bool {
        Self::is_much(self)
    }

    fn becomes_less(&self) -> BoxFuture<'_, bool> {
        Box::pin(async {
            loop {
                let taken = self.taken.load(Ordering::Relaxed);
                if timeout(PATIENCE, poll_fn(|task| self.poll_less(task))).await.is_ok() {
                    return true;
                }
                if self.taken.load(Ordering::Relaxed) == taken {
                    return false;
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use tokio::time::{Instant, sleep};

    use super::*;

    #[test]
    fn who_waits_is_woken_when_it_is_less() {
        let unsent = Unsent::new(usize::MAX);
        unsent.add(PAUSE + SMALL);
        let mut wait = std::pin::pin!(std::future::poll_fn(|task| unsent.poll_less(task)));
        assert!(wait.as_mut().now_or_never().is_none());
        unsent.subtract(SMALL);
        assert!(wait.as_mut().now_or_never().is_none());
        assert_eq!(unsent.waiting.lock().unwrap().len(), 1, "it waits once, however often it asks");
        unsent.subtract(1);
        assert!(wait.now_or_never().is_some());
    }

    #[test]
    fn what_is_alone_or_small_has_room() {
        let unsent = Unsent::new(2 << 20);
        assert!(unsent.has_room(1 << 30));
        unsent.hold(1 << 20);
        assert!(unsent.has_room(SMALL));
        assert!(unsent.has_room(1 << 20) && !unsent.has_room((1 << 20) + 1));
        unsent.hold(1 << 20);
        assert!(unsent.has_room(SMALL) && !unsent.has_room(SMALL + 1));
        unsent.release(1 << 20);
        assert!(unsent.has_room(1 << 20));
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_something_is_waited_for() {
        let unsent = Unsent::new(usize::MAX);
        assert!(unsent.becomes_less().await);
        unsent.add(PAUSE + 2 * SMALL);
        let start = Instant::now();
        // What is given up meanwhile does not count.
        let gives_up = async {
            sleep(PATIENCE / 2).await;
            unsent.subtract(1);
        };
        assert!(!tokio::join!(unsent.becomes_less(), gives_up).0);
        assert_eq!(start.elapsed(), PATIENCE);
        let takes = async {
            for _ in 0..3 {
                sleep(PATIENCE * 3 / 4).await;
                unsent.note_taken();
                unsent.subtract(SMALL);
            }
        };
        let (became_less, ()) = tokio::join!(unsent.becomes_less(), takes);
        assert!(became_less);
    }
}
