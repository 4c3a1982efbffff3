//! Metadata: the key-value pairs around a call, and which of them travel on.

use std::fmt;

pub use crate::bridge::{Ascii, AsciiMetadataKey, Binary, BinaryMetadataKey, MetadataMap, MetadataValue};
use bytes::Bytes;
use http::HeaderMap;

/// A key or value that metadata cannot hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataError {
    key: String,
    problem: &'static str,
}

impl MetadataError {
    /// The key at fault.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl fmt::Display for MetadataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "metadata `{}`: {}", self.key.escape_debug(), self.problem)
    }
}

impl std::error::Error for MetadataError {}

impl From<MetadataError> for crate::bridge::Status {
    fn from(error: MetadataError) -> Self {
        Self::internal(error.to_string())
    }
}

/// A value of metadata: text for ordinary keys, bytes for keys that end in `-bin`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value {
    /// Printable ASCII and tabs, as headers of HTTP have them.
    Text(String),
    /// Any bytes.
    Binary(Bytes),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Binary(bytes.into())
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Binary(Bytes::copy_from_slice(bytes))
    }
}

impl<const N: usize> From<&[u8; N]> for Value {
    fn from(bytes: &[u8; N]) -> Self {
        Self::Binary(Bytes::copy_from_slice(bytes))
    }
}

impl From<Bytes> for Value {
    fn from(bytes: Bytes) -> Self {
        Self::Binary(bytes)
    }
}

/// Sets `key` to `value`, in place of what was there.
pub(crate) fn set(map: &mut MetadataMap, key: &str, value: Value) -> Result<(), MetadataError> {
    put(map, key, value, false)
}

/// Adds `value` to the values of `key`.
pub(crate) fn append(map: &mut MetadataMap, key: &str, value: Value) -> Result<(), MetadataError> {
    put(map, key, value, true)
}

fn put(map: &mut MetadataMap, key: &str, value: Value, keep: bool) -> Result<(), MetadataError> {
    let fail = |problem| Err(MetadataError { key: key.to_owned(), problem });
    if !is_application(&key.to_ascii_lowercase()) {
        return fail("the key belongs to the protocol");
    }
    match value {
        Value::Text(text) => {
            let Ok(name) = AsciiMetadataKey::from_bytes(key.as_bytes()) else {
                return fail("not a key for text: letters, digits, `-`, `_`, `.`, and no `-bin` at the end");
            };
            let printable = text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t'));
            let (true, Ok(text)) = (printable, text.parse::<MetadataValue<Ascii>>()) else {
                return fail(
                    "the text is not printable ASCII (binary values need a key that ends in `-bin`)",
                );
            };
            if keep {
                map.append(name, text);
            } else {
                map.insert(name, text);
            }
        }
        Value::Binary(bytes) => {
            let Ok(name) = BinaryMetadataKey::from_bytes(key.as_bytes()) else {
                return fail("not a key for bytes: letters, digits, `-`, `_`, `.`, and `-bin` at the end");
            };
            let bytes = MetadataValue::from_bytes(&bytes);
            if keep {
                map.append_bin(name, bytes);
            } else {
                map.insert_bin(name, bytes);
            }
        }
    }
    Ok(())
}

/// The part of `map` that belongs to the application: what a call passes on, and what a handler may answer.
pub(crate) fn application(map: &MetadataMap) -> HeaderMap {
    select_application(map.as_ref())
}

/// The part of `headers` that belongs to the application.
pub(crate) fn select_application(headers: &HeaderMap) -> HeaderMap {
    if headers.is_empty() {
        return HeaderMap::new();
    }
    select(headers, is_application)
}

/// The part of `map` that ties a call to its trace.
pub(crate) fn trace(map: &MetadataMap) -> HeaderMap {
    select(map.as_ref(), is_trace)
}

/// Adds the part of `headers` that belongs to the application to `to`.
pub(crate) fn append_application(headers: &HeaderMap, to: &mut HeaderMap) {
    append_selected(headers, is_application, to);
}

