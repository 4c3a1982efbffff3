//! The messages of a stream, each shown to the interceptors of its call.

use std::sync::Arc;
use std::task::{Context as Task, Poll, ready};

use super::Shared;
use crate::Context;
use crate::bridge::Status;
use crate::call::CallError;
use crate::call::exchange::Outgoing;
use crate::message::AnyMessage;
use crate::stream::Incoming;

/// Which messages they are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Requests,
    /// Their end is the end of the call.
    Responses,
}

impl Direction {
    fn show(self, shared: &Shared, message: &mut dyn AnyMessage) -> Result<(), Status> {
        match self {
            Self::Requests => shared.request(message),
            Self::Responses => shared.respond(message),
        }
    }

    /// The stream is dropped.
    fn abandon(self, shared: &Shared) {
        if self == Self::Responses {
            shared.abandon();
        }
    }

    fn end(self, shared: &Shared, status: &Status) {
        if self == Self::Responses {
            shared.end(status);
        }
    }
}

/// Messages that arrive.
pub(crate) struct WatchedIncoming {
    inner: Box<dyn Incoming>,
    shared: Arc<Shared>,
    direction: Direction,
}

impl WatchedIncoming {
    /// The requests of a caller.
    #[cfg(feature = "server")]
    pub(super) fn requests(inner: Box<dyn Incoming>, shared: Arc<Shared>) -> Self {
        Self { inner, shared, direction: Direction::Requests }
    }

    /// The responses of a server.
    #[cfg(feature = "client")]
    pub(crate) fn responses(inner: Box<dyn Incoming>, shared: Arc<Shared>) -> Self {
        Self { inner, shared, direction: Direction::Responses }
    }
}

impl Incoming for WatchedIncoming {
    fn poll_ready(&mut self, task: &mut Task<'_>) -> Poll<Option<Result<(), Status>>> {
        let polled = ready!(self.inner.poll_ready(task));
        match &polled {
            Some(Ok(())) => {}
            Some(Err(status)) => self.direction.end(&self.shared, status),
            None => self.direction.end(&self.shared, &Status::ok("")),
        }
        Poll::Ready(polled)
    }

    fn poll_read(&mut self, task: &mut Task<'_>, message: &mut dyn AnyMessage) -> Poll<Result<(), Status>> {
        let read = ready!(self.inner.poll_read(task, message));
        let shown = read.and_then(|()| self.direction.show(&self.shared, message));
        Poll::Ready(shown.inspect_err(|status| self.direction.end(&self.shared, status)))
    }
}

/// Messages on their way out.
pub(crate) struct WatchedOutgoing {
    inner: Box<dyn Outgoing>,
    shared: Arc<Shared>,
    direction: Direction,
    /// What makes the messages is at work: if this stays, it has panicked.
    is_polled: bool,
}

impl WatchedOutgoing {
    /// The requests of a caller.
    #[cfg(feature = "client")]
    pub(crate) fn requests(inner: Box<dyn Outgoing>, shared: Arc<Shared>) -> Self {
        Self { inner, shared, direction: Direction::Requests, is_polled: false }
    }

    /// The responses of a handler.
    pub(crate) fn responses(inner: Box<dyn Outgoing>, shared: Arc<Shared>) -> Self {
        Self { inner, shared, direction: Direction::Responses, is_polled: false }
    }
}

impl Outgoing for WatchedOutgoing {
    fn poll_next(
        &mut self,
        task: &mut Task<'_>,
        ctx: &Context,
        take: &mut dyn FnMut(&mut dyn AnyMessage) -> Result<(), Status>,
    ) -> Poll<Option<Result<(), CallError>>> {
        let Self { inner, shared, direction, is_polled } = self;
        *is_polled = true;
        let polled = inner.poll_next(task, ctx, &mut |message| {
            direction.show(shared, message)?;
            take(message)
        });
        *is_polled = false;
        match &polled {
            Poll::Ready(Some(Err(error))) => direction.end(shared, &error.status),
            Poll::Ready(None) => direction.end(shared, &Status::ok("")),
            Poll::Ready(Some(Ok(()))) | Poll::Pending => {}
        }
        polled
    }
}

