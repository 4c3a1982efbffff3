//! A body as a whole.

use std::io;
use std::task::{Context as Task, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http_body::Body as _;

use super::idle::{IdleTimeout, IdleTimer};
use super::{Body, CallError};
use crate::bridge::{Code, Status};

/// Gathers all of a body, which is not copied if it comes in one piece.
pub(crate) struct Collect {
    first: Bytes,
    /// All of the body so far, once there is more than one piece.
    joined: BytesMut,
    limit: usize,
    timeout: Duration,
    idle_timeout: IdleTimeout,
    /// Set only if there is something to wait for.
    timer: Option<Box<IdleTimer>>,
}

impl Collect {
    /// At most `limit` bytes, which arrive within `timeout` and without a pause beyond `idle_timeout`.
    pub(crate) fn new(limit: usize, timeout: Duration, idle_timeout: IdleTimeout) -> Self {
        Self { first: Bytes::new(), joined: BytesMut::new(), limit, timeout, idle_timeout, timer: None }
    }

    /// The bytes, once all of them are there.
    pub(crate) fn poll(&mut self, body: &mut Body, task: &mut Task<'_>) -> Poll<Result<Bytes, CallError>> {
        if body.size_hint().lower() > self.limit as u64 {
            return Poll::Ready(Err(too_large(self.limit)));
        }
        while !body.is_end_stream() {
            let Poll::Ready(data) = body.poll_data(task) else {
                let timer = self
                    .timer
                    .get_or_insert_with(|| IdleTimer::within(self.idle_timeout, self.timeout).into());
                ready!(timer.poll_expired(task));
                return Poll::Ready(Err(timer.stalled()));
            };
            let Some(data) = data.transpose().map_err(broken)? else { break };
            if let Some(timer) = &mut self.timer {
                timer.progress(data.len());
            }
            self.add(data);
            if self.len() > self.limit {
                return Poll::Ready(Err(too_large(self.limit)));
            }
        }
        let whole = if self.joined.is_empty() {
            std::mem::take(&mut self.first)
        } else {
            std::mem::take(&mut self.joined).freeze()
        };
        Poll::Ready(Ok(whole))
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
}

/// A body beyond the limit.
#[cold]
pub(crate) fn too_large(limit: usize) -> CallError {
    let status = Status::resource_exhausted(format!("the body has more than {limit} bytes"));
    CallError::with_http(StatusCode::PAYLOAD_TOO_LARGE, status)
}

/// A body that breaks off, or is not what its coding says.
#[cold]
fn broken(status: Status) -> CallError {
    match status.code() {
        Code::InvalidArgument | Code::ResourceExhausted => status.into(),
        _ => misframed(&status)
            .unwrap_or_else(|| Status::cancelled("the body of the request broke off"))
            .into(),
    }
}

/// What is wrong with the chunks or the trailers of a body that broke off, if that is why.
#[cold]
pub(crate) fn misframed(status: &Status) -> Option<Status> {
    let mut source = std::error::Error::source(status);
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<io::Error>()
            && matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData)
        {
            return Some(Status::invalid_argument(format!("the body of the request: {error}")));
        }
        source = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_body_is_told() {
        for (code, expected) in [
            (Code::InvalidArgument, Code::InvalidArgument),
            (Code::ResourceExhausted, Code::ResourceExhausted),
            (Code::Unknown, Code::Cancelled),
            (Code::Internal, Code::Cancelled),
        ] {
            assert_eq!(broken(Status::new(code, "x")).status.code(), expected, "{code:?}");
        }
        for (kind, expected) in [
            (io::ErrorKind::InvalidData, Code::InvalidArgument),
            (io::ErrorKind::InvalidInput, Code::InvalidArgument),
            (io::ErrorKind::ConnectionReset, Code::Cancelled),
        ] {
            let status = Status::from_error(io::Error::from(kind).into());
            assert_eq!(broken(status).status.code(), expected, "{kind:?}");
        }
    }
}
