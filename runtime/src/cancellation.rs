//! When a call is over.

use std::sync::atomic::{AtomicU8, Ordering};

use tokio::sync::Notify;

/// The life of one call, from its arrival until its last message is out or nobody waits for it any more.
#[derive(Default)]
pub(crate) struct Lifetime {
    state: AtomicU8,
    waiting: Notify,
}

const OVER: u8 = 1;
/// Somebody has waited for the end, or is about to.
const AWAITED: u8 = 2;

impl Lifetime {
    pub(crate) fn end(&self) {
        // Nearly always nobody waits.
        if self.state.fetch_or(OVER, Ordering::AcqRel) & AWAITED != 0 {
            self.waiting.notify_waiters();
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.state.load(Ordering::Acquire) & OVER != 0
    }

    pub(crate) async fn over(&self) {
        // The order matters: an end that does not see this comes before the check, and a `Notified` that exists before the
        // check misses no `notify_waiters`.
        self.state.fetch_or(AWAITED, Ordering::AcqRel);
        let notified = self.waiting.notified();
        if !self.is_over() {
            notified.await;
        }
    }
}
