//! When a call is over, or a server is told to stop.

use std::sync::atomic::{AtomicU8, Ordering};

use tokio::sync::Notify;

/// A signal that is given once: the end of a call, or the word to a server that it shall stop.
///
/// A call has one, and nearly nobody waits for it: a token that nobody waits for costs one atomic operation.
#[derive(Default)]
pub(crate) struct CancellationToken {
    state: AtomicU8,
    waiting: Notify,
}

const CANCELLED: u8 = 1;
/// Somebody has waited for the signal, or is about to.
const AWAITED: u8 = 2;

impl CancellationToken {
    /// Gives the signal.
    pub(crate) fn cancel(&self) {
        if self.state.fetch_or(CANCELLED, Ordering::AcqRel) & AWAITED != 0 {
            self.waiting.notify_waiters();
        }
    }

    /// Whether the signal was given.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.state.load(Ordering::Acquire) & CANCELLED != 0
    }

    /// Resolves once the signal is given.
    pub(crate) async fn cancelled(&self) {
        // The order matters: a `cancel` that does not see this comes before the check, and a `Notified` that exists before
        // the check misses no `notify_waiters`.
        self.state.fetch_or(AWAITED, Ordering::AcqRel);
        let notified = self.waiting.notified();
        if !self.is_cancelled() {
            notified.await;
        }
    }
}
