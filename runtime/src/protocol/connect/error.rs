//! Errors as Connect writes them: an object with a code, a message and details.

use base64::Engine as _;
use prost::Message as _;
use prost_types::value::Kind;
use prost_types::{Any, Struct, Value};

use crate::bridge::{Code, Status, pb};
use crate::error::code_name;
use crate::error::wire::{TYPE_PREFIX, type_name};
use crate::json::{self, Writer};
use crate::message;
use crate::protocol::base64::STANDARD;

/// The name of a code in Connect.
pub(crate) fn name_of(code: Code) -> String {
    match code {
        // The one that is spelled otherwise.
        Code::Cancelled => "canceled".to_owned(),
        code => code_name(code).to_ascii_lowercase(),
    }
}

/// The code with this name; success has none.
fn code_by_name(name: &str) -> Option<Code> {
    (1..17).map(Code::from_i32).find(|&code| name_of(code) == name)
}

/// Appends a status as JSON.
pub(crate) fn append(status: &Status, out: &mut Vec<u8>) {
    let mut writer = Writer::new(&json::WriteOptions::new(), std::mem::take(out));
    write(status, &mut writer);
    *out = writer.finish().expect("texts have JSON");
}

/// Writes a status.
pub(super) fn write(status: &Status, writer: &mut Writer) {
    let object = writer.open();
    writer.dynamic_key("code");
    writer.str_value(&name_of(status.code()));
    if !status.message().is_empty() {
        writer.dynamic_key("message");
        writer.str_value(status.message());
    }
    write_details(status, writer);
    writer.close(object);
}

fn write_details(status: &Status, writer: &mut Writer) {
    if status.details().is_empty() {
        return;
    }
    let Ok(pb::Status { details, .. }) = pb::Status::decode(status.details()) else {
        tracing::warn!(
            "the details of an error are not google.rpc.Status, which is all that Connect can send"
        );
        return;
    };
    if details.is_empty() {
        return;
    }
    writer.dynamic_key("details");
    let array = writer.open_array();
    for detail in &details {
        writer.element();
        let object = writer.open();
        writer.dynamic_key("type");
        writer.str_value(type_name(detail));
        writer.dynamic_key("value");
        writer.str_value(&STANDARD.encode(&detail.value));
        writer.close(object);
    }
    writer.close_array(array);
}

/// The error that a body is, if it is one. `code` is that of an error which tells none. What is not UTF-8 becomes U+FFFD.
pub(crate) fn read(body: &[u8], code: Code) -> Option<Status> {
    let text = String::from_utf8_lossy(body);
    let object = message::from_json::<Struct>(text.as_bytes(), &json::ReadOptions::new()).ok()?;
    Some(from_object(object, code))
}

/// The error that an object is. What is malformed in it is ignored: the code that is left must not be lost for its sake.
pub(super) fn from_object(mut object: Struct, code: Code) -> Status {
    let mut take = |key: &str| object.fields.remove(key).and_then(|value| value.kind);
    let code = match take("code") {
        Some(Kind::StringValue(name)) => code_by_name(&name).unwrap_or(code),
        _ => code,
    };
    let message = match take("message") {
        Some(Kind::StringValue(message)) => message,
        _ => String::new(),
    };
    let details = match take("details") {
        Some(Kind::ListValue(list)) => list.values.into_iter().filter_map(detail).collect(),
        _ => Vec::new(),
    };
    if details.is_empty() {
        return Status::new(code, message);
    }
    let whole = pb::Status { code: code.into(), message, details };
    let details = whole.encode_to_vec().into();
    Status::with_details(code, whole.message, details)
}

