//! What a body is that is not JSON, for the words of an error.

use http::HeaderMap;
use http::header::CONTENT_TYPE;

use crate::protocol::rest::negotiate::URLENCODED;
use crate::transcode::forms::Forms;

/// What a form is called that has no files.
const FORM: &str = "a form";

/// Why a body that is `what` is not taken, by a method that takes JSON and these forms.
pub(crate) fn refusal(what: &str, forms: Option<&Forms>) -> String {
    let takes = match forms {
        None => "JSON",
        Some(Forms { urlencoded: true, .. }) if what == FORM => {
            return format!("it is {what}, but its `Content-Type` is not {URLENCODED}");
        }
        Some(Forms { multipart: false, .. }) => "JSON or a URL-encoded form",
        Some(Forms { urlencoded: false, .. }) => "JSON or a multipart form",
        Some(_) => "JSON or a form",
    };
    format!("it is {what}, not {takes}")
}

/// What a body is that could not be read as JSON, if that is easy to tell.
pub(crate) fn name(headers: &HeaderMap, body: &[u8]) -> Option<&'static str> {
    if body.starts_with(b"\x1f\x8b") || body.starts_with(b"\x28\xb5\x2f\xfd") {
        return Some("compressed data without a `Content-Encoding`");
    }
    let text = body.trim_ascii_start();
    if begins_json(text) {
        return None;
    }
    let declared = headers.get(CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
    let is = |media_type: &str| {
        let head = declared.get(..media_type.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(media_type.as_bytes()))
    };
    // Of a message of a stream the type is not known; a boundary begins so.
    if is("multipart/") || text.starts_with(b"--") {
        Some("a multipart form")
    } else if text.starts_with(b"<") {
        Some("HTML or XML")
    } else if is(URLENCODED) || is_form(text) {
        Some(FORM)
    } else if std::str::from_utf8(body).is_err() {
        Some("binary data")
    } else {
        Some("plain text")
    }
}

/// Whether a text begins as some JSON does.
fn begins_json(text: &[u8]) -> bool {
    let literal = |name: &[u8]| {
        let next = text.get(name.len());
        text.starts_with(name)
            && !next.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"_=&".contains(byte))
    };
    match text {
        [] | [b'{' | b'[' | b'"' | b'0'..=b'9', ..] | [b'-', b'0'..=b'9', ..] => true,
        _ => [&b"null"[..], b"true", b"false"].into_iter().any(literal),
    }
}

/// Whether a text is `name=value&...`.
fn is_form(text: &[u8]) -> bool {
    let name = text.split(|&byte| byte == b'=').next().unwrap_or_default();
    name.len() < text.len()
        && !name.is_empty()
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_.-[]%+".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_told_apart() {
        for (content_type, body, expected) in [
            ("", &b"{"[..], None),
            ("application/x-www-form-urlencoded", b"{\"a\":1", None),
            ("", b" [1,", None),
            ("", b"nul", Some("plain text")),
            ("", b"null x", None),
            ("", b"name=x", Some("a form")),
            ("", b"null=x", Some("a form")),
            ("application/X-WWW-form-urlencoded; charset=utf-8", b"x", Some("a form")),
            ("multipart/form-data; boundary=x", b"--x\r\n", Some("a multipart form")),
            ("", b"------WebKitFormBoundary", Some("a multipart form")),
            ("text/html", b"\n<html>", Some("HTML or XML")),
            ("text/plain", b"hello = you", Some("plain text")),
            ("", b"\x1f\x8b\x08", Some("compressed data without a `Content-Encoding`")),
            ("application/json", b"\x28\xb5\x2f\xfd", Some("compressed data without a `Content-Encoding`")),
            ("", b"\xff\x00", Some("binary data")),
            ("", b"", None),
        ] {
            let mut headers = HeaderMap::new();
            if !content_type.is_empty() {
                headers.insert(CONTENT_TYPE, content_type.parse().unwrap());
            }
            assert_eq!(name(&headers, body), expected, "{content_type} {body:?}");
        }
    }
}