fn select(headers: &HeaderMap, keep: impl Fn(&str) -> bool) -> HeaderMap {
    let mut selected = HeaderMap::new();
    append_selected(headers, keep, &mut selected);
    selected
}

/// Adds the part of `headers` whose keys are kept to `to`.
pub(crate) fn append_selected(headers: &HeaderMap, keep: impl Fn(&str) -> bool, to: &mut HeaderMap) {
    for (key, value) in headers {
        if keep(key.as_str()) {
            to.append(key.clone(), value.clone());
        }
    }
}

/// Adds all of `from` to `to`.
pub(crate) fn extend(to: &mut MetadataMap, from: &HeaderMap) {
    for (key, value) in from {
        to.as_mut().append(key.clone(), value.clone());
    }
}

/// When a server wants a call to be made again, in milliseconds; negative is never
/// ([gRFC A6](https://github.com/grpc/proposal/blob/master/A6-client-retries.md#pushback)).
#[cfg(feature = "client")]
pub(crate) const PUSHBACK: http::HeaderName = http::HeaderName::from_static("grpc-retry-pushback-ms");

/// Whether a key is the application's, and none of HTTP's, gRPC's or Connect's.
pub(crate) fn is_application(key: &str) -> bool {
    match key.strip_prefix("grpc-") {
        // Two names of the trace libraries that predate the reservation of the prefix.
        Some(rest) => matches!(rest, "trace-bin" | "tags-bin"),
        None => !key.starts_with("connect-") && !is_of_hop(key),
    }
}

/// Keys that speak about one hop of HTTP, gRPC or Connect and never about the call itself. It is asked for every header of
/// every call, for which a `match` is faster than a search.
fn is_of_hop(key: &str) -> bool {
    matches!(
        key,
        "accept"
            | "accept-encoding"
            | "connection"
            | "content-encoding"
            | "content-length"
            | "content-type"
            | "date"
            | "expect"
            | "host"
            | "http2-settings"
            | "keep-alive"
            | "proxy-authenticate"
            | "proxy-authorization"
            | "proxy-connection"
            | "server"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
            | "user-agent"
            | "via"
            | "x-grpc-web"
            | "x-user-agent"
    )
}