fn detail(value: Value) -> Option<Any> {
    let Some(Kind::StructValue(mut object)) = value.kind else { return None };
    let mut text = |key: &str| match object.fields.remove(key).and_then(|value| value.kind) {
        Some(Kind::StringValue(text)) => Some(text),
        _ => None,
    };
    let (name, value) = (text("type")?, text("value")?);
    // It is a name. Some may write the URL of an `Any`, which ends with it.
    let name = name.rsplit('/').next().filter(|name| !name.is_empty())?;
    Some(Any { type_url: format!("{TYPE_PREFIX}{name}"), value: STANDARD.decode(value).ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(status: &Status) -> String {
        let mut out = Vec::new();
        append(status, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn with_details(details: Vec<Any>) -> Status {
        let whole = pb::Status { code: 5, message: "no".into(), details };
        Status::with_details(Code::NotFound, "no", whole.encode_to_vec().into())
    }

    fn any(name: &str, value: &[u8]) -> Any {
        Any { type_url: format!("type.googleapis.com/{name}"), value: value.to_vec() }
    }

    #[test]
    fn codes_have_names() {
        assert_eq!(name_of(Code::Cancelled), "canceled");
        assert_eq!(name_of(Code::DeadlineExceeded), "deadline_exceeded");
        for number in 1..17 {
            let code = Code::from_i32(number);
            assert_eq!(code_by_name(&name_of(code)), Some(code));
        }
        for none in ["ok", "cancelled", "NOT_FOUND", "5", ""] {
            assert_eq!(code_by_name(none), None);
        }
    }

    #[test]
    fn an_error_is_written_with_what_it_has() {
        assert_eq!(written(&Status::unknown("")), r#"{"code":"unknown"}"#);
        assert_eq!(
            written(&Status::cancelled("a \"b\" ü\n")),
            r#"{"code":"canceled","message":"a \"b\" ü\n"}"#
        );
        assert_eq!(
            written(&with_details(vec![any("a.B", &[0xfb]), any("c.D", b"")])),
            r#"{"code":"not_found","message":"no","details":[{"type":"a.B","value":"+w"},{"type":"c.D","value":""}]}"#
        );
        let foreign = Status::with_details(Code::Aborted, "m", vec![0xff].into());
        assert_eq!(written(&foreign), r#"{"code":"aborted","message":"m"}"#);
    }

    #[test]
    fn errors_come_back() {
        for status in [Status::aborted("m"), with_details(vec![any("a.B", b"x"), any("a.B", b"")])] {
            let back = read(written(&status).as_bytes(), Code::Internal).unwrap();
            assert_eq!((back.code(), back.message()), (status.code(), status.message()));
            assert_eq!(back.details(), status.details());
        }
    }

    #[test]
    fn what_is_missing_or_malformed_is_the_callers_to_say() {
        for (body, code, message) in [
            ("{}", Code::Unavailable, ""),
            (r#"{"message":"oops"}"#, Code::Unavailable, "oops"),
            (r#"{"code":null,"message":"oops"}"#, Code::Unavailable, "oops"),
            (r#"{"code":"foobar","message":"oops"}"#, Code::Unavailable, "oops"),
            (r#"{"code":"ok","message":"oops"}"#, Code::Unavailable, "oops"),
            (r#"{"code":5}"#, Code::Unavailable, ""),
            (r#"{"code":"aborted","message":7,"x":{"y":[]}}"#, Code::Aborted, ""),
            (r#"{"code":"aborted","message":"m","details":{}}"#, Code::Aborted, "m"),
        ] {
            let status = read(body.as_bytes(), Code::Unavailable).unwrap();
            assert_eq!(
                (status.code(), status.message(), status.details()),
                (code, message, &b""[..]),
                "{body}"
            );
        }
        for body in [&b""[..], b"null", b"[]", b"<html>", b"\xff"] {
            assert!(read(body, Code::Internal).is_none());
        }
        let lossy = read(b"{\"code\":\"aborted\",\"message\":\"a\xff\"}", Code::Internal).unwrap();
        assert_eq!((lossy.code(), lossy.message()), (Code::Aborted, "a\u{fffd}"));
    }

    #[test]
    fn details_need_no_debug_and_may_be_padded() {
        let body = r#"{"code":"out_of_range","details":[
            {"type":"a.B","value":"CgE=","debug":"garbage","frob":1}, {"type":"a.C","value":"CgE"},
            {"type":"example.com/a.C","value":"CgE"}, {"type":"","value":"CgE"}, {"type":"a.C/","value":"CgE"},
            7, {"type":"a.D"}, {"value":"CgE"}, {"type":"a.E","value":"!"}]}"#;
        let status = read(body.as_bytes(), Code::Unknown).unwrap();
        let details = pb::Status::decode(status.details()).unwrap().details;
        assert_eq!(details, [any("a.B", &[10, 1]), any("a.C", &[10, 1]), any("a.C", &[10, 1])]);
    }
}
