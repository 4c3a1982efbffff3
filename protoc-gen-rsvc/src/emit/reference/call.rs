//! A call over REST, made of a request in JSON.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::site::Site;
use crate::model::http::{Binding, Body, PathTemplate, PathVariable, Segment, Verb};
use crate::model::{FieldId, FieldKind, MessageId, Schema, ValueType, WellKnown};

/// A part of a path.
pub(super) enum PathPart {
    /// Text, which may have `/` in it.
    Text(String),
    /// The variable with this index.
    Variable(usize),
}

/// A request of HTTP.
pub(super) struct HttpCall {
    pub(super) verb: String,
    /// Path and query.
    pub(super) target: String,
    pub(super) body: CallBody,
}

/// What is sent.
pub(super) enum CallBody {
    None,
    Json(Value),
    /// Content of any media type: a `google.api.HttpBody`.
    Raw,
}

/// The parts of a path, from its first `/` on.
pub(super) fn path_parts(template: &PathTemplate, variables: &[PathVariable]) -> Vec<PathPart> {
    let mut parts = Vec::new();
    let mut at = 0;
    while at < template.segments.len() {
        text(&mut parts, "/");
        let variable = variables.iter().position(|variable| variable.start == at && variable.end > at);
        if let Some(variable) = variable {
            parts.push(PathPart::Variable(variable));
            at = variables[variable].end;
            continue;
        }
        match &template.segments[at] {
            Segment::Literal(literal) => text(&mut parts, literal),
            // It goes nowhere: anything will do.
            Segment::Single | Segment::Rest => text(&mut parts, "-"),
        }
        at += 1;
    }
    if template.segments.is_empty() {
        text(&mut parts, "/");
    }
    if let Some(verb) = &template.verb {
        text(&mut parts, ":");
        text(&mut parts, verb);
    }
    parts
}

fn text(parts: &mut Vec<PathPart>, more: &str) {
    match parts.last_mut() {
        Some(PathPart::Text(text)) => text.push_str(more),
        _ => parts.push(PathPart::Text(more.to_owned())),
    }
}

/// The call of a binding with this request.
pub(super) fn call(site: &Site<'_>, binding: &Binding, input: MessageId, request: &Value) -> HttpCall {
    let mut rest = request.clone();
    let mut target = String::new();
    let values: Vec<String> = (binding.variables.iter())
        .map(|variable| {
            let path = site.json_path(&variable.fields);
            let value = take(&mut rest, &path);
            let value = value.as_ref().and_then(plain).filter(|text| !text.is_empty());
            value.unwrap_or_else(|| site.path(&variable.fields).to_uppercase())
        })
        .collect();
    for part in path_parts(&binding.template, &binding.variables) {
        match part {
            PathPart::Text(text) => target.push_str(&text),
            PathPart::Variable(index) => {
                encode(&mut target, &fitting(binding, index, &values[index]), binding.variables[index].multi);
            }
        }
    }
    let body = match &binding.body {
        Body::None => CallBody::None,
        Body::Whole if site.schema.messages[input].is_http_body() => CallBody::Raw,
        Body::Whole => CallBody::Json(rest.clone()),
        Body::Field(field) => match site.schema.fields[*field].kind.value() {
            ValueType::Message(id) if site.schema.messages[*id].is_http_body() => CallBody::Raw,
            _ => {
                let value = take(&mut rest, &[&site.schema.fields[*field].json_name]);
                CallBody::Json(value.unwrap_or_else(|| Value::Object(Map::new())))
            }
        },
    };
    let mut query = Vec::new();
    for field in &binding.query {
        parameters(site.schema, *field, &rest, "", &mut query);
    }
    for (index, (name, value)) in query.iter().enumerate() {
        target.push(if index == 0 { '?' } else { '&' });
        encode(&mut target, name, false);
        target.push('=');
        encode(&mut target, value, false);
    }
    let verb = match &binding.verb {
        Verb::Any => "GET",
        verb => verb.name(),
    };
    HttpCall { verb: verb.to_owned(), target, body }
}

/// A value of a variable that its pattern takes: the value itself, or else the pattern with the value in its gaps.
fn fitting(binding: &Binding, index: usize, value: &str) -> String {
    let variable = &binding.variables[index];
    let pattern = &binding.template.segments[variable.start..variable.end];
    if !variable.multi || !pattern.iter().any(|segment| matches!(segment, Segment::Literal(_))) {
        return value.to_owned();
    }
    let parts: Vec<_> = value.split('/').collect();
    let fits = pattern.len() == parts.len()
        && pattern.iter().zip(&parts).all(|(segment, part)| match segment {
            Segment::Literal(literal) => literal == part,
            Segment::Single | Segment::Rest => !part.is_empty(),
        });
    if fits {
        return value.to_owned();
    }
    let last = parts.last().copied().filter(|part| !part.is_empty()).unwrap_or("-");
    let segments = pattern.iter().map(|segment| match segment {
        Segment::Literal(literal) => literal,
        Segment::Single | Segment::Rest => last,
    });
    segments.collect::<Vec<_>>().join("/")
}

/// Takes the value at a path out of an object.
fn take(from: &mut Value, path: &[&str]) -> Option<Value> {
    let (last, above) = path.split_last()?;
    let mut at = from;
    for name in above {
        at = at.get_mut(*name)?;
    }
    at.as_object_mut()?.shift_remove(*last)
}

/// The parameters of a query that set a field and what is below it.
fn parameters(schema: &Schema, id: FieldId, of: &Value, prefix: &str, out: &mut Vec<(String, String)>) {
    let field = &schema.fields[id];
    let Some(value) = of.get(&field.json_name) else { return };
    let name = format!("{prefix}{}", field.json_name);
    match (&field.kind, value) {
        (FieldKind::Map(..), _) => {}
        (FieldKind::Repeated(_), Value::Array(items)) => {
            out.extend(items.iter().filter_map(plain).map(|item| (name.clone(), item)));
        }
        (FieldKind::Singular(ValueType::Message(message) | ValueType::Group(message), _), value) => {
            match schema.messages[*message].well_known {
                None => {
                    for field in &schema.messages[*message].fields {
                        parameters(schema, *field, value, &format!("{name}."), out);
                    }
                }
                // No text says what they are.
                Some(WellKnown::Any | WellKnown::Struct | WellKnown::Value | WellKnown::ListValue) => {}
                Some(_) => out.extend(plain(value).map(|value| (name, value))),
            }
        }
        _ => out.extend(plain(value).map(|value| (name, value))),
    }
}

/// A value that is not composed, as text.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Percent-encodes all but unreserved characters (RFC 3986, section 2.3), and `/` where a value has several segments.
fn encode(out: &mut String, text: &str, multi: bool) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || (multi && byte == b'/') {
            out.push(char::from(byte));
        } else {
            // Writing to a `String` never fails.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_reserved_is_encoded() {
        let mut out = String::new();
        encode(&mut out, "a/b c~é", false);
        encode(&mut out, "/x", true);
        assert_eq!(out, "a%2Fb%20c~%C3%A9/x");
    }
}
