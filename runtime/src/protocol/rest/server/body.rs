//! The body of a request, as a whole.

use std::pin::Pin;
use std::task::{Context as Task, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http_body::Body as _;
use tokio::time::{Sleep, sleep};

use super::options::Options;
use crate::bridge::{Code, Status};
use crate::call::{Body, CallError};

/// Gathers a body, which is not copied if it comes in one piece.
#[derive(Default)]
pub(crate) struct BodyCollector {
    first: Bytes,
    /// All pieces, once there is more than one.
    joined: BytesMut,
    /// Set only if there is something to wait for.
    alarm: Option<Pin<Box<Sleep>>>,
}

impl BodyCollector {
    /// For this body, unless it says that it is too large.
    pub(crate) fn new(body: &Body, options: &Options) -> Result<Self, CallError> {
        let limit = options.max_body_size;
        if body.size_hint().lower() > limit as u64 { Err(too_large(limit)) } else { Ok(Self::default()) }
    }

    /// All of the body. It is asked no more once it has answered.
    pub(crate) fn poll(
        &mut self,
        task: &mut Task<'_>,
        body: &mut Body,
        options: &Options,
    ) -> Poll<Result<Bytes, CallError>> {
        while !body.is_end_stream() {
            let Poll::Ready(frame) = Pin::new(&mut *body).poll_frame(task) else {
                let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep(options.body_timeout)));
                ready!(alarm.as_mut().poll(task));
                return Poll::Ready(Err(too_slow(options.body_timeout)));
            };
            match frame.transpose().map_err(broken)? {
                None => break,
                // Trailers of a request say nothing that anyone asked for.
                Some(frame) => self.add(frame.into_data().unwrap_or_default()),
            }
            if self.len() > options.max_body_size {
                return Poll::Ready(Err(too_large(options.max_body_size)));
            }
        }
        Poll::Ready(Ok(self.take()))
    }

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

    fn take(&mut self) -> Bytes {
        if self.joined.is_empty() {
            std::mem::take(&mut self.first)
        } else {
            std::mem::take(&mut self.joined).freeze()
        }
    }
}

/// A body beyond the limit.
#[cold]
pub(crate) fn too_large(limit: usize) -> CallError {
    let status = Status::resource_exhausted(format!("the body has more than {limit} bytes"));
    CallError::with_http(StatusCode::PAYLOAD_TOO_LARGE, status)
}

/// A body that takes too long.
#[cold]
pub(crate) fn too_slow(limit: Duration) -> CallError {
    let status = Status::deadline_exceeded(format!("the body took more than {limit:?} to arrive"));
    CallError::with_http(StatusCode::REQUEST_TIMEOUT, status)
}

/// A body that breaks off, or is not what its coding says.
#[cold]
fn broken(status: Status) -> CallError {
    match status.code() {
        Code::InvalidArgument | Code::ResourceExhausted => status.into(),
        _ => Status::cancelled("the body of the request broke off").into(),
    }
}
