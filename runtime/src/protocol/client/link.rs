//! What the request stream of a call and whoever waits for its response know of each other.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context as Task, Poll};

use futures_util::task::AtomicWaker;

use crate::bridge::Status;

/// The caller's end. Its drop is the end of the call: a request stream that pauses would keep a call open of which nobody
/// waits for the response any more, and one that ends then would pass for a whole one.
pub(crate) struct CallerLink {
    link: Arc<Link>,
    /// Whether the caller has left with it.
    is_owner: bool,
}

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
    (CallerLink { link: Arc::clone(&link), is_owner: true }, RequestLink(link))
}

impl CallerLink {
    /// The link for one attempt of several: the caller stays when it is dropped.
    pub(crate) fn lent(&self) -> Self {
        Self { link: Arc::clone(&self.link), is_owner: false }
    }

    /// Waits for an error of the request stream.
    pub(crate) fn poll_error(&self, task: &mut Task<'_>) -> Poll<Status> {
        self.link.caller.register(task.waker());
        match self.take_error() {
            Some(status) => Poll::Ready(status),
            None => Poll::Pending,
        }
    }

    /// The error of the request stream, if it has failed.
    pub(crate) fn take_error(&self) -> Option<Status> {
        self.link.error.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for CallerLink {
    fn drop(&mut self) {
        if self.is_owner {
            self.link.left.store(true, Ordering::Release);
            self.link.requests.wake();
        }
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

#[cfg(test)]
mod tests {
    use std::pin::Pin;

    use futures_util::FutureExt as _;
    use http_body::Body as _;

    use super::*;
    use crate::method::{MethodInfo, MethodKind};
    use crate::protocol::client::ClientSettings;
    use crate::protocol::client::requests::{EnvelopeForm, Requests};
    use crate::{Context, RequestStream};

    static INFO: MethodInfo = MethodInfo::new("a.B", "C", "/a.B/C", MethodKind::ClientStreaming);

    /// The length of the next frame, if there is one already.
    fn frame(body: &mut crate::call::Body) -> Poll<Option<Result<usize, Status>>> {
        let mut task = Task::from_waker(std::task::Waker::noop());
        let frame = Pin::new(body).poll_frame(&mut task);
        frame.map_ok(|frame| frame.into_data().expect("there are no trailers").len())
    }

    #[test]
    fn who_has_left_has_not_come_to_the_end() {
        let requests = Box::new(RequestStream::<()>::from_iter([]));
        let (mut body, caller) = Requests::body(
            requests,
            EnvelopeForm::of(&ClientSettings::default()),
            &INFO,
            &Context::new(),
            &ClientSettings::default(),
        );
        drop(caller);
        assert!(matches!(frame(&mut body), Poll::Ready(Some(Err(_)))));
        assert!(matches!(frame(&mut body), Poll::Ready(None)));
    }

    #[test]
    fn messages_that_are_there_go_out_at_once() {
        let (sender, requests) = RequestStream::<()>::channel(4);
        let settings = ClientSettings::default();
        let (mut body, caller) = Requests::body(
            Box::new(requests),
            EnvelopeForm::of(&settings),
            &INFO,
            &Context::new(),
            &settings,
        );
        assert!(frame(&mut body).is_pending());
        for _ in 0..3 {
            sender.send(()).now_or_never().unwrap().unwrap();
        }
        assert!(matches!(frame(&mut body), Poll::Ready(Some(Ok(15)))));
        assert!(!body.is_end_stream());
        sender.fail(Status::data_loss("lost")).now_or_never().unwrap().unwrap();
        assert!(matches!(frame(&mut body), Poll::Ready(Some(Err(_)))));
        assert_eq!(caller.take_error().unwrap().code(), crate::Code::DataLoss);
        assert!(body.is_end_stream());
    }
}
