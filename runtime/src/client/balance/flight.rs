//! Calls under way: that there are so many, and how they end for their endpoint.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Task, Poll, ready};

use bytes::Bytes;
use http::{HeaderMap, Response};
use http_body::{Frame, SizeHint};
use tokio::time::Instant;

use super::member::{Calls, Member};
use crate::bridge::{Code, Status};
use crate::call::{Body, BoxError, Guard};
use crate::protocol::client::Unprocessed;

/// A call that is under way to an endpoint, up to the end of its response.
pub(super) struct Flight {
    member: Arc<Member>,
    calls: Arc<Calls>,
    /// Whether it matters how it ends.
    is_judged: bool,
    verdict: Verdict,
    /// When it is over in any case.
    deadline: Option<Instant>,
}

/// What a call says of its endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// Nothing so far. If the deadline passes it is a failure.
    Open,
    /// Nothing at all.
    None,
    Success,
    Failure,
}

impl Flight {
    #[inline]
    pub(super) fn new(member: Arc<Member>, is_judged: bool, deadline: Option<Instant>) -> Self {
        let calls = Arc::clone(&member.calls);
        Self { member, calls, is_judged, verdict: Verdict::Open, deadline }
    }

    /// The endpoint has answered.
    #[inline]
    pub(super) fn answered(mut self, response: Response<Body>) -> Response<Body> {
        if !self.is_judged {
            let calls: Arc<dyn Guard> = Arc::clone(&self.calls) as _;
            return response.map(|body| body.guarded(calls));
        }
        self.verdict = judge_head(&response);
        response.map(|body| Body::new(Observed { body, flight: Some(self) }))
    }

    /// The endpoint has not begun with it.
    pub(super) fn untouched(mut self) -> Arc<Member> {
        self.verdict = Verdict::None;
        Arc::clone(&self.member)
    }

    /// The connection broke, or what came was no HTTP. That a server does not begin with a request is no failure.
    pub(super) fn failed(mut self, error: &BoxError) {
        self.verdict = if error.is::<Unprocessed>() { Verdict::None } else { Verdict::Failure };
    }
}

impl Drop for Flight {
    #[inline]
    fn drop(&mut self) {
        if self.is_judged {
            let is_late = || self.deadline.is_some_and(|deadline| deadline <= Instant::now());
            match self.verdict {
                Verdict::Success => self.member.succeeded(),
                Verdict::Open if !is_late() => {}
                Verdict::None => {}
                Verdict::Failure | Verdict::Open => {
                    let row = self.member.failed();
                    if let Some(observer) = self.member.observer.upgrade() {
                        observer.saw_failures(&self.member, row);
                    }
                }
            }
        }
    }
}

/// What the head of a response tells.
fn judge_head(response: &Response<Body>) -> Verdict {
    match response.status().as_u16() {
        // What a server does not know is no fault of its.
        501 => Verdict::Success,
        500.. => Verdict::Failure,
        200 => judge_status(response.headers()).unwrap_or(Verdict::Open),
        _ => Verdict::Success,
    }
}

/// What a status of gRPC tells, if there is one.
fn judge_status(headers: &HeaderMap) -> Option<Verdict> {
    let code = Code::from_bytes(headers.get("grpc-status")?.as_bytes());
    Some(if is_failure(code) { Verdict::Failure } else { Verdict::Success })
}

/// Whether an endpoint does not do what it should if a call ends like that.
fn is_failure(code: Code) -> bool {
    matches!(
        code,
        Code::Unavailable | Code::Internal | Code::Unknown | Code::DataLoss | Code::DeadlineExceeded
    )
}

/// The body of a response, whose end is that of the call.
struct Observed {
    body: Body,
    flight: Option<Flight>,
}

impl Observed {
    fn end(&mut self, verdict: impl FnOnce() -> Verdict) {
        if let Some(mut flight) = self.flight.take()
            && flight.is_judged
            && flight.verdict == Verdict::Open
        {
            flight.verdict = verdict();
        }
    }
}

impl http_body::Body for Observed {
    type Data = Bytes;
    type Error = Status;

    #[inline]
    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let polled = ready!(Pin::new(&mut self.body).poll_frame(task));
        match &polled {
            Some(Ok(frame)) => {
                if let Some(trailers) = frame.trailers_ref() {
                    self.end(|| judge_status(trailers).unwrap_or(Verdict::Success));
                }
            }
            Some(Err(_)) => self.end(|| Verdict::Failure),
            None => self.end(|| Verdict::Success),
        }
        Poll::Ready(polled)
    }

    #[inline]
    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    #[inline]
    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn head(status: u16, grpc: Option<&'static str>) -> Verdict {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        if let Some(code) = grpc {
            response.headers_mut().insert("grpc-status", http::HeaderValue::from_static(code));
        }
        judge_head(&response)
    }

    #[test]
    fn an_endpoint_fails_by_what_is_its_fault() {
        for status in [500, 502, 503, 504, 599] {
            assert_eq!(head(status, None), Verdict::Failure, "{status}");
        }
        for status in [204, 304, 400, 404, 429, 501] {
            assert_eq!(head(status, None), Verdict::Success, "{status}");
        }
        assert_eq!(head(200, None), Verdict::Open);
        for (code, verdict) in [
            ("0", Verdict::Success),
            ("2", Verdict::Failure),
            ("4", Verdict::Failure),
            ("5", Verdict::Success),
            ("8", Verdict::Success),
            ("12", Verdict::Success),
            ("13", Verdict::Failure),
            ("14", Verdict::Failure),
            ("15", Verdict::Failure),
        ] {
            assert_eq!(head(200, Some(code)), verdict, "{code}");
        }
    }
}
