//! What the request stream of a call and whoever waits for its response know of each other.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context as Task, Poll};

use futures_util::task::AtomicWaker;

use crate::bridge::Status;

/// The caller's end. Its drop is the end of the call: a request stream that pauses would keep a call open of which nobody
/// waits for the response any more, and one that ends then would pass for a whole one.
pub(crate) struct CallerLink(Arc<Link>);

/// The request stream's end.
pub(crate) struct RequestLink(Arc<Link>);

#[derive(Default)]
struct Link {
    /// An error of the request stream, which is the outcome of the call.
    error: Mutex<Option<Status>>,
    caller: AtomicWaker,
    /// Nobody waits for the response any more.
    left: AtomicBool,
    requests: AtomicWaker,
}

pub(crate) fn link() -> (CallerLink, RequestLink) {
    let link = Arc::<Link>::default();
    (CallerLink(Arc::clone(&link)), RequestLink(link))
}

impl CallerLink {
    /// Waits for an error of the request stream.
    pub(crate) fn poll_error(&self, task: &mut Task<'_>) -> Poll<Status> {
        self.0.caller.register(task.waker());
        match self.take_error() {
            Some(status) => Poll::Ready(status),
            None => Poll::Pending,
        }
    }

    /// The error of the request stream, if it has failed.
    pub(crate) fn take_error(&self) -> Option<Status> {
        self.0.error.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for CallerLink {
    fn drop(&mut self) {
        self.0.left.store(true, Ordering::Release);
        self.0.requests.wake();
    }
}

impl RequestLink {
    /// Ends the call with an error.
    pub(crate) fn fail(&self, status: Status) {
        *self.0.error.lock().unwrap_or_else(PoisonError::into_inner) = Some(status);
        self.0.caller.wake();
    }

    /// Whether nobody waits for the response any more. While somebody does, `task` is woken when that changes.
    pub(crate) fn is_abandoned(&self, task: &Task<'_>) -> bool {
        self.0.requests.register(task.waker());
        self.0.left.load(Ordering::Acquire)
    }
}
