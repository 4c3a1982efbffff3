//! What tonic is spared of a server's answer: it stops with a panic at error details that are no base64.

use std::pin::Pin;
use std::task::{Context as Task, Poll, ready};

use crate::bridge::MetadataMap;
use crate::bridge::Status;
use bytes::Bytes;
use futures_util::future::{FutureExt, Map};
use http::{HeaderMap, Request, Response};
use http_body::{Frame, SizeHint};
use tonic::body::Body;
use tonic::transport::{Channel, Error};
use tower_service::Service;

/// The metadata that holds an error's details, as an encoded `google.rpc.Status`.
const DETAILS: &str = "grpc-status-details-bin";

/// A channel whose answers have details that can be read, or none.
#[derive(Clone)]
pub(crate) struct Guarded(pub(crate) Channel);

type Answer = Result<Response<Body>, Error>;

impl Service<Request<Body>> for Guarded {
    type Response = Response<Checked>;
    type Error = Error;
    type Future =
        Map<<Channel as Service<Request<Body>>>::Future, fn(Answer) -> Result<Response<Checked>, Error>>;

    fn poll_ready(&mut self, task: &mut Task<'_>) -> Poll<Result<(), Error>> {
        self.0.poll_ready(task)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        self.0.call(request).map(|answer| {
            answer.map(|mut response| {
                check(response.headers_mut());
                response.map(Checked)
            })
        })
    }
}

/// The body of an answer; what is looked at are its trailers.
#[derive(Debug)]
pub(crate) struct Checked(Body);

impl http_body::Body for Checked {
    type Data = Bytes;
    type Error = Status;

    #[inline]
    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let mut frame = ready!(Pin::new(&mut self.0).poll_frame(task));
        if let Some(Ok(frame)) = &mut frame
            && let Some(trailers) = frame.trailers_mut()
        {
            check(trailers);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

/// Takes details away that tonic's own decoder refuses. Code and message of the error stay.
fn check(headers: &mut HeaderMap) {
    let Some(details) = headers.get(DETAILS) else { return };
    let metadata = MetadataMap::from_headers(HeaderMap::from_iter([(
        http::HeaderName::from_static(DETAILS),
        details.clone(),
    )]));
    if metadata.get_bin(DETAILS).is_none_or(|value| value.to_bytes().is_err()) {
        tracing::warn!("a server sent error details that are no base64; they are left out");
        headers.remove(DETAILS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_read_is_left() {
        for (text, stays) in [
            ("CAUSBG5vcGU", true),
            ("CAUSBG5vcGU=", true),
            ("", true),
            ("not base64!", false),
            ("A", false),
            ("QQ===", false),
            ("\u{fffd}", false),
        ] {
            let mut headers = HeaderMap::new();
            let value = http::HeaderValue::from_bytes(text.as_bytes()).expect("a header");
            headers.insert("grpc-status", http::HeaderValue::from_static("5"));
            headers.insert(DETAILS, value);
            check(&mut headers);
            assert_eq!(headers.contains_key(DETAILS), stays, "{text}");
            // It does not panic.
            assert!(Status::from_header_map(&headers).is_some(), "{text}");
        }
    }
}
