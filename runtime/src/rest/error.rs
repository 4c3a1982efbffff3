//! Errors as HTTP responses.

use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use prost::Message;
use tonic::body::Body;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use super::options::Settings;
use crate::Context;
use crate::dispatch::sent;
use crate::error::{self, MethodError};
use crate::json;

/// A call that failed, and the HTTP status that says so.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) status: Status,
    pub(crate) http: u16,
}

impl Failure {
    /// A status with an HTTP status of its own.
    pub(crate) fn with_http(http: StatusCode, status: Status) -> Self {
        Self { status, http: http.as_u16() }
    }

    /// A request that is wrong in one place.
    pub(crate) fn bad_request(field: &str, what: &str, message: String) -> Self {
        let details = ErrorDetails::with_bad_request_violation(field, what);
        Status::with_error_details(Code::InvalidArgument, message, details).into()
    }

    /// A handler's error.
    pub(crate) fn of<E: MethodError>(ctx: &Context, error: E) -> Self {
        let http = error.http_status();
        Self { status: sent(ctx, error), http }
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self { http: error::http_status(status.code()), status }
    }
}

/// The response of a failure that came up before there was a call.
pub(crate) fn respond(failure: &Failure, _headers: &HeaderMap, _settings: &Settings) -> Response<Body> {
    let mut response = Response::new(Body::new(Full::from(json_of(&failure.status))));
    *response.status_mut() = StatusCode::from_u16(failure.http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The response of a failure of a call.
pub(crate) fn respond_within(failure: &Failure, ctx: &Context, settings: &Settings) -> Response<Body> {
    respond(failure, ctx.metadata().as_ref(), settings)
}

/// A status as `google.rpc.Status`.
pub(crate) fn json_of(status: &Status) -> Vec<u8> {
    let details = tonic_types::pb::Status::decode(status.details()).unwrap_or_default().details;
    let mut out = Vec::with_capacity(128);
    out.extend_from_slice(b"{\"code\":");
    out.extend_from_slice(itoa::Buffer::new().format(status.code() as i32).as_bytes());
    out.extend_from_slice(b",\"message\":");
    out.extend(json::to_vec(&status.message().to_owned()).unwrap_or_default());
    let mut first = true;
    for detail in &details {
        out.extend_from_slice(if first { b",\"details\":[" } else { b"," });
        first = false;
        out.extend(json::to_vec(detail).unwrap_or_default());
    }
    out.extend_from_slice(if first { b"}" } else { b"]}" });
    out
}
