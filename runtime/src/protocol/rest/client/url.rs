//! From a request message to the URL of a binding: the reverse of what the server does with it.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use prost_types::value::Kind;
use prost_types::{Struct, Value};

use crate::bridge::Status;
use crate::json::info::{Cardinality, EnumInfo, Field, Form, MessageInfo, Type};
use crate::transcode::binding::{Binding, BodyKind, Variable};

/// All but what RFC 3986 calls unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The path and the query of a request, whose JSON has these fields.
pub(super) fn of(info: &'static MessageInfo, binding: &Binding, fields: &Struct) -> Result<String, Status> {
    let mut url = path(info, binding, fields)?;
    if binding.body == BodyKind::Whole {
        return Ok(url);
    }
    let mut query = Query { binding, pairs: Vec::new(), path: Vec::new() };
    query.message(info, fields, "")?;
    for (index, (name, value)) in query.pairs.iter().enumerate() {
        url.push(if index == 0 { '?' } else { '&' });
        encode(name, &mut url);
        url.push('=');
        encode(value, &mut url);
    }
    Ok(url)
}

/// The template with the values of its variables.
fn path(info: &'static MessageInfo, binding: &Binding, fields: &Struct) -> Result<String, Status> {
    let mut out = String::new();
    let mut rest = binding.template;
    for variable in binding.variables {
        let (before, inside) = rest.split_once('{').expect("a template has all its variables");
        let (name, after) = inside.split_once('}').expect("a variable in a template ends");
        literal(before, &mut out);
        let (name, pattern) = name.split_once('=').unwrap_or((name, "*"));
        let value = value(info, variable.path, fields).ok_or_else(|| {
            Status::invalid_argument(format!("`{name}` cannot be a part of the path `{}`", binding.template))
        })?;
        if !fits(pattern, &value) {
            return Err(Status::invalid_argument(format!(
                "`{name}` is {value:?}, which the path `{}` has no place for",
                binding.template
            )));
        }
        push(variable, &value, &mut out);
        rest = after;
    }
    literal(rest, &mut out);
    if !out.starts_with('/') {
        out.insert(0, '/');
    }
    Ok(out)
}

/// The text of a template outside of variables. What it takes anything for gets something.
fn literal(text: &str, out: &mut String) {
    for (index, part) in text.split('/').enumerate() {
        let (part, verb) = match part.split_once(':') {
            Some((part, verb)) => (part, Some(verb)),
            None => (part, None),
        };
        match part {
            "**" => {}
            _ if index > 0 => out.push('/'),
            _ => {}
        }
        match part {
            "**" => {}
            "*" => out.push('-'),
            _ => out.push_str(part),
        }
        if let Some(verb) = verb {
            out.push(':');
            out.push_str(verb);
        }
    }
}

fn push(variable: &Variable, value: &str, out: &mut String) {
    if value.is_empty() {
        // `**` of no segments: without the slash before them.
        out.truncate(out.trim_end_matches('/').len());
        return;
    }
    if !variable.multi {
        return encode(value, out);
    }
    for (index, segment) in value.split('/').enumerate() {
        if index > 0 {
            out.push('/');
        }
        // The server keeps `%2F` as it is where there is more than one segment, so it is one already.
        for part in segment.split_inclusive("%2F") {
            match part.strip_suffix("%2F") {
                Some(part) => {
                    encode(part, out);
                    out.push_str("%2F");
                }
                None => encode(part, out),
            }
        }
    }
}

/// Whether the segments of a value are those of a variable's pattern.
fn fits(pattern: &str, value: &str) -> bool {
    if pattern == "*" {
        return !value.is_empty();
    }
    let Some((before, behind)) = pattern.split_once("**") else { return fit(pattern, value) };
    // `**` takes what is left by the segments on both sides of it.
    let (before, behind) = (before.trim_end_matches('/'), behind.trim_start_matches('/'));
    let segments: Vec<&str> = value.split('/').filter(|_| !value.is_empty()).collect();
    let count = |pattern: &str| if pattern.is_empty() { 0 } else { pattern.split('/').count() };
    let (first, last) = (count(before), count(behind));
    first + last <= segments.len()
        && (first == 0 || fit(before, &segments[..first].join("/")))
        && (last == 0 || fit(behind, &segments[segments.len() - last..].join("/")))
}

/// Whether the segments of a value are those of a pattern without `**`.
fn fit(pattern: &str, value: &str) -> bool {
    let mut segments = value.split('/');
    for part in pattern.split('/') {
        let Some(segment) = segments.next() else { return false };
        if part == "*" {
            if segment.is_empty() {
                return false;
            }
            continue;
        }
        let mut encoded = String::new();
        encode(segment, &mut encoded);
        if segment != part && encoded != part {
            return false;
        }
    }
    segments.next().is_none()
}

/// The text of the field at a path of indices; `None` when it has none.
fn value(info: &'static MessageInfo, path: &[u16], fields: &Struct) -> Option<String> {
    let (index, path) = path.split_first()?;
    let field = info.field(usize::from(*index));
    let found = fields.fields.get(field.json());
    if path.is_empty() {
        return match found {
            Some(value) => text(value),
            None => unset(field),
        };
    }
    let Type::Message(inner) = field.ty else { return None };
    match found.and_then(|value| value.kind.as_ref()) {
        Some(Kind::StructValue(inside)) => value_in(inner(), path, inside),
        _ => value_in(inner(), path, &Struct::default()),
    }
}

