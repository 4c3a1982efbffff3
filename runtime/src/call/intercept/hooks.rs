//! What the interceptors of a call want to see of it.

use std::any::TypeId;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::time::Instant;

use super::Message;
use crate::Context;
use crate::bridge::Status;
use crate::deadline;
use crate::message::AnyMessage;

type MessageHook = Box<dyn FnMut(&mut Message<'_>) -> Result<(), Status> + Send>;
type EndHook = Box<dyn FnOnce(&Status) + Send>;

/// What interceptors and the streams of a call share. Its end is the end of the call, if nobody has told it before.
pub(crate) struct Shared {
    requests: Mutex<Vec<MessageHook>>,
    responses: Mutex<Vec<MessageHook>>,
    ends: Mutex<Vec<EndHook>>,
    /// The type of responses, once it is known.
    response: OnceLock<TypeId>,
    /// The context that the interceptors have left.
    ctx: OnceLock<Context>,
    deadline: Option<Instant>,
}

/// A hook that panicked does not keep the others from their work.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(crate) fn new(ctx: &Context) -> Self {
        Self {
            requests: Mutex::default(),
            responses: Mutex::default(),
            ends: Mutex::default(),
            response: OnceLock::new(),
            ctx: OnceLock::new(),
            deadline: ctx.instant(),
        }
    }

    pub(super) fn add_request_hook(&self, hook: MessageHook) {
        lock(&self.requests).push(hook);
    }

    pub(super) fn add_response_hook(&self, hook: MessageHook) {
        lock(&self.responses).push(hook);
    }

    pub(super) fn add_end_hook(&self, hook: EndHook) {
        lock(&self.ends).push(hook);
    }

    /// Says what type responses have. A method has one.
    pub(crate) fn responds_with(&self, response: TypeId) {
        let _ = self.response.set(response);
    }

    pub(super) fn response(&self) -> Option<TypeId> {
        self.response.get().copied()
    }

    /// Keeps the context that goes on. There is one work for a call.
    pub(super) fn leave(&self, ctx: Context) {
        let _ = self.ctx.set(ctx);
    }

    pub(super) fn ctx(&self) -> Option<&Context> {
        self.ctx.get()
    }

    /// Shows a request.
    pub(crate) fn request(&self, message: &mut dyn AnyMessage) -> Result<(), Status> {
        let mut message = Message::new(message);
        lock(&self.requests).iter_mut().try_for_each(|hook| hook(&mut message))
    }

    /// Shows a response.
    pub(crate) fn respond(&self, message: &mut dyn AnyMessage) -> Result<(), Status> {
        let mut message = Message::new(message);
        lock(&self.responses).iter_mut().rev().try_for_each(|hook| hook(&mut message))
    }

    /// Tells how the call ended, if that was not told.
    pub(crate) fn end(&self, status: &Status) {
        let hooks = std::mem::take(&mut *lock(&self.ends));
        for hook in hooks.into_iter().rev() {
            hook(status);
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if self.ends.get_mut().unwrap_or_else(PoisonError::into_inner).is_empty() {
            return;
        }
        let is_late = self.deadline.is_some_and(|deadline| deadline <= Instant::now());
        self.end(&if is_late { deadline::exceeded() } else { Status::cancelled("the call was given up") });
    }
}
