//! Errors as HTTP responses.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue, Response};

use super::details::Details;
use super::error_body::{ErrorBody, ErrorResponse};
use super::headers;
use super::options::{Options, RestSettings};
use super::respond::NOSNIFF;
use crate::Context;
use crate::bridge::{Status, StatusExt as _};
use crate::call::{Body, CallError};
use crate::method::MethodInfo;
use crate::protocol::rest::negotiate::{self, Media, PROBLEM, PROTOBUF};

/// The response of an error that came up before there was a call of `method`, or without one.
#[cold]
pub(crate) fn respond(
    error: &CallError,
    request: &HeaderMap,
    method: Option<&'static MethodInfo>,
    options: &Options,
) -> Response<Body> {
    let ErrorBody { content_type, body } =
        body(&ErrorResponse { error, request, method, in_stream: false }, options);
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = error.http_status();
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    if let Some(delay) = error.status.get_details_retry_info().and_then(|info| info.retry_delay) {
        let seconds = delay.as_secs() + u64::from(delay.subsec_nanos() > 0);
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    response
}

/// The body of an error: what the user's function makes of it, or else the form that the client would like to have.
fn body(error: &ErrorResponse<'_>, options: &Options) -> ErrorBody {
    if let Some(body) = options.write_error.as_ref().and_then(|write| write.body(error)) {
        return body;
    }
    let details = Details::of(error.status());
    if negotiate::wants_problem(error.request) {
        ErrorBody::new(PROBLEM, details.problem(error.http_status()))
    } else if Media::accepted(error.request) == Media::Protobuf {
        ErrorBody::new(PROTOBUF, details.protobuf())
    } else {
        ErrorBody::json(details.json())
    }
}

/// The response of an error of a call, with what its handler had to say besides.
#[cold]
pub(crate) fn respond_within(error: &CallError, ctx: &Context, settings: &RestSettings) -> Response<Body> {
    let mut response = respond(error, ctx.metadata().as_ref(), ctx.method(), &settings.options);
    headers::send(ctx, error.status.metadata().as_ref(), &settings.options, response.headers_mut());
    let headers = response.headers_mut();
    if error.http == 401 && !headers.contains_key(WWW_AUTHENTICATE) {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// A status that ends a stream of JSON: as the user's function has it, or else as `google.rpc.Status`.
#[cold]
pub(crate) fn json_in_stream(status: &Status, ctx: &Context, options: &Options) -> Bytes {
    let written = options.write_error.as_ref().and_then(|write| {
        let request = ctx.metadata();
        let error = CallError::from(status.clone());
        let (request, method) = (request.as_ref(), ctx.method());
        write.body(&ErrorResponse { error: &error, request, method, in_stream: true })
    });
    written.map_or_else(|| Details::of(status).json().into(), |written| written.body)
}

/// A status as `google.rpc.Status`, in protobuf.
pub(crate) fn status_protobuf(status: &Status) -> Vec<u8> {
    Details::of(status).protobuf()
}
