//! The last envelope of a stream: how the call ended, and its trailers.

use http::{HeaderMap, HeaderName, HeaderValue};
use prost_types::value::Kind;
use prost_types::{Struct, Value};

use super::error;
use crate::bridge::{Code, Status};
use crate::json::{self, Writer};
use crate::{message, metadata};

/// The flag of the last envelope.
pub(crate) const END_STREAM: u8 = 2;

/// What the last envelope tells.
#[derive(Debug)]
pub(crate) struct EndStream {
    pub(crate) error: Option<Status>,
    pub(crate) trailers: HeaderMap,
}

/// Appends the content of the last envelope: the error of the call, and what of `trailers` is the application's.
pub(crate) fn append(error: Option<&Status>, trailers: &HeaderMap, out: &mut Vec<u8>) {
    let mut writer = Writer::new(&json::WriteOptions::new(), std::mem::take(out));
    let object = writer.open();
    if let Some(status) = error {
        writer.dynamic_key("error");
        error::write(status, &mut writer);
    }
    if trailers.keys().any(|key| metadata::is_application(key.as_str())) {
        writer.dynamic_key("metadata");
        write_trailers(trailers, &mut writer);
    }
    writer.close(object);
    *out = writer.finish().expect("texts have JSON");
}

fn write_trailers(trailers: &HeaderMap, writer: &mut Writer) {
    let object = writer.open();
    for key in trailers.keys().filter(|key| metadata::is_application(key.as_str())) {
        writer.dynamic_key(key.as_str());
        let values = writer.open_array();
        for value in trailers.get_all(key) {
            writer.element();
            writer.str_value(&String::from_utf8_lossy(value.as_bytes()));
        }
        writer.close_array(values);
    }
    writer.close(object);
}

/// Reads the content of the last envelope.
///
/// # Errors
/// `INTERNAL` if it is not a JSON object. What is malformed inside of it is ignored.
pub(crate) fn read(content: &[u8]) -> Result<EndStream, Status> {
    if content == b"{}" {
        return Ok(EndStream { error: None, trailers: HeaderMap::new() });
    }
    // A message that is not UTF-8 must not cost the code.
    let text = String::from_utf8_lossy(content);
    let mut fields = message::from_json::<Struct>(text.as_bytes(), &json::ReadOptions::new())
        .map_err(|error| Status::internal(format!("the end of the stream cannot be read: {error}")))?
        .fields;
    let mut trailers = HeaderMap::new();
    if let Some(Kind::StructValue(pairs)) = fields.remove("metadata").and_then(|value| value.kind) {
        for (key, values) in pairs.fields {
            read_values(&key, values, &mut trailers)?;
        }
    }
    let error = match fields.remove("error").and_then(|value| value.kind) {
        None | Some(Kind::NullValue(_)) => None,
        Some(Kind::StructValue(object)) => Some(error::from_object(object, Code::Unknown)),
        Some(_) => Some(Status::unknown("")),
    };
    Ok(EndStream { error, trailers })
}

fn read_values(key: &str, values: Value, trailers: &mut HeaderMap) -> Result<(), Status> {
    let Ok(name) = HeaderName::from_bytes(key.as_bytes()) else { return Ok(()) };
    if !metadata::is_application(name.as_str()) {
        return Ok(());
    }
    let Some(Kind::ListValue(list)) = values.kind else { return Ok(()) };
    for value in list.values {
        if let Some(Kind::StringValue(text)) = value.kind
            && let Ok(value) = HeaderValue::from_bytes(text.as_bytes())
        {
            trailers
                .try_append(name.clone(), value)
                .map_err(|_| Status::resource_exhausted("the response has too many trailers"))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trailers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut trailers = HeaderMap::new();
        for &(name, value) in pairs {
            trailers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        trailers
    }

    fn written(error: Option<&Status>, trailers: &HeaderMap) -> String {
        let mut out = b"x".to_vec();
        append(error, trailers, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_end_is_written_with_what_it_has() {
        assert_eq!(written(None, &HeaderMap::new()), "x{}");
        assert_eq!(written(None, &trailers(&[("grpc-status", "0")])), "x{}");
        let pairs = trailers(&[("x-t", "c"), ("content-type", "y"), ("x-t", "d")]);
        assert_eq!(written(None, &pairs), r#"x{"metadata":{"x-t":["c","d"]}}"#);
        assert_eq!(
            written(Some(&Status::resource_exhausted("enough")), &pairs),
            r#"x{"error":{"code":"resource_exhausted","message":"enough"},"metadata":{"x-t":["c","d"]}}"#
        );
    }

    #[test]
    fn the_end_comes_back() {
        let pairs = trailers(&[("x-t", "c"), ("x-b-bin", "+w"), ("x-t", "d")]);
        let text = written(Some(&Status::aborted("m")), &pairs);
        let end = read(&text.as_bytes()[1..]).unwrap();
        assert_eq!(end.trailers, pairs);
        assert_eq!(
            end.error.map(|status| (status.code(), status.message().to_owned())),
            Some((Code::Aborted, "m".into()))
        );
    }

    #[test]
    fn what_is_malformed_is_ignored() {
        for (content, code) in [
            ("{}", None),
            (" {\n} ", None),
            (r#"{"code":"aborted"}"#, None),
            (r#"{"error":null,"metadata":null}"#, None),
            (r#"{"error":{}}"#, Some(Code::Unknown)),
            (r#"{"error":{"code":null}}"#, Some(Code::Unknown)),
            (r#"{"error":"x"}"#, Some(Code::Unknown)),
            (
                r#"{"error":{"code":"aborted"},"metadata":{"x y":["1"],"x":[1,"\n"],"y":"z"}}"#,
                Some(Code::Aborted),
            ),
        ] {
            let end = read(content.as_bytes()).unwrap();
            assert_eq!(end.error.map(|status| status.code()), code, "{content}");
            assert!(end.trailers.is_empty(), "{content}");
        }
        let end = read(br#"{"metadata":{"X-T":["1"],"grpc-status":["0"]}}"#).unwrap();
        assert_eq!(end.trailers, trailers(&[("x-t", "1")]));
        for content in ["", "null", "[]", "{", "x"] {
            assert_eq!(read(content.as_bytes()).unwrap_err().code(), Code::Internal, "{content}");
        }
    }
}
