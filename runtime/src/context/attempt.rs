//! What attempts at a call do with its context.

use std::sync::Arc;

use tokio::time::Instant;

use super::{Call, Context, Response};
use crate::deadline::earliest;

/// A call that is not made again.
#[derive(Clone, Copy)]
struct OneAttempt;

impl Context {
    /// Whether the call may be made again when it fails. Default: yes, as far as its method and the channel say so.
    ///
    /// ```
    /// let ctx = rsvc::Context::new().with_retries(false);
    /// ```
    #[must_use]
    pub fn with_retries(self, yes: bool) -> Self {
        self.edit(|request| {
            if yes {
                request.extensions.remove::<OneAttempt>();
            } else {
                request.extensions.insert(OneAttempt);
            }
        })
    }
}

/// What attempts at a call do with its context.
impl Context {
    pub(crate) fn has_retries(&self) -> bool {
        self.request().extensions.get::<OneAttempt>().is_none()
    }

    /// The context of one of several attempts: what it brings is its own.
    pub(crate) fn attempt(&self) -> Self {
        let call = Call {
            request: self.request().clone(),
            method: self.call.method,
            parent: Some(self.clone()),
            ..Call::default()
        };
        Self { call: Arc::new(call), request: None }
    }

    /// Takes what an attempt has brought.
    pub(crate) fn take_answer(&self, attempt: &Self) {
        let Some(mut brought) = attempt.answer() else { return };
        *self.response() = std::mem::take(&mut *brought);
    }

    /// The same call, which must be over by `deadline`.
    pub(crate) fn until(self, deadline: Option<Instant>) -> Self {
        if deadline.is_none() || deadline == self.request().deadline {
            return self;
        }
        self.edit(|request| request.deadline = earliest(request.deadline, deadline))
    }

    /// Forgets what an attempt has brought.
    pub(crate) fn forget_answer(&self) {
        if let Some(mut answer) = self.answer() {
            *answer = Response::default();
        }
    }
}
