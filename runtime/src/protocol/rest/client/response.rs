//! From an HTTP response to a message or an error.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, ETAG, EXPIRES, LAST_MODIFIED};
use http::response::Parts;
use http::{HeaderMap, HeaderName, StatusCode};
use prost::Message as _;
use prost_types::{Struct, value::Kind};

use crate::bridge::{Code, MetadataMap, Status};
use crate::call::Body;
use crate::json::ReadOptions;
use crate::message::{self, AnyMessage, ReadError};
use crate::metadata;
use crate::pb::google::rpc;
use crate::protocol::client::{ClientCall, MAX_ERROR_SIZE, beginning};
use crate::protocol::rest::{METADATA_PREFIX, TRAILER_PREFIX};
use crate::transcode::binding::Binding;
use crate::transcode::field::BodyField;
use crate::transcode::httpbody;

/// The metadata that headers with this prefix bring.
pub(super) fn with_prefix(headers: &HeaderMap, prefix: &str) -> HeaderMap {
    let key = |name: &HeaderName| {
        let key = name.as_str().strip_prefix(prefix).filter(|key| metadata::is_application(key))?;
        HeaderName::from_bytes(key.as_bytes()).ok()
    };
    let found = headers.iter().filter_map(|(name, value)| Some((key(name)?, value.clone())));
    let mut metadata = HeaderMap::new();
    for (key, value) in found {
        metadata.append(key, value);
    }
    metadata
}

/// Headers that are metadata by their own name: what a caller needs to keep a response.
const OF_CACHES: [HeaderName; 4] = [CACHE_CONTROL, ETAG, EXPIRES, LAST_MODIFIED];

/// Keeps what the headers bring of the call's metadata.
pub(super) fn keep_metadata(call: &ClientCall<'_>, headers: &HeaderMap) {
    let mut kept = with_prefix(headers, METADATA_PREFIX);
    for name in OF_CACHES {
        if let Some(value) = headers.get(&name) {
            kept.insert(name, value.clone());
        }
    }
    call.drop_validity(&mut kept);
    let ctx = &call.ctx;
    ctx.store_headers(MetadataMap::from_headers(kept));
    let trailers = with_prefix(headers, TRAILER_PREFIX);
    if !trailers.is_empty() {
        ctx.store_trailers(MetadataMap::from_headers(trailers));
    }
}

/// Reads a response, by the headers and the body that it has, into `message`, which is empty.
pub(super) fn read(
    binding: &Binding,
    headers: &HeaderMap,
    body: Bytes,
    max_memory: usize,
    message: &mut dyn AnyMessage,
) -> Result<(), Status> {
    let field = binding.response_body.map(|index| BodyField::of(message.table(), index));
    let read = match field {
        None if httpbody::is(message.table()) => {
            return httpbody::read(message, httpbody::received(headers, body));
        }
        Some(field) if httpbody::is_field(field.info()) => {
            return httpbody::read_field(message, field.info(), &httpbody::received(headers, body));
        }
        None if body.is_empty() => return Ok(()),
        None => message.read_text(&body, &options(), max_memory),
        Some(field) => field.read_json(message, &body, &options(), max_memory),
    };
    read.map_err(|error| match error {
        ReadError::Memory(error) => Status::resource_exhausted(error.to_string()),
        error => Status::internal(format!("the response cannot be read: {error}")),
    })
}

/// A newer server may know more than this client.
fn options() -> ReadOptions {
    ReadOptions::new().ignore_unknown(true)
}

/// The error that a response is. A body that cannot be read as one leaves what the HTTP status says.
#[cold]
pub(super) async fn error(head: &Parts, body: Body) -> Status {
    let body = beginning(body, MAX_ERROR_SIZE).await;
    let mut status = status_of(&body).unwrap_or_else(|| {
        let text = String::from_utf8_lossy(&body[..body.len().min(SHOWN)]);
        Status::new(code_of(head.status), format!("the server answers {}: {text}", head.status))
    });
    for prefix in [METADATA_PREFIX, TRAILER_PREFIX] {
        metadata::extend(status.metadata_mut(), &with_prefix(&head.headers, prefix));
    }
    status
}

/// How much of a page that is not an error of ours is shown, in bytes.
const SHOWN: usize = 200;

/// A `google.rpc.Status` in JSON; `None` if it is none.
pub(super) fn status_of(json: &[u8]) -> Option<Status> {
    let options = options();
    // A message that is not UTF-8 must not cost the code.
    let text = String::from_utf8_lossy(json);
    let json = text.as_bytes();
    let status = message::from_json::<rpc::Status>(json, &options).ok().or_else(|| {
        // A detail of a type that is not known here: the rest counts.
        let said = message::from_json::<Struct>(json, &options).ok()?;
        let code = match said.fields.get("code")?.kind.as_ref()? {
            #[allow(clippy::cast_possible_truncation, reason = "what is beyond is not a code")]
            Kind::NumberValue(code) => *code as i32,
            _ => return None,
        };
        let message = match said.fields.get("message").and_then(|message| message.kind.as_ref()) {
            Some(Kind::StringValue(message)) => message.clone(),
            _ => String::new(),
        };
        Some(rpc::Status { code, message, details: Vec::new() })
    })?;
    let code = Code::from_i32(status.code);
    (code != Code::Ok).then(|| {
        let details = if status.details.is_empty() { Vec::new() } else { status.encode_to_vec() };
        Status::with_details(code, status.message, details.into())
    })
}

/// The code of an error that says nothing but its HTTP status.
fn code_of(http: StatusCode) -> Code {
    match http.as_u16() {
        400 => Code::InvalidArgument,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::NotFound,
        408 | 504 => Code::DeadlineExceeded,
        409 => Code::Aborted,
        412 => Code::FailedPrecondition,
        413 | 414 | 429 | 431 => Code::ResourceExhausted,
        405 | 415 | 501 => Code::Unimplemented,
        499 => Code::Cancelled,
        500 => Code::Internal,
        502 | 503 => Code::Unavailable,
        _ => Code::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_read_as_far_as_it_is_one() {
        let unknown = r#""details": [{"@type": "type.googleapis.com/no.Such", "a": 1}]"#;
        for (json, expected) in [
            (r#"{"code": 5, "message": "gone"}"#.to_owned(), Some((Code::NotFound, "gone"))),
            (format!(r#"{{"code": 5, "message": "gone", {unknown}}}"#), Some((Code::NotFound, "gone"))),
            (format!(r#"{{"code": 5, "message": 7, {unknown}}}"#), Some((Code::NotFound, ""))),
            (format!(r#"{{"code": 5, {unknown}}}"#), Some((Code::NotFound, ""))),
            (format!(r#"{{"code": "x", "message": "gone", {unknown}}}"#), None),
            (format!(r#"{{"message": "gone", {unknown}}}"#), None),
            (r#"{"code": 0, "message": "well"}"#.to_owned(), None),
            (r#"{"error": "gone"}"#.to_owned(), None),
            ("<html>".to_owned(), None),
        ] {
            let status = status_of(json.as_bytes());
            let read = status.as_ref().map(|status| (status.code(), status.message()));
            assert_eq!(read, expected, "{json}");
        }
    }
}
