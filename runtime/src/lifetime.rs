//! When a call is over.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// The life of one call, from its arrival until its last message is out or nobody waits for it any more.
#[derive(Default)]
pub(crate) struct Lifetime {
    over: AtomicBool,
    waiting: Notify,
}

impl Lifetime {
    pub(crate) fn end(&self) {
        self.over.store(true, Ordering::Release);
        self.waiting.notify_waiters();
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    pub(crate) async fn over(&self) {
        // The order matters: a `Notified` that exists before the check misses no `notify_waiters`.
        let notified = self.waiting.notified();
        if !self.is_over() {
            notified.await;
        }
    }
}
