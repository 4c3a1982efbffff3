//! What a unary call answers besides its message, and errors.

use http::header::{CONTENT_TYPE, HeaderName, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Response, StatusCode};

use crate::Context;
use crate::bridge::{MetadataMap, Status};
use crate::call::Body;
use crate::error;
use crate::metadata;
use crate::protocol::caching::Caching;
use crate::protocol::connect::{TRAILER_PREFIX, error as wire, unary_media_type};
use crate::protocol::wire::Codec;

/// The response of a call that failed, with what its handler had to say besides.
#[cold]
pub(super) fn refuse(status: Status, caching: Option<&Caching>, ctx: &Context) -> Response<Body> {
    let status = error::limit::fit(status);
    let mut response = failed(&status);
    add_metadata(ctx, response.headers_mut());
    add_error_metadata(ctx, status.metadata(), response.headers_mut());
    add_challenge(&status, response.headers_mut());
    if let Some(caching) = caching {
        caching.refuse(response.headers_mut(), &status);
    }
    response
}

/// Adds what a handler answers besides its message.
pub(super) fn add_metadata(ctx: &Context, headers: &mut HeaderMap) {
    if !ctx.has_answer() {
        return;
    }
    for (key, value) in ctx.answer_headers().as_ref() {
        headers.append(key.clone(), value.clone());
    }
    add_trailers(ctx.answer_trailers().as_ref(), headers);
}

/// Adds what a status brings of its own. A failed call of a client has left the same in the context.
#[cold]
fn add_error_metadata(ctx: &Context, metadata: &MetadataMap, headers: &mut HeaderMap) {
    let (sent, sent_late) = (ctx.answer_headers(), ctx.answer_trailers());
    let is_new = |key: &str| {
        metadata::is_application(key)
            && key != WWW_AUTHENTICATE
            && !sent.as_ref().contains_key(key)
            && !sent_late.as_ref().contains_key(key)
    };
    let mut own = HeaderMap::new();
    metadata::append_selected(metadata.as_ref(), is_new, &mut own);
    add_trailers(&own, headers);
}

fn add_trailers(trailers: &HeaderMap, headers: &mut HeaderMap) {
    for (key, value) in trailers {
        let name = HeaderName::try_from(format!("{TRAILER_PREFIX}{key}")).expect("a longer name is one too");
        headers.append(name, value.clone());
    }
}

/// Adds what is asked for to a response that says that the caller is not known or lacks a scope.
#[cold]
fn add_challenge(status: &Status, headers: &mut HeaderMap) {
    if headers.contains_key(WWW_AUTHENTICATE) {
        return;
    }
    for challenge in status.metadata().as_ref().get_all(WWW_AUTHENTICATE) {
        headers.append(WWW_AUTHENTICATE, challenge.clone());
    }
}

/// The response of a call that failed.
#[cold]
pub(super) fn failed(status: &Status) -> Response<Body> {
    let mut content = Vec::new();
    wire::append(status, &mut content);
    let mut response = Response::new(Body::from(content));
    let http = StatusCode::from_u16(error::http_status(status.code()));
    *response.status_mut() = http.expect("the table has HTTP statuses");
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(unary_media_type(Codec::Json)));
    response
}
