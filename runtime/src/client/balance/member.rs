//! An endpoint of a channel: its connections, and what its calls tell of it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};

use http::uri::Authority;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::endpoint::Endpoint;
use super::outlier::{Counts, Ejection};
use crate::call::Guard;
use crate::client::attempts::State;
use crate::client::host::Host;

/// Who is told how an endpoint is.
pub(super) trait Observer: Send + Sync {
    /// The state of its connections.
    fn saw_state(&self, member: &Arc<Member>, state: &State);

    /// What its health check says.
    fn saw_health(&self, member: &Arc<Member>, is_healthy: bool);

    /// Several calls have failed one after the other.
    fn saw_failures(&self, member: &Arc<Member>, in_row: u32);
}

/// What the calls of an endpoint hold.
pub(super) struct Calls;

impl Guard for Calls {}

/// An endpoint, as those who call it have it.
pub(super) struct Member {
    pub(super) host: Host,
    /// What requests name as their server, if it is not what the channel says.
    pub(super) authority: Option<Authority>,
    /// Held by each of its calls, up to the end of its response, so that their number is known.
    pub(super) calls: Arc<Calls>,
    /// Somebody wants it to be connected.
    pub(super) wanted: Notify,
    pub(super) observer: Weak<dyn Observer>,
    successes: AtomicU32,
    failures: AtomicU32,
    /// How many failures there were since the last success.
    row: AtomicU32,
}

impl Member {
    pub(super) fn new(host: Host, authority: Option<Authority>, observer: Weak<dyn Observer>) -> Self {
        Self {
            host,
            authority,
            calls: Arc::new(Calls),
            wanted: Notify::new(),
            observer,
            successes: AtomicU32::new(0),
            failures: AtomicU32::new(0),
            row: AtomicU32::new(0),
        }
    }

    /// How many calls are under way.
    #[inline]
    pub(super) fn in_flight(&self) -> usize {
        // The one that is not a call's is this.
        Arc::strong_count(&self.calls) - 1
    }

    /// A call has ended well, as far as the endpoint is concerned.
    #[inline]
    pub(super) fn succeeded(&self) {
        self.successes.fetch_add(1, Ordering::Relaxed);
        if self.row.load(Ordering::Relaxed) > 0 {
            self.row.store(0, Ordering::Relaxed);
        }
    }

    /// A call has failed at it; how many did in a row.
    #[cold]
    pub(super) fn failed(&self) -> u32 {
        self.failures.fetch_add(1, Ordering::Relaxed);
        self.row.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// How its calls ended since this was asked last.
    pub(super) fn take_counts(&self) -> Counts {
        let take = |counter: &AtomicU32| counter.swap(0, Ordering::Relaxed);
        Counts { successes: take(&self.successes), failures: take(&self.failures) }
    }

    /// It is out, or back: what was before does not count any more.
    pub(super) fn forget_row(&self) {
        self.row.store(0, Ordering::Relaxed);
    }
}

/// What the balancer knows of an endpoint.
pub(super) struct Entry {
    pub(super) endpoint: Endpoint,
    pub(super) member: Arc<Member>,
    pub(super) phase: Phase,
    /// What the health check says; `None` until it has said something.
    pub(super) healthy: Option<bool>,
    pub(super) ejection: Ejection,
    pub(super) is_wanted: bool,
    #[allow(dead_code, reason = "it ends with the entry")]
    pub(super) tending: Tending,
}

/// Whether an endpoint can be sent to.
#[derive(Clone, Debug)]
pub(super) enum Phase {
    Idle,
    Connecting,
    Ready,
    /// It stays so until there is a connection, whatever is tried meanwhile. The text says why.
    Failed(Arc<str>),
}

/// A task that ends with its owner.
pub(super) struct Tending(pub(super) AbortHandle);

impl Drop for Tending {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Entry {
    pub(super) fn is_ready(&self) -> bool {
        matches!(self.phase, Phase::Ready)
    }

    /// Whether it is connected, and says that it serves, if it is asked.
    pub(super) fn is_serving(&self, is_asked: bool) -> bool {
        self.is_ready() && (!is_asked || self.healthy == Some(true))
    }

    /// Whether nothing is to be expected of it for now.
    pub(super) fn is_hopeless(&self) -> bool {
        matches!(self.phase, Phase::Failed(_)) || self.is_ready() && self.healthy == Some(false)
    }

    /// Has it connected if nobody did so before.
    pub(super) fn want(&mut self) {
        if !std::mem::replace(&mut self.is_wanted, true) {
            self.member.wanted.notify_one();
        }
    }
}
