//! The body of a request, as a whole.

use std::pin::Pin;
use std::task::{Poll, ready};
use std::time::Duration;

use crate::bridge::{Code, Status};
use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http_body::Body as _;
use tokio::time::sleep;
use tonic::body::Body;

use crate::protocol::rest::server::error::Failure;
use crate::protocol::rest::server::options::Options;

/// All of a body, which is not copied if it comes in one piece.
pub(crate) async fn collect(body: &mut Body, options: &Options) -> Result<Bytes, Failure> {
    let limit = options.max_body_size;
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large(limit));
    }
    let mut whole = Whole::default();
    // The alarm is set only if there is something to wait for.
    let mut alarm = None;
    std::future::poll_fn(|task| {
        while !body.is_end_stream() {
            let Poll::Ready(frame) = Pin::new(&mut *body).poll_frame(task) else {
                let alarm = alarm.get_or_insert_with(|| Box::pin(sleep(options.body_timeout)));
                ready!(alarm.as_mut().poll(task));
                return Poll::Ready(Err(too_slow(options.body_timeout)));
            };
            match frame.transpose().map_err(broken)? {
                None => break,
                // Trailers of a request say nothing that anyone asked for.
                Some(frame) => whole.add(frame.into_data().unwrap_or_default()),
            }
            if whole.len() > limit {
                return Poll::Ready(Err(too_large(limit)));
            }
        }
        Poll::Ready(Ok(()))
    })
    .await?;
    Ok(whole.into_bytes())
}

/// The pieces so far.
#[derive(Default)]
struct Whole {
    first: Bytes,
    /// All of them, once there is more than one.
    joined: BytesMut,
}

impl Whole {
    fn len(&self) -> usize {
        self.first.len().max(self.joined.len())
    }

    fn add(&mut self, data: Bytes) {
        if self.len() == 0 {
            self.first = data;
            return;
        }
        if self.joined.is_empty() {
            self.joined.reserve(self.first.len() + data.len());
            self.joined.extend_from_slice(&self.first);
        }
        self.joined.extend_from_slice(&data);
    }

    fn into_bytes(self) -> Bytes {
        if self.joined.is_empty() { self.first } else { self.joined.freeze() }
    }
}

/// A body beyond the limit.
#[cold]
pub(crate) fn too_large(limit: usize) -> Failure {
    let status = Status::resource_exhausted(format!("the body has more than {limit} bytes"));
    Failure::with_http(StatusCode::PAYLOAD_TOO_LARGE, status)
}

/// A body that takes too long.
#[cold]
pub(crate) fn too_slow(limit: Duration) -> Failure {
    let status = Status::deadline_exceeded(format!("the body took more than {limit:?} to arrive"));
    Failure::with_http(StatusCode::REQUEST_TIMEOUT, status)
}

/// A body that breaks off, or is not what its coding says.
#[cold]
fn broken(status: Status) -> Failure {
    match status.code() {
        Code::InvalidArgument | Code::ResourceExhausted => status.into(),
        _ => Status::cancelled("the body of the request broke off").into(),
    }
}
