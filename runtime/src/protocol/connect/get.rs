//! Unary calls by `GET`: the request in the query
//! ([Unary-Get-Request](https://connectrpc.com/docs/protocol/#unary-get-request)).

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use percent_encoding::percent_decode;

use crate::bridge::Status;
use crate::protocol::wire::Codec;

/// Padding is not written, and may be there.
pub(crate) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

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
            let decoded = BASE64.decode(bytes.as_ref());
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
}
