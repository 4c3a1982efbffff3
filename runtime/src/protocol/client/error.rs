//! What goes wrong below messages, as a status.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, StatusCode};

use super::Unprocessed;
use crate::bridge::{Code, Status};
use crate::call::BoxError;
use crate::metadata;

/// The code of a response that tells nothing but its HTTP status
/// ([gRPC](https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md) and
/// [Connect](https://connectrpc.com/docs/protocol/#http-to-error-code) have the same).
pub(crate) fn code_of_http(status: StatusCode) -> Code {
    match status.as_u16() {
        400 => Code::Internal,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::Unimplemented,
        429 | 502..=504 => Code::Unavailable,
        _ => Code::Unknown,
    }
}

/// A response that tells nothing but its HTTP status.
#[cold]
pub(crate) fn http_error(status: StatusCode) -> Status {
    Status::new(code_of_http(status), format!("the server answered with HTTP status {status}"))
}

/// A response of another media type.
#[cold]
pub(crate) fn unexpected(code: Code, media_type: &str) -> Status {
    Status::new(code, format!("the server answered with content of type {:?}", shown(media_type)))
}

/// As much of what a server sent as belongs into the text of an error.
pub(crate) fn shown(text: &str) -> &str {
    &text[..text.floor_char_boundary(SHOWN)]
}

/// What [`shown`] lets through, in bytes.
const SHOWN: usize = 200;

/// Response headers or trailers beyond the limit.
#[cold]
pub(crate) fn too_many_headers() -> Status {
    Status::resource_exhausted("the response has more headers or trailers than the limit allows")
}

/// A response whose content is not what it should be: the code of a request like that means the caller.
#[cold]
pub(crate) fn unreadable(status: Status) -> Status {
    match status.code() {
        Code::InvalidArgument => Status::internal(format!("the response: {}", status.message())),
        _ => status,
    }
}

/// An error of the transport before the head of the response.
#[cold]
pub(crate) fn transport_error(error: BoxError) -> Status {
    if let Some(status) = find::<Status>(&*error) {
        return status.clone();
    }
    let mut status = if is_oversize(&*error) { too_many_headers() } else { describe(&*error) };
    status.set_source(Arc::from(error));
    status
}

/// An error of the body of a response: the code that a body gives it says little.
#[cold]
pub(crate) fn body_error(status: Status) -> Status {
    let Some(source) = status.source() else { return status };
    let mut described = describe(source);
    described.set_source(Arc::new(status));
    described
}

