//! Bodies that are compressed, by the words of HTTP.

use std::sync::Arc;

use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE,
};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use http_body::Body as _;

use super::options::CompressionOptions;
use crate::bridge::Status;
use crate::call::{Body, CallError};
use crate::etag;
use crate::protocol::accept;
use crate::protocol::caching::add_vary;
use crate::protocol::compression::decode::Decompressed;
use crate::protocol::compression::encode::Compressed;
use crate::protocol::compression::held::{DecoderMemory, DecoderShare};
use crate::protocol::compression::{AcceptedCompressions, Compression};

/// Media types beyond `text/*`, `*+json` and `*+xml` that get smaller.
const COMPRESSIBLE: [&str; 10] = [
    "application/javascript",
    "application/json",
    "application/jsonl",
    "application/protobuf",
    "application/x-javascript",
    "application/x-ndjson",
    "application/x-protobuf",
    "application/xml",
    "application/yaml",
    "image/bmp",
];

/// Compresses a response if that is worth it and the client knows how to read it.
pub(crate) fn response(options: CompressionOptions, request: &HeaderMap, response: &mut Response<Body>) {
    // Most responses are small: nothing else is looked at then.
    let size = response.body().size_hint().exact().unwrap_or(u64::MAX);
    if is_too_small(options, size) || !is_compressible(response) {
        return;
    }
    add_vary(response.headers_mut(), "accept-encoding");
    let Some(coding) = Compression::wanted(request, ACCEPT_ENCODING) else { return };
    let headers = response.headers_mut();
    headers.remove(CONTENT_LENGTH);
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
    etag::add_form(headers, coding.name());
    let body = std::mem::take(response.body_mut());
    *response.body_mut() = Body::holding(Compressed::new(coding, body));
}

/// Whether a response of this size, in bytes, is not worth it.
#[inline]
pub(crate) fn is_too_small(options: CompressionOptions, size: u64) -> bool {
    options.responses_from.is_none_or(|threshold| size < threshold)
}

fn is_compressible(response: &Response<Body>) -> bool {
    let headers = response.headers();
    let is_whole = !matches!(
        response.status(),
        StatusCode::NO_CONTENT | StatusCode::PARTIAL_CONTENT | StatusCode::NOT_MODIFIED
    ) && !response.status().is_informational()
        && !headers.contains_key(CONTENT_RANGE);
    let may_change =
        !headers.contains_key(CONTENT_ENCODING) && !accept::lists(headers, CACHE_CONTROL, "no-transform");
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = accept::essence(media_type).to_ascii_lowercase();
    is_whole
        && may_change
        && (media_type.starts_with("text/")
            || media_type.ends_with("+json")
            || media_type.ends_with("+xml")
            || COMPRESSIBLE.contains(&&*media_type))
}

/// Decompresses the body of a request, if the server allows that; otherwise it stays what it is.
pub(crate) fn request(
    options: CompressionOptions,
    decoders: &Arc<DecoderMemory>,
    headers: &HeaderMap,
    body: &mut Body,
) -> Result<(), CallError> {
    if !options.requests {
        return Ok(());
    }
    let mut codings = accept::entries(headers, CONTENT_ENCODING)
        .map(|(name, _)| name)
        .filter(|name| !name.eq_ignore_ascii_case("identity"));
    match (codings.next(), codings.next()) {
        (None, _) => Ok(()),
        (Some(name), None) if let Some(coding) = Compression::by_name(name) => {
            let share = DecoderShare::new(Arc::clone(decoders));
            *body = Body::new(Decompressed::new(coding, std::mem::take(body), share));
            Ok(())
        }
        (Some(name), more) => {
            let with_more = if more.is_some() { " and another on top" } else { "" };
            let text = format!("no body in the coding `{}`{with_more} is read here", name.escape_debug());
            Err(CallError::with_http(StatusCode::UNSUPPORTED_MEDIA_TYPE, Status::invalid_argument(text)))
        }
    }
}

/// Says what codings a request may have, in the response to one that has another.
pub(crate) fn refuse(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert(ACCEPT_ENCODING, AcceptedCompressions::all().header(|_| true));
    response
}

#[cfg(test)]
mod tests;