fn value_in(info: &'static MessageInfo, path: &[u16], fields: &Struct) -> Option<String> {
    // The parts of a well-known type are not in its JSON.
    matches!(info.form, Form::Fields).then(|| value(info, path, fields)).flatten()
}

/// What stands for a field without a value.
fn unset(field: &Field) -> Option<String> {
    Some(match field.ty {
        Type::String | Type::Bytes => String::new(),
        Type::Bool => "false".into(),
        Type::Enum(info) => zero(info),
        Type::Message(_) | Type::Group(_) => return None,
        _ => "0".into(),
    })
}

fn zero(info: &EnumInfo) -> String {
    info.name_of(0).map_or_else(|| "0".into(), str::to_owned)
}

/// A JSON scalar as text.
fn text(value: &Value) -> Option<String> {
    match value.kind.as_ref()? {
        Kind::StringValue(text) => Some(text.clone()),
        Kind::BoolValue(value) => Some(value.to_string()),
        Kind::NumberValue(number) => Some(number.to_string()),
        Kind::NullValue(_) | Kind::StructValue(_) | Kind::ListValue(_) => None,
    }
}

/// The parameters of a query.
struct Query<'a> {
    binding: &'a Binding,
    pairs: Vec<(String, String)>,
    /// Where the message is whose fields are looked at.
    path: Vec<u16>,
}

impl Query<'_> {
    fn message(&mut self, info: &'static MessageInfo, fields: &Struct, prefix: &str) -> Result<(), Status> {
        for (index, field) in (0u16..).zip(info.fields) {
            let Some(value) = fields.fields.get(field.json()) else { continue };
            self.path.push(index);
            if !self.is_elsewhere() {
                let name = format!("{prefix}{}", field.proto());
                self.field(field, value, &name)?;
            }
            self.path.pop();
        }
        Ok(())
    }

    /// Whether the field is in the path or in the body.
    fn is_elsewhere(&self) -> bool {
        self.binding.variables.iter().any(|v| *v.path == *self.path)
            || matches!(self.binding.body, BodyKind::Field(body) if self.path == [body])
    }

    fn field(&mut self, field: &'static Field, value: &Value, name: &str) -> Result<(), Status> {
        let cannot = || {
            Status::invalid_argument(format!(
                "`{name}` has no form in the query of `{}`",
                self.binding.template
            ))
        };
        match (&value.kind, field.cardinality, field.ty) {
            (_, Cardinality::Map(_), _) => Err(cannot()),
            (Some(Kind::ListValue(list)), Cardinality::Repeated | Cardinality::Packed, _) => {
                for value in &list.values {
                    let value = text(value).ok_or_else(cannot)?;
                    self.pairs.push((name.to_owned(), value));
                }
                Ok(())
            }
            (Some(Kind::StructValue(inner)), _, Type::Message(info) | Type::Group(info))
                if matches!(info().form, Form::Fields) && !inner.fields.is_empty() =>
            {
                self.message(info(), inner, &format!("{name}."))
            }
            _ => {
                let value = text(value).ok_or_else(cannot)?;
                self.pairs.push((name.to_owned(), value));
                Ok(())
            }
        }
    }
}

fn encode(text: &str, out: &mut String) {
    out.extend(utf8_percent_encode(text, RESERVED));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, value, expected) in [
            ("*", "a/b", true),
            ("*", "", false),
            ("shelves/*", "shelves/1", true),
            ("shelves/*", "shelves/", false),
            ("shelves/*", "books/1", false),
            ("shelves/*", "shelves/1/2", false),
            ("a/**", "a", true),
            ("a/**", "a/b/c", true),
            ("a/**", "b", false),
            ("**", "", true),
            ("a/**/b", "a/b", true),
            ("a/**/b", "a/x/y/b", true),
            ("a/**/b", "a", false),
            ("**/b/*", "x/b/1", true),
            ("**/b/*", "b/1", true),
            ("**/b/*", "x/c/1", false),
            ("**/b/*", "", false),
        ] {
            assert_eq!(fits(pattern, value), expected, "{pattern} {value}");
        }
    }

    #[test]
    fn literals_keep_their_verb() {
        for (text, expected) in [
            ("/v1/a:go", "/v1/a:go"),
            ("/v1/*/b", "/v1/-/b"),
            ("/v1/**", "/v1"),
            ("/v1/**:x", "/v1:x"),
            ("/", "/"),
        ] {
            let mut out = String::new();
            literal(text, &mut out);
            assert_eq!(out, expected, "{text}");
        }
    }

    #[test]
    fn several_segments_keep_their_slashes() {
        let mut out = String::new();
        push(&Variable::rest(&[0], 0, 0), "a b/c%2Fd/100%", &mut out);
        assert_eq!(out, "a%20b/c%2Fd/100%25");
        let mut out = String::new();
        push(&Variable::new(&[0], 0, 1), "a/b%2Fc", &mut out);
        assert_eq!(out, "a%2Fb%252Fc");
    }
}
