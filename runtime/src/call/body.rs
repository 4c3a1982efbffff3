//! The body of a response, from whoever answers to the connection.

use std::convert::Infallible;
use std::fmt;
use std::mem::take;
use std::pin::Pin;
use std::task::{Context as Task, Poll};

use crate::bridge::Status;
use bytes::Bytes;
use http::Response;
use http_body::{Frame, SizeHint};
use http_body_util::Full;
use tonic::body::Body;

use crate::protocol::grpc::server::GrpcFuture;

/// The body of a response.
///
/// Most are there as a whole: these need no box, as tonic's have one.
#[derive(Debug)]
pub enum Payload {
    /// Bytes that are there, or nothing any more.
    Whole(Bytes),
    /// What comes as it comes.
    Streamed(Body),
}

impl From<Body> for Payload {
    fn from(body: Body) -> Self {
        Self::Streamed(body)
    }
}

impl From<Payload> for Body {
    fn from(payload: Payload) -> Self {
        match payload {
            Payload::Whole(bytes) => Self::new(Full::new(bytes)),
            Payload::Streamed(body) => body,
        }
    }
}

impl Default for Payload {
    fn default() -> Self {
        Self::Whole(Bytes::new())
    }
}

impl http_body::Body for Payload {
    type Data = Bytes;
    type Error = Status;

    #[inline]
    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        match &mut *self {
            Self::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(take(bytes))))),
            Self::Streamed(body) => Pin::new(body).poll_frame(task),
        }
    }

    #[inline]
    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_empty(),
            Self::Streamed(body) => body.is_end_stream(),
        }
    }

    #[inline]
    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Streamed(body) => body.size_hint(),
        }
    }
}

/// An answer with such a body.
pub(crate) type PayloadFuture = Pin<Box<dyn Future<Output = Result<Response<Payload>, Infallible>> + Send>>;

/// An answer of any service.
pub enum Answering {
    /// With a body of tonic's.
    Grpc(GrpcFuture),
    /// With one of ours.
    Own(PayloadFuture),
}

impl Future for Answering {
    type Output = Result<Response<Payload>, Infallible>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Self::Output> {
        match &mut *self {
            Self::Own(answer) => answer.as_mut().poll(task),
            Self::Grpc(answer) => {
                answer.as_mut().poll(task).map(|answer| answer.map(|response| response.map(Payload::from)))
            }
        }
    }
}

impl fmt::Debug for Answering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answering").finish_non_exhaustive()
    }
}

/// The answer of a tower service, as tonic's and others' are.
#[derive(Debug)]
#[must_use = "nothing is answered until it is polled"]
pub struct Answer<F>(pub(crate) F);

impl<F> Future for Answer<F>
where
    F: Future<Output = Result<Response<Payload>, Infallible>> + Unpin,
{
    type Output = Result<Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(task).map(|answer| answer.map(|response| response.map(Body::from)))
    }
}
