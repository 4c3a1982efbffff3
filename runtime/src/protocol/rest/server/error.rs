//! Errors as HTTP responses.

use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use prost::Message;
use prost_types::Any;

use super::headers;
use super::options::RestSettings;
use super::respond::NOSNIFF;
use crate::Context;
use crate::bridge::{Code, Status, StatusExt as _, pb};
use crate::call::{Body, CallError};
use crate::error::code_name;
use crate::json;
use crate::protocol::rest::negotiate::{self, JSON, Media, PROBLEM, PROTOBUF};

/// The response of a error that came up before there was a call.
#[cold]
pub(crate) fn respond(error: &CallError, request: &HeaderMap) -> Response<Body> {
    let CallError { status, http } = error;
    let details = Details::of(status);
    let (media_type, body) = if negotiate::wants_problem(request) {
        (PROBLEM, details.problem(*http))
    } else if Media::accepted(request) == Media::Protobuf {
        (PROTOBUF, details.0.encode_to_vec())
    } else {
        (JSON, details.json())
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(*http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    if let Some(delay) = status.get_details_retry_info().and_then(|info| info.retry_delay) {
        let seconds = delay.as_secs() + u64::from(delay.subsec_nanos() > 0);
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    response
}

/// The response of an error of a call, with what its handler had to say besides.
#[cold]
pub(crate) fn respond_within(error: &CallError, ctx: &Context, settings: &RestSettings) -> Response<Body> {
    let mut response = respond(error, ctx.metadata().as_ref());
    headers::send(ctx, error.status.metadata().as_ref(), &settings.options, response.headers_mut());
    let headers = response.headers_mut();
    if error.http == 401 && !headers.contains_key(WWW_AUTHENTICATE) {
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
    out.extend(json::to_vec(&detail.value).expect("bytes have JSON"));
    out.push(b'}');
}

fn push_text(text: &str, out: &mut Vec<u8>) {
    out.extend(json::to_vec(&text.to_owned()).expect("a text has JSON"));
}
