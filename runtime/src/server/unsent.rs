//! How much the responses of a connection hold that its client has not taken.

use std::mem::take;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::{Context as Task, Poll, Waker};

/// Up to here nobody counts what a response holds: a connection has only so many streams. In bytes.
pub(super) const SMALL: usize = 16 << 10;

/// From here on a connection that has this much unsent waits with new requests and with messages of streams. In bytes.
const PAUSE: usize = 16 << 20;

/// What the responses of a connection hold that was not sent yet.
#[derive(Default)]
pub(super) struct Unsent {
    bytes: AtomicUsize,
    /// Whether somebody waits for it to become less.
    awaited: AtomicBool,
    waiting: Mutex<Vec<Waker>>,
}

impl Unsent {
    /// Whether more should wait.
    #[inline]
    pub(super) fn is_much(&self) -> bool {
        self.bytes.load(Ordering::Relaxed) >= PAUSE
    }

    /// Whether so many bytes more are within the limit. What is alone always is.
    #[inline]
    pub(super) fn has_room(&self, bytes: usize, limit: usize) -> bool {
        bytes <= SMALL || {
            let held = self.bytes.load(Ordering::Relaxed);
            held == 0 || held.saturating_add(bytes) <= limit
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

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn who_waits_is_woken_when_it_is_less() {
        let unsent = Unsent::default();
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
        let unsent = Unsent::default();
        assert!(unsent.has_room(1 << 30, 1 << 20));
        unsent.add(1 << 20);
        assert!(unsent.has_room(SMALL, 1 << 20));
        assert!(!unsent.has_room(SMALL + 1, 1 << 20));
        assert!(unsent.has_room(1 << 20, 2 << 20));
    }
}
