//! Unary calls by `GET`, which is for methods without side effects: the request in the query
//! ([Unary-Get-Request](https://connectrpc.com/docs/protocol/#unary-get-request)).

use std::borrow::Cow;

use base64::Engine as _;
use bytes::Bytes;
#[cfg(feature = "client")]
use http::uri::PathAndQuery;
use percent_encoding::percent_decode;
#[cfg(feature = "client")]
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use crate::bridge::Status;
use crate::protocol::base64::URL_SAFE;
#[cfg(feature = "client")]
use crate::protocol::compression::Compression;
use crate::protocol::wire::Codec;

/// What the query of a call says.
#[derive(Debug)]
pub(crate) struct GetRequest {
    /// `None` where the form of the message is not known.
    pub(crate) codec: Option<Codec>,
    pub(crate) compression: Option<String>,
    pub(crate) message: Bytes,
}

impl GetRequest {
    pub(crate) fn read(query: &str) -> Result<Self, Status> {
        let (mut codec, mut compression, mut message, mut is_base64) = (None, None, None, false);
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            match name {
                "connect" if value != "v1" => {
                    return Err(Status::invalid_argument("the version of Connect must be v1"));
                }
                "encoding" => {
                    codec = match value {
                        "proto" => Some(Codec::Protobuf),
                        "json" => Some(Codec::Json),
                        _ => None,
                    };
                }
                "compression" => compression = Some(text(value).into_owned()),
                "base64" => is_base64 = value == "1",
                "message" => message = Some(value),
                _ => {}
            }
        }
        let Some(message) = message else {
            return Err(Status::invalid_argument("the parameter `message` is missing"));
        };
        let bytes = bytes(message);
        let message = if is_base64 {
            let decoded = URL_SAFE.decode(bytes.as_ref());
            decoded.map_err(|_| Status::invalid_argument("the parameter `message` is not base64"))?
        } else {
            bytes.into_owned()
        };
        Ok(Self { codec, compression, message: message.into() })
    }

    /// Whether a query is that of a call.
    pub(crate) fn is_one(query: &str) -> bool {
        let has = |wanted: &str| {
            query.split('&').any(|pair| pair.split_once('=').is_some_and(|(name, _)| name == wanted))
        };
        has("encoding") && has("message") || has("connect")
    }
}

/// A value without its escapes. A plus is a space, as in forms.
fn bytes(value: &str) -> Cow<'_, [u8]> {
    if value.contains('+') {
        let spaces = value.replace('+', " ");
        return Cow::Owned(percent_decode(spaces.as_bytes()).collect());
    }
    percent_decode(value.as_bytes()).into()
}

fn text(value: &str) -> Cow<'_, str> {
    percent_decode(value.as_bytes()).decode_utf8_lossy()
}

/// How long a path may be with its query: servers and what stands before them take at least 8 KiB.
#[cfg(feature = "client")]
const MAX_LENGTH: usize = 8 * 1024;