impl Drop for WatchedOutgoing {
    fn drop(&mut self) {
        if self.is_polled {
            self.direction.end(&self.shared, &crate::call::error::panicked());
        }
        self.direction.abandon(&self.shared);
    }
}

impl Drop for WatchedIncoming {
    fn drop(&mut self) {
        self.direction.abandon(&self.shared);
    }
}

#[cfg(test)]
#[cfg(all(feature = "client", feature = "server"))]
mod tests {
    use std::sync::Mutex;
    use std::task::Waker;

    use super::super::Message;
    use super::*;
    use crate::bridge::Code;
    use crate::pb::google::rpc::LocalizedMessage;
    use crate::{RequestStream, ResponseStream};

    type Text = LocalizedMessage;

    /// What a stream of messages is polled for: messages, and how it ends.
    struct Scripted(Vec<Option<Status>>);

    impl Incoming for Scripted {
        fn poll_ready(&mut self, _: &mut Task<'_>) -> Poll<Option<Result<(), Status>>> {
            if self.0.is_empty() {
                return Poll::Ready(None);
            }
            Poll::Ready(Some(self.0.remove(0).map_or(Ok(()), Err)))
        }

        fn poll_read(&mut self, _: &mut Task<'_>, message: &mut dyn AnyMessage) -> Poll<Result<(), Status>> {
            let message = message.as_any_mut().downcast_mut::<Text>().unwrap();
            message.message.push_str("read");
            Poll::Ready(Ok(()))
        }
    }

    /// A call, and the code that it ended with, once it has.
    fn call() -> (Arc<Shared>, Arc<Mutex<Option<Code>>>) {
        let shared = Arc::new(Shared::new(&Context::new()));
        let end = Arc::new(Mutex::new(None));
        let told = Arc::clone(&end);
        shared.add_end_hook(Box::new(move |status| *told.lock().unwrap() = Some(status.code())));
        (shared, end)
    }

    type Make = fn(Box<dyn Incoming>, Arc<Shared>) -> WatchedIncoming;

    #[test]
    fn the_end_of_responses_that_arrive_is_that_of_the_call() {
        for (make, is_end) in
            [(WatchedIncoming::responses as Make, true), (WatchedIncoming::requests as Make, false)]
        {
            for (script, code) in
                [(vec![None], Code::Ok), (vec![None, Some(Status::aborted("enough"))], Code::Aborted)]
            {
                let (shared, end) = call();
                let mut task = Task::from_waker(Waker::noop());
                let mut stream = make(Box::new(Scripted(script)), Arc::clone(&shared));
                assert!(matches!(stream.poll_ready(&mut task), Poll::Ready(Some(Ok(())))));
                let mut message = Text::default();
                assert!(matches!(stream.poll_read(&mut task, &mut message), Poll::Ready(Ok(()))));
                assert_eq!((message.message.as_str(), *end.lock().unwrap()), ("read", None));
                assert!(!matches!(stream.poll_ready(&mut task), Poll::Ready(Some(Ok(())))));
                assert_eq!(*end.lock().unwrap(), is_end.then_some(code));
                drop(stream);
                assert_eq!(*end.lock().unwrap(), is_end.then_some(code));
            }
            // One that is dropped before its end.
            let (shared, end) = call();
            drop(make(Box::new(Scripted(vec![None])), Arc::clone(&shared)));
            assert_eq!(*end.lock().unwrap(), is_end.then_some(Code::Cancelled));
        }
    }

