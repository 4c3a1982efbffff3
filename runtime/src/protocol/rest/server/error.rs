//! Errors as HTTP responses.

use std::fmt;
use std::sync::Arc;

use crate::bridge::{Code, Status};
use crate::bridge::{ErrorDetails, StatusExt as _, pb};
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use prost::Message;
use prost_types::Any;

use crate::Context;
use crate::call::body::Payload;
use crate::call::dispatch::sent;
use crate::error;
use crate::error::{MethodError, code_name};
use crate::json;
use crate::protocol::rest::headers;
use crate::protocol::rest::negotiate;
use crate::protocol::rest::negotiate::{JSON, Media, PROBLEM, PROTOBUF};
use crate::protocol::rest::server::options::Settings;

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
    #[cold]
    pub(crate) fn bad_request(field: &str, what: &str, message: String) -> Self {
        let details = ErrorDetails::with_bad_request_violation(field, what);
        Status::with_error_details(Code::InvalidArgument, message, details).into()
    }

    /// A handler's error.
    #[cold]
    pub(crate) fn of<E: MethodError>(ctx: &Context, error: E) -> Self {
        let http = error.http_status();
        let status = sent(ctx, error);
        Self { http: Fault::http(&status).unwrap_or(http), status }
    }

    /// A status that remembers its HTTP status on the way through a handler.
    #[cold]
    pub(crate) fn into_status(self) -> Status {
        let Self { mut status, http } = self;
        if http != error::http_status(status.code()) {
            status.set_source(Arc::new(Fault(http)));
        }
        status
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        let http = Fault::http(&status).unwrap_or_else(|| error::http_status(status.code()));
        Self { status, http }
    }
}

/// A fault of the request that a handler met while it read a stream, by its HTTP status.
#[derive(Debug)]
struct Fault(u16);

impl Fault {
    fn http(status: &Status) -> Option<u16> {
        let source = std::error::Error::source(status)?;
        source.downcast_ref().map(|Self(http)| *http)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the request is at fault: {}", self.0)
    }
}

impl std::error::Error for Fault {}

/// The response of a failure that came up before there was a call.
#[cold]
pub(crate) fn respond(failure: &Failure, request: &HeaderMap) -> Response<Payload> {
    let Failure { status, http } = failure;
    let details = Details::of(status);
    let (media_type, body) = if negotiate::wants_problem(request) {
        (PROBLEM, details.problem(*http))
    } else if Media::accepted(request) == Media::Protobuf {
        (PROTOBUF, details.0.encode_to_vec())
    } else {
        (JSON, details.json())
    };
    let mut response = Response::new(Payload::Whole(body.into()));
    *response.status_mut() = StatusCode::from_u16(*http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    if let Some(delay) = status.get_details_retry_info().and_then(|info| info.retry_delay) {
        let seconds = delay.as_secs() + u64::from(delay.subsec_nanos() > 0);
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    response
}

/// The response of a failure of a call, with what its handler had to say besides.
#[cold]
pub(crate) fn respond_within(failure: &Failure, ctx: &Context, settings: &Settings) -> Response<Payload> {
    let mut response = respond(failure, ctx.metadata().as_ref());
    headers::send(ctx, failure.status.metadata().as_ref(), &settings.options, response.headers_mut());
    let headers = response.headers_mut();
    if failure.http == 401 && !headers.contains_key(WWW_AUTHENTICATE) {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// A status as `google.rpc.Status`, in JSON.
pub(crate) fn status_json(status: &Status) -> Vec<u8> {
    Details::of(status).json()
}

/// A status as `google.rpc.Status`, in protobuf.
pub(crate) fn status_protobuf(status: &Status) -> Vec<u8> {
    Details::of(status).0.encode_to_vec()
}

/// A status with its details.
struct Details(pb::Status);

impl Details {
    fn of(status: &Status) -> Self {
        let details = pb::Status::decode(status.details()).unwrap_or_default().details;
        Self(pb::Status { code: status.code() as i32, message: status.message().to_owned(), details })
    }

    fn json(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(128);
        out.extend_from_slice(b"{\"code\":");
        out.extend_from_slice(itoa::Buffer::new().format(self.0.code).as_bytes());
        out.extend_from_slice(b",\"message\":");
        push_text(&self.0.message, &mut out);
        self.push_details(&mut out);
        out
    }

    /// A problem document, by RFC 9457.
    fn problem(&self, http: u16) -> Vec<u8> {
        let code = code_name(Code::from_i32(self.0.code));
        let title = StatusCode::from_u16(http).ok().and_then(|http| http.canonical_reason());
        let mut out = Vec::with_capacity(128);
        out.extend_from_slice(b"{\"type\":\"about:blank\",\"title\":");
        push_text(title.unwrap_or(code), &mut out);
        out.extend_from_slice(b",\"status\":");
        out.extend_from_slice(itoa::Buffer::new().format(http).as_bytes());
        out.extend_from_slice(b",\"detail\":");
        push_text(&self.0.message, &mut out);
        out.extend_from_slice(b",\"code\":");
        push_text(code, &mut out);
        self.push_details(&mut out);
        out
    }

    /// Adds the details and closes the object.
    fn push_details(&self, out: &mut Vec<u8>) {
        for (index, detail) in self.0.details.iter().enumerate() {
            out.extend_from_slice(if index == 0 { b",\"details\":[" } else { b"," });
            match json::to_vec(detail) {
                Ok(text) => out.extend(text),
                Err(_) => push_opaque(detail, out),
            }
        }
        out.extend_from_slice(if self.0.details.is_empty() { b"}" } else { b"]}" });
    }
}

/// A detail whose type is not known here: its bytes, so that the others are not lost for its sake.
fn push_opaque(detail: &Any, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"@type\":");
    push_text(&detail.type_url, out);
    out.extend_from_slice(b",\"value\":");
    out.extend(json::to_vec(&detail.value).unwrap_or_default());
    out.push(b'}');
}

fn push_text(text: &str, out: &mut Vec<u8>) {
    out.extend(json::to_vec(&text.to_owned()).unwrap_or_default());
}
