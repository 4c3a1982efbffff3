//! The body of a request over HTTP/2.

use std::pin::Pin;
use std::task::{Context as Task, Poll};

use bytes::Bytes;
use http_body::{Body as _, Frame};

use crate::bridge::Status;
use crate::call::Body;

/// The body of a request. Its length is not told: the envelopes in it say as much, and a header less is sent. Hyper moves
/// it around with every request, so that it is small.
pub(super) enum RequestBody {
    /// Bytes that are there, until they are sent.
    Whole(Bytes),
    Other(Box<Body>),
}

impl RequestBody {
    /// How many bytes of it wait to be sent.
    #[inline]
    pub(super) fn waits(&self) -> usize {
        match self {
            Self::Whole(bytes) => bytes.len(),
            Self::Other(body) => usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX),
        }
    }
}

impl From<Body> for RequestBody {
    fn from(body: Body) -> Self {
        match body.into_whole() {
            Ok(bytes) => Self::Whole(bytes),
            Err(body) => Self::Other(Box::new(body)),
        }
    }
}

impl From<RequestBody> for Body {
    fn from(body: RequestBody) -> Self {
        match body {
            RequestBody::Whole(bytes) => bytes.into(),
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
        }
    }

    #[inline]
    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_empty(),
            Self::Other(body) => body.is_end_stream(),
        }
    }
}
