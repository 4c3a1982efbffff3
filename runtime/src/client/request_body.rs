//! A request over HTTP/2: its body, and what is kept of it until the server has begun with it.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as Task, Poll};

use bytes::Bytes;
use http::Request;
use http::request::Parts;
use http_body::{Body as _, Frame};

use crate::bridge::Status;
use crate::call::Body;

/// The body of a request. Its length is not told: the envelopes in it say as much, and a header less is sent. Hyper moves
/// it around with every request, so that it is small.
pub(super) enum RequestBody {
    /// Bytes that are there, until they are sent.
    Whole(Bytes),
    /// A body that has given nothing yet. Who has sent it may take it back.
    Lent(Arc<Lent>),
    Other(Box<Body>),
}

/// A body of which nothing was sent, unless it is gone.
pub(super) struct Lent(Mutex<Option<Box<Body>>>);

impl Lent {
    fn lock(&self) -> MutexGuard<'_, Option<Box<Body>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RequestBody {
    /// How many bytes of it wait to be sent.
    #[inline]
    pub(super) fn waits(&self) -> usize {
        let lower = |body: &Body| usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
        match self {
            Self::Whole(bytes) => bytes.len(),
            Self::Lent(lent) => lent.lock().as_deref().map_or(0, lower),
            Self::Other(body) => lower(body),
        }
    }

    /// Sends from a body that was lent.
    #[cold]
    fn poll_lent(&mut self, lent: &Lent, task: &mut Task<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let mut slot = lent.lock();
        let Some(mut body) = slot.take() else {
            return Poll::Ready(Some(Err(Status::cancelled("the request is sent again"))));
        };
        let polled = Pin::new(&mut *body).poll_frame(task);
        if polled.is_pending() {
            *slot = Some(body);
        } else {
            *self = Self::Other(body);
        }
        polled
    }
}

impl From<Body> for RequestBody {
    fn from(body: Body) -> Self {
        match body.into_whole() {
            Ok(bytes) => Self::Whole(bytes),
            Err(body) => Self::Lent(Arc::new(Lent(Mutex::new(Some(Box::new(body)))))),
        }
    }
}

impl From<RequestBody> for Body {
    fn from(body: RequestBody) -> Self {
        match body {
            RequestBody::Whole(bytes) => bytes.into(),
            RequestBody::Lent(lent) => *lent.lock().take().expect("it is taken back once"),
            RequestBody::Other(body) => *body,
        }
    }
}

impl http_body::Body for RequestBody {
    type Data = Bytes;
    type Error = Status;

    #[inline]
    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        match &mut *self {
            Self::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::Other(body) => Pin::new(body).poll_frame(task),
            Self::Lent(lent) => {
                let lent = Arc::clone(lent);
                self.poll_lent(&lent, task)
            }
        }
    }

    #[inline]
    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_empty(),
            Self::Lent(lent) => lent.lock().as_deref().is_none_or(http_body::Body::is_end_stream),
            Self::Other(body) => body.is_end_stream(),
        }
    }
}

/// What is kept of a request until its response is there: a server that has not begun with it gets it once more.
///
/// It is for bodies that only their sender can take back. What is there as a whole is not kept: whoever calls has the message,
/// and to copy each head would cost each call.
pub(super) struct Kept {
    head: Parts,
    body: Arc<Lent>,
}

impl Kept {
    /// What is kept of a request.
    #[inline]
    pub(super) fn of(request: &mut Request<RequestBody>) -> Option<Box<Self>> {
        // Nearly no request is moved for it.
        if matches!(request.body(), RequestBody::Lent(_)) { Self::of_lent(request) } else { None }
    }

    #[cold]
    fn of_lent(request: &mut Request<RequestBody>) -> Option<Box<Self>> {
        let RequestBody::Lent(lent) = request.body() else { return None };
        let lent = Arc::clone(lent);
        let (head, body) =
            std::mem::replace(request, Request::new(RequestBody::Whole(Bytes::new()))).into_parts();
        *request = Request::from_parts(head.clone(), body);
        Some(Box::new(Self { head, body: lent }))
    }

    /// The request, if nothing of its body was sent that is not there any more.
    pub(super) fn into_request(self: Box<Self>) -> Option<Request<RequestBody>> {
        // Who it was lent to may still hold it, and shall not go on with it.
        let body = self.body.lock().take()?;
        Some(Request::from_parts(self.head, RequestBody::from(*body)))
    }
}
