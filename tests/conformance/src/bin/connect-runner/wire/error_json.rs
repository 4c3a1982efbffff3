//! Errors and ends of streams of Connect, which are JSON.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use conformance::connect::{Error, TYPE_PREFIX};
use prost_types::Any;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::web_trailers::{is_name, is_value};
use crate::http::fields::Fields;
use crate::schema::Schema;

/// The names of the codes, in the order of their numbers.
const CODES: [&str; 16] = [
    "canceled",
    "unknown",
    "invalid_argument",
    "deadline_exceeded",
    "not_found",
    "already_exists",
    "permission_denied",
    "resource_exhausted",
    "failed_precondition",
    "aborted",
    "out_of_range",
    "unimplemented",
    "internal",
    "unavailable",
    "data_loss",
    "unauthenticated",
];

/// The number of a code.
fn number(name: &str) -> Option<i32> {
    let at = CODES.iter().position(|code| *code == name)?;
    i32::try_from(at + 1).ok()
}

/// The error of a unary call.
pub(crate) fn read(schema: &Schema, body: &[u8], problems: &mut Vec<String>) -> Option<Error> {
    error(schema, object("the error", body, problems)?, problems)
}

/// The error and the trailers at the end of a stream.
pub(crate) fn read_end(schema: &Schema, body: &[u8], problems: &mut Vec<String>) -> (Option<Error>, Fields) {
    let mut found = (None, Fields::default());
    for (key, value) in object("the end of the stream", body, problems).into_iter().flatten() {
        match (&*key, value) {
            ("error", Value::Object(map)) => found.0 = error(schema, map, problems),
            ("metadata", Value::Object(map)) => metadata(map, &mut found.1, problems),
            (key, value) => problems.push(format!("the end of the stream has {key:?}: {value}")),
        }
    }
    found
}

fn metadata(map: Map<String, Value>, fields: &mut Fields, problems: &mut Vec<String>) {
    for (name, values) in map {
        if !is_name(&name) {
            problems.push(format!("the name of a trailer, {name:?}"));
        }
        let Value::Array(values) = values else {
            problems.push(format!("the trailer {name} is not a list: {values}"));
            continue;
        };
        for value in values {
            match value {
                Value::String(text) if is_value(&text) => fields.push(name.as_bytes(), text.as_bytes()),
                other => problems.push(format!("a value of the trailer {name}: {other}")),
            }
        }
    }
}

fn error(schema: &Schema, map: Map<String, Value>, problems: &mut Vec<String>) -> Option<Error> {
    let mut error = Error::default();
    for (key, value) in map {
        match (&*key, value) {
            ("code", Value::String(name)) => match number(&name) {
                Some(code) => error.code = code,
                None => problems.push(format!("the error has the code {name:?}")),
            },
            ("message", Value::String(text)) => error.message = Some(text),
            ("details", Value::Array(details)) => {
                error.details.extend(details.into_iter().filter_map(|value| detail(schema, value, problems)));
            }
            (key, value) => problems.push(format!("the error has {key:?}: {value}")),
        }
    }
    if error.code == 0 {
        problems.push("the error has no code".into());
        return None;
    }
    Some(error)
}

fn detail(schema: &Schema, value: Value, problems: &mut Vec<String>) -> Option<Any> {
    let Value::Object(map) = value else {
        problems.push(format!("a detail is {value}"));
        return None;
    };
    let (mut name, mut bytes, mut debug) = (None, None, None);
    for (key, value) in map {
        match (&*key, value) {
            ("type", Value::String(text)) if text.split('.').all(is_name) => name = Some(text),
            ("value", Value::String(text)) => match STANDARD_NO_PAD.decode(&text) {
                Ok(decoded) => bytes = Some(decoded),
                Err(_) => {
                    problems.push(format!("the value of a detail is not base64 without padding: {text:?}"));
                }
            },
            ("debug", value) => debug = Some(value),
            (key, value) => problems.push(format!("a detail has {key:?}: {value}")),
        }
    }
    let (Some(name), Some(value)) = (name, bytes) else {
        problems.push("a detail without its type or its value".into());
        return None;
    };
    let detail = Any { type_url: format!("{TYPE_PREFIX}{name}"), value };
    if let Some(debug) = debug {
        match schema.parse(&name, debug) {
            Err(error) => problems.push(format!("`debug` is not a {name}: {error:#}")),
            Ok(value) => {
                let debug = Any { type_url: detail.type_url.clone(), value };
                if !schema.same(&debug, &detail) {
                    problems.push(format!(
                        "`debug` is {}, `value` {}",
                        schema.show(&debug),
                        schema.show(&detail)
                    ));
                }
            }
        }
    }
    Some(detail)
}