/// What is escaped in a query.
#[cfg(feature = "client")]
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The path and the query of a call; `None` if it is too long. `content` is the message as it is sent.
#[cfg(feature = "client")]
pub(super) fn write(
    path: &str,
    codec: Codec,
    compression: Option<Compression>,
    content: &[u8],
) -> Option<PathAndQuery> {
    if content.len() > MAX_LENGTH {
        return None;
    }
    let is_text = codec == Codec::Json && compression.is_none();
    let mut out = String::with_capacity(path.len() + content.len() * 2 + 64);
    out.push_str(path);
    out.push_str("?connect=v1");
    if !is_text {
        out.push_str("&base64=1");
    }
    if let Some(compression) = compression {
        out.push_str("&compression=");
        out.push_str(compression.name());
    }
    out.push_str("&encoding=");
    out.push_str(match codec {
        Codec::Protobuf => "proto",
        Codec::Json => "json",
    });
    out.push_str("&message=");
    if is_text {
        out.extend(percent_encode(content, ESCAPED));
    } else {
        URL_SAFE.encode_string(content, &mut out);
    }
    if out.len() > MAX_LENGTH {
        return None;
    }
    Some(PathAndQuery::from_maybe_shared(Bytes::from(out)).expect("all of it is escaped as a query needs it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(query: &str) -> Result<Vec<u8>, String> {
        GetRequest::read(query).map(|get| get.message.to_vec()).map_err(|status| status.message().to_owned())
    }

    #[test]
    fn messages_in_both_forms() {
        for (query, expected) in [
            ("connect=v1&base64=1&encoding=proto&message=EgNxPyY", &b"\x12\x03q?&"[..]),
            ("base64=1&encoding=proto&message=EgNxPyY%3D", b"\x12\x03q?&"),
            ("base64=1&encoding=proto&message=", b""),
            ("encoding=json&message=%7B%22a%22%3A%22b+c%22%7D", br#"{"a":"b c"}"#),
            ("message=-_8&base64=1", b"\xfb\xff"),
        ] {
            assert_eq!(message(query).unwrap(), expected, "{query}");
        }
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (query, text) in [
            ("encoding=json", "the parameter `message` is missing"),
            ("connect=v2&message=", "the version of Connect must be v1"),
            ("base64=1&message=!", "the parameter `message` is not base64"),
        ] {
            assert_eq!(message(query).unwrap_err(), text);
        }
        assert_eq!(GetRequest::read("encoding=xml&message=").unwrap().codec, None);
    }

    #[test]
    fn a_call_is_known_by_its_parameters() {
        assert!(GetRequest::is_one("connect=v1"));
        assert!(GetRequest::is_one("message=a&encoding=json"));
        assert!(!GetRequest::is_one("message=a&name=encoding"));
    }

    #[cfg(feature = "client")]
    #[test]
    fn parameters_have_an_order() {
        for (codec, compression, content, expected) in [
            (
                Codec::Protobuf,
                None,
                &[0xfb, 0xff][..],
                "/a.B/C?connect=v1&base64=1&encoding=proto&message=-_8",
            ),
            (Codec::Protobuf, None, b"", "/a.B/C?connect=v1&base64=1&encoding=proto&message="),
            (
                Codec::Protobuf,
                Some(Compression::Gzip),
                b"f",
                "/a.B/C?connect=v1&base64=1&compression=gzip&encoding=proto&message=Zg",
            ),
            (
                Codec::Json,
                None,
                "{\"a\":\"ü-\"}".as_bytes(),
                "/a.B/C?connect=v1&encoding=json&message=%7B%22a%22%3A%22%C3%BC-%22%7D",
            ),
            (
                Codec::Json,
                Some(Compression::Zstd),
                b"f",
                "/a.B/C?connect=v1&base64=1&compression=zstd&encoding=json&message=Zg",
            ),
        ] {
            let path = write("/a.B/C", codec, compression, content).unwrap();
            assert_eq!(path.as_str(), expected);
        }
    }

    #[cfg(feature = "client")]
    #[test]
    fn what_is_too_long_has_no_url() {
        assert!(write("/a.B/C", Codec::Protobuf, None, &[0; 6000]).is_some());
        assert!(write("/a.B/C", Codec::Protobuf, None, &[0; 6200]).is_none());
        assert!(write("/a.B/C", Codec::Json, None, &[b'"'; 3000]).is_none());
        assert!(write("/a.B/C", Codec::Protobuf, None, &vec![0; 1 << 20]).is_none());
        let rest = MAX_LENGTH - "/a.B/C?connect=v1&encoding=json&message=".len();
        let longest = write("/a.B/C", Codec::Json, None, &vec![b'a'; rest]).unwrap();
        assert_eq!(longest.as_str().len(), MAX_LENGTH);
        assert!(write("/a.B/C", Codec::Json, None, &vec![b'a'; rest + 1]).is_none());
    }
}