/// An error of a connection as a status
/// ([gRPC over HTTP/2](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#errors)).
fn describe(error: &(dyn Error + 'static)) -> Status {
    let reason = innermost(error);
    if is_too_large(error, reason) {
        return too_many_headers();
    }
    match find::<h2::Error>(error) {
        Some(error) if error.is_reset() => {
            Status::new(code_of_reset(error.reason()), format!("the call was reset: {reason}"))
        }
        _ => Status::unavailable(format!("there is no connection to the server: {reason}")),
    }
}

/// Whether it is that of HTTP/1.1 about a head or trailers beyond the limit.
fn is_too_large(error: &(dyn Error + 'static), reason: &(dyn Error + 'static)) -> bool {
    // Hyper tells them apart for servers alone, so that their texts have to do.
    let is_head = |error: &hyper::Error| error.is_parse() && error.to_string().starts_with(HEAD_TOO_LARGE);
    find::<hyper::Error>(error).is_some_and(is_head) || reason.to_string().starts_with(TRAILERS_TOO_LARGE)
}

/// How hyper begins to say that a head has too many bytes or too many headers.
const HEAD_TOO_LARGE: &str = "message head is too large";
/// The same of trailers.
const TRAILERS_TOO_LARGE: &str = "chunk trailers";

/// Whether it is what h2 makes of a head beyond its limit. It says the same of one that is malformed, which is much rarer.
fn is_oversize(error: &(dyn Error + 'static)) -> bool {
    find::<h2::Error>(error).is_some_and(|error| {
        error.is_reset() && error.is_library() && error.reason() == Some(h2::Reason::PROTOCOL_ERROR)
    })
}

fn code_of_reset(reason: Option<h2::Reason>) -> Code {
    match reason {
        Some(h2::Reason::REFUSED_STREAM) => Code::Unavailable,
        Some(h2::Reason::CANCEL) => Code::Cancelled,
        Some(h2::Reason::ENHANCE_YOUR_CALM) => Code::ResourceExhausted,
        Some(h2::Reason::INADEQUATE_SECURITY) => Code::PermissionDenied,
        Some(h2::Reason::STREAM_CLOSED | h2::Reason::HTTP_1_1_REQUIRED) | None => Code::Unknown,
        Some(_) => Code::Internal,
    }
}

/// Whether a server was reached that has not begun with the request of a call, by the error of the call.
pub(crate) fn is_refused(status: &Status) -> bool {
    let Some(error) = status.source() else { return false };
    // Where there was no connection there is none of it.
    let Some(of_http2) = find::<h2::Error>(error) else { return false };
    let is_refused = of_http2.is_remote() && of_http2.reason() == Some(h2::Reason::REFUSED_STREAM);
    is_refused || find::<Unprocessed>(error).is_some()
}

/// What a server says of making a call again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pushback {
    Never,
    /// After this time.
    After(Duration),
}

/// What a server says of making a call again, by the metadata of its error.
pub(crate) fn pushback(status: &Status) -> Option<Pushback> {
    let value = AsRef::<HeaderMap>::as_ref(status.metadata()).get(metadata::PUSHBACK)?;
    let millis = value.to_str().ok().and_then(|text| text.parse::<i32>().ok());
    let millis = millis.and_then(|millis| u64::try_from(millis).ok());
    Some(millis.map_or(Pushback::Never, |millis| Pushback::After(Duration::from_millis(millis))))
}

/// The first error of a type among an error and its reasons.
pub(crate) fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    reasons(error).find_map(<dyn Error>::downcast_ref)
}

/// Layers of a transport say little on the way down to the reason.
pub(crate) fn innermost<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    reasons(error).last().unwrap_or(error)
}

fn reasons<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error: &&'a (dyn Error + 'static)| error.source())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_statuses_have_codes() {
        for (status, code) in [
            (200, Code::Unknown),
            (400, Code::Internal),
            (401, Code::Unauthenticated),
            (403, Code::PermissionDenied),
            (404, Code::Unimplemented),
            (418, Code::Unknown),
            (429, Code::Unavailable),
            (500, Code::Unknown),
            (502, Code::Unavailable),
            (503, Code::Unavailable),
            (504, Code::Unavailable),
            (505, Code::Unknown),
            (800, Code::Unknown),
        ] {
            assert_eq!(code_of_http(StatusCode::from_u16(status).unwrap()), code, "{status}");
        }
    }

    #[test]
    fn errors_of_the_transport_have_codes() {
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        assert_eq!(transport_error(refused.into()).code(), Code::Unavailable);
        let inner = Status::deadline_exceeded("x");
        assert_eq!(transport_error(inner.into()).code(), Code::DeadlineExceeded);
        assert_eq!(transport_error(h2::Error::from(h2::Reason::CANCEL).into()).code(), Code::Unavailable);
        assert_eq!(code_of_reset(Some(h2::Reason::REFUSED_STREAM)), Code::Unavailable);
        assert_eq!(code_of_reset(Some(h2::Reason::INTERNAL_ERROR)), Code::Internal);
        assert_eq!(code_of_reset(Some(h2::Reason::HTTP_1_1_REQUIRED)), Code::Unknown);
    }

    #[test]
    fn an_error_shows_some_of_what_a_server_sent() {
        assert_eq!(shown("text/html"), "text/html");
        let long = "ü".repeat(SHOWN);
        assert_eq!(shown(&long), "ü".repeat(SHOWN / 2));
        assert!(unexpected(Code::Unknown, &long).message().len() < 2 * SHOWN);
    }
}