/// An object in which no key comes twice.
fn object(what: &str, body: &[u8], problems: &mut Vec<String>) -> Option<Map<String, Value>> {
    match serde_json::from_slice(body) {
        Ok(Unique(Value::Object(map))) => return Some(map),
        Ok(Unique(other)) => problems.push(format!("{what} is not an object: {other}")),
        Err(error) => problems.push(format!("{what}: {error}: {:?}", String::from_utf8_lossy(body))),
    }
    None
}

/// JSON whose keys are unique.
struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Unique;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without a key that comes twice")
    }

    fn visit_unit<E>(self) -> Result<Unique, E> {
        Ok(Unique(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Unique, E> {
        Ok(Unique(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Unique, E> {
        Ok(Unique(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Unique, E> {
        Ok(Unique(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Unique, E> {
        Ok(Unique(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Unique, E> {
        Ok(Unique(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Unique, A::Error> {
        let mut items = Vec::new();
        while let Some(Unique(item)) = seq.next_element()? {
            items.push(item);
        }
        Ok(Unique(items.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Unique, A::Error> {
        let mut map = Map::new();
        while let Some((key, Unique(value))) = entries.next_entry::<String, Unique>()? {
            if map.insert(key.clone(), value).is_some() {
                return Err(serde::de::Error::custom(format!("the key {key:?} comes twice")));
            }
        }
        Ok(Unique(map.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many mistakes an error has.
    fn problems(json: &str) -> usize {
        let mut problems = Vec::new();
        read(&Schema::of_tests(), json.as_bytes(), &mut problems);
        problems.len()
    }

    fn with_detail(detail: &str) -> usize {
        problems(&format!("{{\"code\":\"internal\",\"details\":[{detail}]}}"))
    }

    #[test]
    fn a_good_error_is_read() {
        let text = "{\"code\":\"not_found\",\"message\":\"no: ü\",\"details\":[{\"type\":\"connectrpc.conformance.v1.Header\",\
                    \"value\":\"CgN3aHk\",\"debug\":{\"name\":\"why\"}}]}";
        let mut problems = Vec::new();
        let error = read(&Schema::of_tests(), text.as_bytes(), &mut problems).unwrap();
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!((error.code, error.message()), (5, "no: ü"));
        assert_eq!(error.details[0].type_url, "type.googleapis.com/connectrpc.conformance.v1.Header");
        assert_eq!(error.details[0].value, b"\x0a\x03why");
    }

    #[test]
    fn each_mistake_of_an_error_is_found() {
        for json in [
            "",
            "null",
            "[]",
            "{}",
            "{\"code\":null}",
            "{\"code\":5}",
            "{\"code\":\"NOT_FOUND\"}",
            "{\"code\":\"internal\",\"code\":\"internal\"}",
            "{\"code\":\"internal\",\"message\":null}",
            "{\"code\":\"internal\",\"details\":{}}",
            "{\"code\":\"internal\",\"more\":1}",
        ] {
            assert_ne!(problems(json), 0, "{json}");
        }
    }

    #[test]
    fn each_mistake_of_a_detail_is_found() {
        let header = "\"type\":\"connectrpc.conformance.v1.Header\"";
        assert_eq!(with_detail(&format!("{{{header},\"value\":\"\"}}")), 0);
        for detail in [
            "1".to_owned(),
            format!("{{{header}}}"),
            "{\"value\":\"\"}".to_owned(),
            "{\"type\":\"type.googleapis.com/a.B\",\"value\":\"\"}".to_owned(),
            format!("{{{header},\"value\":\"CgF4fA=\"}}"),
            format!("{{{header},\"value\":\"CgF4\",\"debug\":{{\"name\":\"y\"}}}}"),
            format!("{{{header},\"value\":\"CgF4\",\"debug\":{{\"what\":\"x\"}}}}"),
            format!("{{{header},\"value\":\"\",\"more\":1}}"),
        ] {
            assert_ne!(with_detail(&detail), 0, "{detail}");
        }
    }

    #[test]
    fn the_end_of_a_stream_has_an_error_and_trailers() {
        let mut problems = Vec::new();
        let json = b"{\"error\":{\"code\":\"internal\"},\"metadata\":{\"x-a\":[\"1\",\"2\"]}}";
        let (error, trailers) = read_end(&Schema::of_tests(), json, &mut problems);
        assert_eq!((error.unwrap().code, problems.len()), (13, 0));
        assert_eq!(trailers.all("x-a").collect::<Vec<_>>(), ["1", "2"]);
        for json in [
            "{\"error\":null}",
            "{\"metadata\":{\"x\":\"1\"}}",
            "{\"metadata\":{\"x\":[1]}}",
            "{\"metadata\":{\"x y\":[\"1\"]}}",
            "{\"metadata\":{\"x\":[\"\\n\"]}}",
            "{\"trailers\":{}}",
        ] {
            let mut problems = Vec::new();
            read_end(&Schema::of_tests(), json.as_bytes(), &mut problems);
            assert_ne!(problems.len(), 0, "{json}");
        }
    }
}
