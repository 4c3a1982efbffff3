//! The status of a call as gRPC and gRPC-Web send it: `grpc-status`, `grpc-message` and `grpc-status-details-bin`
//! ([gRPC over HTTP/2](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md), `Trailers`).

use base64::Engine as _;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::{percent_decode, percent_encode_byte};

use crate::bridge::{Code, MetadataMap, Status};
use crate::error::limit::is_plain;
use crate::metadata;
use crate::protocol::base64::STANDARD;

pub(crate) const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
/// An encoded `google.rpc.Status`, in base64.
const DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");

/// All codes as header values, each at the index of its number.
const CODES: [&str; 17] =
    ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16"];

/// Writes a status, with the metadata that it has.
pub(crate) fn write_status(status: &Status, headers: &mut HeaderMap) {
    for (key, value) in status.metadata().as_ref() {
        if metadata::is_application(key.as_str()) {
            headers.append(key.clone(), value.clone());
        }
    }
    headers.insert(STATUS, HeaderValue::from_static(CODES[status.code() as usize]));
    if status.code() == Code::Ok {
        return;
    }
    if !status.message().is_empty() {
        headers.insert(MESSAGE, encode_message(status.message()));
    }
    if !status.details().is_empty() {
        let text = STANDARD.encode(status.details());
        headers.insert(DETAILS, HeaderValue::try_from(text).expect("base64 is a header value"));
    }
}

/// The outcome of a call that `trailers` tell, with their metadata if it is an error. `None` if they do not tell any.
pub(crate) fn read_status(trailers: &HeaderMap) -> Option<Result<(), Status>> {
    let code = trailers.get(STATUS)?;
    if code == "0" {
        return Some(Ok(()));
    }
    Some(read_error(code, trailers))
}

#[cold]
fn read_error(code: &HeaderValue, trailers: &HeaderMap) -> Result<(), Status> {
    let number = code.to_str().ok().and_then(|text| text.trim().parse().ok());
    let Some(code) = number.map(Code::from_i32) else {
        let code = String::from_utf8_lossy(code.as_bytes());
        let shown = &code[..code.floor_char_boundary(100)];
        return Err(Status::unknown(format!("the server sent {shown:?} as the code of the call")));
    };
    if code == Code::Ok {
        return Ok(());
    }
    let message = trailers.get(MESSAGE).map(|value| decode_message(value.as_bytes())).unwrap_or_default();
    let mut details = Bytes::new();
    if let Some(value) = trailers.get(DETAILS) {
        match STANDARD.decode(value.as_bytes()) {
            Ok(decoded) => details = decoded.into(),
            Err(error) => {
                tracing::warn!(%error, "a server sent error details that are not base64; they are ignored");
            }
        }
    }
    #[allow(unused_mut, reason = "a server has no use for it")]
    let mut metadata = metadata::select_application(trailers);
    #[cfg(feature = "client")]
    if let Some(pause) = trailers.get(metadata::PUSHBACK) {
        metadata.insert(metadata::PUSHBACK, pause.clone());
    }
    let metadata = MetadataMap::from_headers(metadata);
    Err(Status::with_details_and_metadata(code, message, details, metadata))
}

/// A message as a header's value.
fn encode_message(message: &str) -> HeaderValue {
    let mut text = String::with_capacity(message.len() + 16);
    for byte in message.bytes() {
        if is_plain(byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(percent_encode_byte(byte));
        }
    }
    HeaderValue::try_from(text).expect("what is percent-encoded is a header value")
}

