//! What the interceptors of a call want to see of it.

use std::any::TypeId;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::time::Instant;

use super::Message;
use crate::Context;
use crate::bridge::Status;
use crate::deadline;
use crate::message::AnyMessage;
use crate::sight::{Caller, Seen, Side};

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
    is_over: AtomicBool,
    /// What counts the messages, where anything does. On a client it is told how the call ends, too.
    seen: Option<Arc<Seen>>,
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
            is_over: AtomicBool::new(false),
            seen: None,
        }
    }

    /// What tells of the call, if anything does.
    #[cfg(feature = "client")]
    pub(crate) fn seen(&self) -> Option<&Arc<Seen>> {
        self.seen.as_ref()
    }

    /// The same, whose messages are counted.
    pub(crate) fn seen_by(mut self, seen: Option<Arc<Seen>>) -> Self {
        self.seen = seen;
        self
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
        // What counts is what is on the network.
        self.count(Side::Server, message, Seen::request);
        lock(&self.requests).iter_mut().try_for_each(|hook| hook(&mut Message::new(message)))?;
        self.count(Side::Client, message, Seen::request);
        Ok(())
    }

    /// Shows a response.
    pub(crate) fn respond(&self, message: &mut dyn AnyMessage) -> Result<(), Status> {
        self.count(Side::Client, message, Seen::response);
        lock(&self.responses).iter_mut().rev().try_for_each(|hook| hook(&mut Message::new(message)))?;
        self.count(Side::Server, message, Seen::response);
        Ok(())
    }

    fn count(&self, side: Side, message: &dyn AnyMessage, count: fn(&Seen, usize)) {
        if let Some(seen) = &self.seen
            && seen.side() == side
        {
            count(seen, message.wire_len());
        }
    }

    /// Tells how the call ended, if that was not told.
    pub(crate) fn end(&self, status: &Status) {
        if self.is_over.swap(true, Ordering::Relaxed) {
            return;
        }
        let hooks = std::mem::take(&mut *lock(&self.ends));
        for hook in hooks.into_iter().rev() {
            hook(status);
        }
        if let Some(seen) = &self.seen
            && seen.side() == Side::Client
        {
            seen.ended(status.code());
            seen.finish(&Caller::default());
        }
    }
}

impl Shared {
    /// Tells that nobody waits for the call any more, if its end was not told.
    pub(crate) fn abandon(&self) {
        if self.is_over.load(Ordering::Relaxed) {
            return;
        }
        let is_late = self.deadline.is_some_and(|deadline| deadline <= Instant::now());
        self.end(&if is_late { deadline::exceeded() } else { Status::cancelled("the call was given up") });
    }
}

/// Whoever waits for a call. Its drop is the end of the call, whoever else has to do with it.
pub(crate) struct Waiting<'a>(Option<&'a Shared>);

impl<'a> Waiting<'a> {
    pub(crate) fn for_end(shared: &'a Shared) -> Self {
        Self(Some(shared))
    }

    /// The end was told, or others wait for it.
    pub(crate) fn end(mut self) {
        self.0 = None;
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let Some(shared) = self.0 {
            shared.abandon();
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.abandon();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, channel};
    use std::time::Duration;

    use super::*;
    use crate::bridge::Code;
    use crate::pb::google::rpc::LocalizedMessage;

    type Text = LocalizedMessage;

    /// A call with two interceptors, the outer one first, and what they are told of its end.
    fn call(ctx: &Context) -> (Shared, Receiver<(&'static str, Code)>) {
        let shared = Shared::new(ctx);
        let (sender, told) = channel();
        for name in ["outer", "inner"] {
            let sender = sender.clone();
            shared.add_end_hook(Box::new(move |status| sender.send((name, status.code())).unwrap()));
        }
        (shared, told)
    }

    fn told(told: &Receiver<(&'static str, Code)>) -> Vec<(&'static str, Code)> {
        told.try_iter().collect()
    }

    #[test]
    fn an_end_is_told_once_and_first_to_the_inner_one() {
        let (shared, ends) = call(&Context::new());
        shared.end(&Status::aborted("enough"));
        assert_eq!(told(&ends), [("inner", Code::Aborted), ("outer", Code::Aborted)]);
        shared.end(&Status::ok(""));
        shared.abandon();
        drop(shared);
        assert_eq!(told(&ends), []);
    }

    #[test]
    fn a_call_that_nobody_waits_for_is_given_up() {
        let given_up = [("inner", Code::Cancelled), ("outer", Code::Cancelled)];
        let (shared, ends) = call(&Context::new());
        drop(Waiting::for_end(&shared));
        assert_eq!(told(&ends), given_up);
        let (shared, ends) = call(&Context::new());
        Waiting::for_end(&shared).end();
        assert_eq!(told(&ends), [], "others wait for it");
        drop(shared);
        assert_eq!(told(&ends), given_up, "but not for ever");
    }

    #[tokio::test(start_paused = true)]
    async fn who_leaves_at_the_deadline_was_late() {
        let second = Duration::from_secs(1);
        for (waits, code) in [(second / 2, Code::Cancelled), (second, Code::DeadlineExceeded)] {
            let (shared, ends) = call(&Context::new().with_timeout(second));
            tokio::time::advance(waits).await;
            shared.abandon();
            assert_eq!(told(&ends), [("inner", code), ("outer", code)]);
        }
    }

    #[test]
    fn requests_come_from_outside_and_responses_from_inside() {
        let shared = Shared::new(&Context::new());
        for name in ["outer", "inner"] {
            let hook = move |message: &mut Message<'_>| {
                message.downcast_mut::<Text>().unwrap().message.push_str(name);
                Ok(())
            };
            shared.add_request_hook(Box::new(hook));
            shared.add_response_hook(Box::new(hook));
        }
        let mut message = Text::default();
        shared.request(&mut message).unwrap();
        assert_eq!(message.message, "outerinner");
        let mut message = Text::default();
        shared.respond(&mut message).unwrap();
        assert_eq!(message.message, "innerouter");
    }

    #[test]
    fn a_hook_that_fails_is_the_last_one() {
        let shared = Shared::new(&Context::new());
        for add in [Shared::add_request_hook, Shared::add_response_hook] {
            add(&shared, Box::new(|_| Err(Status::aborted("no"))));
        }
        let passes = |message: &mut Message<'_>| {
            message.downcast_mut::<Text>().unwrap().message.push('x');
            Ok(())
        };
        shared.add_request_hook(Box::new(passes));
        let mut message = Text::default();
        assert_eq!(shared.request(&mut message).unwrap_err().code(), Code::Aborted);
        assert_eq!(shared.respond(&mut message).unwrap_err().code(), Code::Aborted);
        assert_eq!(message.message, "");
    }
}