pub(crate) fn is_trace(key: &str) -> bool {
    matches!(key, "traceparent" | "tracestate" | "grpc-trace-bin" | "b3") || key.starts_with("x-b3-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> MetadataMap {
        let mut headers = HeaderMap::new();
        for (key, value) in pairs {
            headers.append(http::HeaderName::from_bytes(key.as_bytes()).unwrap(), value.parse().unwrap());
        }
        MetadataMap::from_headers(headers)
    }

    #[test]
    fn protocol_keys_stay_behind() {
        let map = map(&[
            ("te", "trailers"),
            ("grpc-timeout", "1S"),
            ("user-agent", "x"),
            ("x-grpc-web", "1"),
            ("connect-timeout-ms", "10"),
            ("authorization", "Bearer t"),
            ("x-many", "1"),
            ("x-many", "2"),
            ("grpc-trace-bin", "AAAA"),
        ]);
        let kept = application(&map);
        let keys: Vec<_> = kept.iter().map(|(key, value)| (key.as_str(), value.to_str().unwrap())).collect();
        assert_eq!(
            keys,
            [("authorization", "Bearer t"), ("x-many", "1"), ("x-many", "2"), ("grpc-trace-bin", "AAAA")]
        );
    }

    #[test]
    fn what_is_of_a_hop_or_a_protocol_is_nobodys_metadata() {
        for key in [
            "accept",
            "accept-encoding",
            "connection",
            "content-encoding",
            "content-length",
            "content-type",
            "date",
            "expect",
            "host",
            "http2-settings",
            "keep-alive",
            "proxy-authenticate",
            "proxy-authorization",
            "proxy-connection",
            "server",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "user-agent",
            "via",
            "x-grpc-web",
            "x-user-agent",
            "grpc-status",
            "grpc-status-details-bin",
            "grpc-trace",
            "grpc-trace-bin2",
            "connect-protocol-version",
        ] {
            assert!(!is_application(key), "{key}");
        }
        let ours = [
            "authorization",
            "cookie",
            "grpc",
            "grpc-tags-bin",
            "grpc-trace-bin",
            "x-forwarded-for",
            "x-bin",
        ];
        assert!(ours.into_iter().all(is_application));
        let traces = ["b3", "grpc-trace-bin", "traceparent", "tracestate", "x-b3-spanid"];
        assert!(traces.into_iter().all(is_trace));
        assert!(!["b", "b3x", "grpc-tags-bin", "x-b3", "trace"].into_iter().any(is_trace));
    }

    #[test]
    fn a_value_is_replaced_or_added() {
        let mut map = MetadataMap::new();
        append(&mut map, "x", Value::from("1")).unwrap();
        append(&mut map, "x", Value::from(&"2".to_owned())).unwrap();
        append(&mut map, "x-bin", Value::from(b"\x00\xff")).unwrap();
        append(&mut map, "x-bin", Value::from(vec![1, 2])).unwrap();
        append(&mut map, "x-bin", Value::from(&[3][..])).unwrap();
        let texts = |map: &MetadataMap| {
            map.get_all("x").iter().map(|v| v.to_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let bytes = |map: &MetadataMap| {
            map.get_all_bin("x-bin").iter().map(|v| v.to_bytes().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(texts(&map), ["1", "2"]);
        assert_eq!(bytes(&map), [&b"\x00\xff"[..], &[1, 2], &[3]]);
        set(&mut map, "X", Value::from("3".to_owned())).unwrap();
        set(&mut map, "x-bin", Value::from(Bytes::from_static(&[4]))).unwrap();
        assert_eq!((texts(&map), bytes(&map)), (vec!["3".to_owned()], vec![Bytes::from_static(&[4])]));
        let all = select_application(map.as_ref());
        let mut both = map.clone();
        extend(&mut both, &all);
        assert_eq!((texts(&both).len(), bytes(&both).len()), (2, 2));
    }

    #[test]
    fn an_error_says_its_key_to_the_caller() {
        let error = set(&mut MetadataMap::new(), "a\nb", Value::from("v")).unwrap_err();
        assert_eq!(error.key(), "a\nb");
        let status = crate::bridge::Status::from(error);
        assert_eq!(status.code(), crate::bridge::Code::Internal);
        assert!(status.message().starts_with("metadata `a\\nb`: not a key for text"), "{}", status.message());
    }

    #[test]
    fn what_a_header_may_be_can_be_set() {
        let mut map = MetadataMap::new();
        set(&mut map, "x-request-id", Value::from("a\tb ~")).unwrap();
        assert_eq!(map.get("x-request-id").unwrap().to_str().unwrap(), "a\tb ~");
        for text in ["\n", "\r", "\0", "\u{7f}", "\u{80}"] {
            set(&mut map, "x-request-id", Value::from(text)).unwrap_err();
        }
    }

    #[test]
    fn a_trace_is_not_a_credential() {
        let map = map(&[("traceparent", "00-1-2-01"), ("authorization", "Bearer t"), ("x-b3-traceid", "1")]);
        let kept = trace(&map);
        assert_eq!(kept.len(), 2);
        assert!(!kept.contains_key("authorization"));
    }

    #[test]
    fn wrong_pairs_name_the_key_and_the_reason() {
        let mut map = MetadataMap::new();
        for (key, value, text) in [
            ("grpc-status", Value::from("0"), "metadata `grpc-status`: the key belongs to the protocol"),
            ("Content-Type", Value::from("x"), "metadata `Content-Type`: the key belongs to the protocol"),
            ("x y", Value::from("v"), "metadata `x y`: not a key for text"),
            ("x-bin", Value::from("v"), "metadata `x-bin`: not a key for text"),
            ("x", Value::from(b"v"), "metadata `x`: not a key for bytes"),
            ("x", Value::from("ü"), "metadata `x`: the text is not printable ASCII"),
        ] {
            let error = set(&mut map, key, value).unwrap_err().to_string();
            assert!(error.starts_with(text), "{error}");
        }
        assert!(map.is_empty());
    }
}
