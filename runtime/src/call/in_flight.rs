//! How many calls a server has under way.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::bridge::{Code, Status};
use crate::error::wire;

/// When a caller that is refused may try again.
pub(crate) const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Counts the calls whose handlers run, up to a limit.
#[derive(Debug)]
pub(crate) struct InFlight {
    limit: usize,
    running: AtomicUsize,
}

impl InFlight {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, running: AtomicUsize::new(0) }
    }

    /// A place for one more call.
    ///
    /// # Errors
    /// `RESOURCE_EXHAUSTED`, with the time after which to try again, if there are as many as there may be.
    #[inline]
    pub(crate) fn enter(&self) -> Result<CallPermit<'_>, Status> {
        // What is refused leaves its place, too.
        let place = CallPermit(&self.running);
        if self.running.fetch_add(1, Ordering::Relaxed) < self.limit { Ok(place) } else { Err(self.full()) }
    }

    #[cold]
    fn full(&self) -> Status {
        tracing::debug!(limit = self.limit, "a call is refused: too many are under way");
        let message = format!("the server has {} calls under way, as many as it takes", self.limit);
        wire::retry_after(Code::ResourceExhausted, message, RETRY_AFTER)
    }
}

/// The place of a call, until it is dropped.
pub(crate) struct CallPermit<'a>(&'a AtomicUsize);

impl Drop for CallPermit<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_when_it_is_full_may_try_again() {
        let calls = InFlight::new(2);
        let (first, _second) = (calls.enter().unwrap(), calls.enter().unwrap());
        for _ in 0..3 {
            let Err(status) = calls.enter() else { panic!("there are two already") };
            assert_eq!(status.code(), Code::ResourceExhausted);
            assert!(crate::error::is_retryable(&status));
        }
        drop(first);
        assert!(calls.enter().is_ok());
    }
}