/// The message of a header's value. What is malformed stays as it is, or becomes U+FFFD: a message is for people, and the
/// code must not be lost for its sake.
fn decode_message(value: &[u8]) -> String {
    percent_decode(value).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn headers(pairs: &[(&'static str, &[u8])]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            (HeaderName::from_static(name), HeaderValue::from_bytes(value).expect("a header value"))
        });
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, value);
        }
        headers
    }

    fn written(status: &Status) -> HeaderMap {
        let mut headers = HeaderMap::new();
        write_status(status, &mut headers);
        headers
    }

    fn read(pairs: &[(&'static str, &[u8])]) -> Option<(Code, String, Vec<u8>)> {
        let status = match read_status(&headers(pairs))? {
            Ok(()) => Status::ok(""),
            Err(status) => status,
        };
        Some((status.code(), status.message().to_owned(), status.details().to_vec()))
    }

    #[test]
    fn a_status_is_written_as_the_protocol_has_it() {
        let mut status =
            Status::with_details(Code::NotFound, "no such thing: ü 100%", Bytes::from_static(&[0xfb]));
        status.metadata_mut().insert("x-t", "c".parse().unwrap());
        status.metadata_mut().insert("content-type", "x".parse().unwrap());
        let headers = written(&status);
        assert_eq!(headers.len(), 4);
        assert_eq!(headers["grpc-status"], "5");
        assert_eq!(headers["grpc-message"], "no%20such%20thing:%20%C3%BC%20100%25");
        assert_eq!(headers["grpc-status-details-bin"], "+w");
        assert_eq!(headers["x-t"], "c");
    }

    #[test]
    fn success_has_no_message() {
        let headers = written(&Status::ok("fine"));
        assert_eq!((headers.len(), &headers["grpc-status"]), (1, &HeaderValue::from_static("0")));
        assert!(matches!(read_status(&headers), Some(Ok(()))));
    }

    #[test]
    fn every_code_comes_back() {
        for number in 1..17 {
            let code = Code::from_i32(number);
            let status = read_status(&written(&Status::new(code, ""))).unwrap().unwrap_err();
            assert_eq!((status.code(), status.message()), (code, ""));
        }
    }

    #[test]
    fn what_is_malformed_does_not_lose_the_code() {
        let message = |message: &'static [u8]| read(&[("grpc-status", b"5"), ("grpc-message", message)]);
        for (sent, expected) in [
            (&b"plain"[..], "plain"),
            (b"100%", "100%"),
            (b"%zz%4", "%zz%4"),
            (b"%41%2d%7E", "A-~"),
            (b"a%FFb", "a\u{fffd}b"),
            (b"a\xffb", "a\u{fffd}b"),
            ("ü".as_bytes(), "ü"),
        ] {
            assert_eq!(message(sent), Some((Code::NotFound, expected.to_owned(), Vec::new())));
        }
        for (details, expected) in [
            (&b"CAU"[..], &[8, 5][..]),
            (b"CAU=", &[8, 5]),
            (b"not base64!", &[]),
            (b"A", &[]),
            (b"QQ===", &[]),
            (b"\xff", &[]),
        ] {
            let read = read(&[("grpc-status", b"5"), ("grpc-status-details-bin", details)]);
            assert_eq!(read, Some((Code::NotFound, String::new(), expected.to_vec())));
        }
    }

    #[test]
    fn codes_that_are_none_are_unknown() {
        for code in ["17", "-1", "x", "", "99999999999", "0x1"] {
            let (code, ..) = read(&[("grpc-status", code.as_bytes())]).unwrap();
            assert_eq!(code, Code::Unknown);
        }
        assert_eq!(read(&[("grpc-message", b"error")]), None);
    }

    #[test]
    fn an_error_has_the_metadata_of_its_trailers() {
        let trailers =
            headers(&[("grpc-status", b"9"), ("x-t", b"a"), ("x-t", b"b"), ("content-type", b"x")]);
        let status = read_status(&trailers).unwrap().unwrap_err();
        let values: Vec<_> =
            status.metadata().get_all("x-t").iter().map(rsvc::metadata::MetadataValue::as_bytes).collect();
        assert_eq!((values, status.metadata().len()), (vec![&b"a"[..], b"b"], 2));
    }

    proptest! {
        #[test]
        fn messages_come_back(text: String) {
            let value = encode_message(&text);
            prop_assert!(value.as_bytes().iter().all(u8::is_ascii_graphic));
            prop_assert_eq!(decode_message(value.as_bytes()), text);
        }

        #[test]
        fn anything_is_read(bytes: Vec<u8>) {
            decode_message(&bytes);
        }
    }
}