    #[test]
    fn a_message_that_arrives_is_shown_and_may_be_refused() {
        for (make, is_end) in
            [(WatchedIncoming::responses as Make, true), (WatchedIncoming::requests as Make, false)]
        {
            let (shared, end) = call();
            shared.add_request_hook(Box::new(|_| Err(Status::aborted("no"))));
            shared.add_response_hook(Box::new(|_| Err(Status::data_loss("no"))));
            let mut stream = make(Box::new(Scripted(vec![None])), Arc::clone(&shared));
            let mut task = Task::from_waker(Waker::noop());
            let Poll::Ready(Err(status)) = stream.poll_read(&mut task, &mut Text::default()) else {
                panic!("it is refused")
            };
            assert_eq!(status.code(), if is_end { Code::DataLoss } else { Code::Aborted });
            assert_eq!(*end.lock().unwrap(), is_end.then_some(Code::DataLoss));
        }
    }

    /// Takes all messages of a stream.
    fn drain(stream: &mut WatchedOutgoing) -> (usize, Option<Code>) {
        let (mut task, ctx) = (Task::from_waker(Waker::noop()), Context::new());
        let mut count = 0;
        let mut take = |message: &mut dyn AnyMessage| {
            assert_eq!(message.as_any().downcast_ref::<Text>().unwrap().message, "shown");
            count += 1;
            Ok(())
        };
        loop {
            match stream.poll_next(&mut task, &ctx, &mut take) {
                Poll::Ready(Some(Ok(()))) => {}
                Poll::Ready(Some(Err(error))) => return (count, Some(error.status.code())),
                Poll::Ready(None) => return (count, Some(Code::Ok)),
                Poll::Pending => return (count, None),
            }
        }
    }

    /// Has the hooks of a call change its messages.
    fn show(shared: &Shared) {
        let shown = |message: &mut Message<'_>| {
            "shown".clone_into(&mut message.downcast_mut::<Text>().unwrap().message);
            Ok(())
        };
        shared.add_request_hook(Box::new(shown));
        shared.add_response_hook(Box::new(shown));
    }

    type MakeOutgoing = fn(Box<dyn Outgoing>, Arc<Shared>) -> WatchedOutgoing;

    #[test]
    fn the_end_of_responses_that_go_out_is_that_of_the_call() {
        let one = || futures_util::stream::iter([Ok::<_, Status>(Text::default())]);
        let failing = || futures_util::stream::iter([Ok(Text::default()), Err(Status::aborted("enough"))]);
        let endless = || {
            let pending = futures_util::stream::pending::<Result<Text, Status>>();
            futures_util::StreamExt::chain(one(), pending)
        };
        let responses: [(Box<dyn Outgoing>, _); 3] = [
            (Box::new(ResponseStream::new(one())), Some(Code::Ok)),
            (Box::new(ResponseStream::new(failing())), Some(Code::Aborted)),
            (Box::new(ResponseStream::new(endless())), None),
        ];
        let requests: [(Box<dyn Outgoing>, _); 3] = [
            (Box::new(RequestStream::new(one())), Some(Code::Ok)),
            (Box::new(RequestStream::new(failing())), Some(Code::Aborted)),
            (Box::new(RequestStream::new(endless())), None),
        ];
        for (make, streams, is_end) in [
            (WatchedOutgoing::responses as MakeOutgoing, responses, true),
            (WatchedOutgoing::requests as MakeOutgoing, requests, false),
        ] {
            for (stream, code) in streams {
                let (shared, end) = call();
                show(&shared);
                let mut stream = make(stream, Arc::clone(&shared));
                assert_eq!(drain(&mut stream), (1, code));
                assert_eq!(*end.lock().unwrap(), code.filter(|_| is_end));
                drop(stream);
                assert_eq!(*end.lock().unwrap(), is_end.then_some(code.unwrap_or(Code::Cancelled)));
            }
        }
    }

    #[test]
    fn what_panics_while_it_makes_messages_has_failed() {
        let (shared, end) = call();
        let panics =
            futures_util::stream::poll_fn(|_| -> Poll<Option<Result<Text, Status>>> { panic!("as asked") });
        let mut stream =
            WatchedOutgoing::responses(Box::new(ResponseStream::new(panics)), Arc::clone(&shared));
        let polled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drain(&mut stream)));
        assert!(polled.is_err());
        drop(stream);
        assert_eq!(*end.lock().unwrap(), Some(Code::Internal));
    }
}
