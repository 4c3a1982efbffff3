//! Values as ProtoJSON.

use std::fmt::Write as _;

use super::table::{Kind, Known, Scalar, Tables, Type, Value};
use crate::{base64, text};

/// A value of a type as ProtoJSON.
pub fn json(tables: &Tables, ty: Type, value: &Value) -> String {
    let mut out = String::new();
    Writer { tables, out: &mut out }.value(ty, value);
    out
}

struct Writer<'a> {
    tables: &'a Tables,
    out: &'a mut String,
}

impl Writer<'_> {
    fn value(&mut self, ty: Type, value: &Value) {
        match (ty, value) {
            (_, Value::Json(text)) => self.out.push_str(text),
            (Type::Known(Known::Wrapper(scalar)) | Type::Scalar(scalar), value) => self.scalar(scalar, value),
            (Type::Enum(id), Value::Int(number)) => {
                let known = self.tables.enums[id].values.iter().find(|known| i128::from(known.1) == *number);
                match known {
                    Some((name, _)) => quote(self.out, name),
                    None => self.push(number),
                }
            }
            (Type::Message(id), Value::Message(fields)) => self.message(id, fields),
            (Type::Known(Known::Timestamp), Value::Time(seconds, nanos)) => {
                quote(self.out, &text::timestamp(*seconds, *nanos));
            }
            (Type::Known(Known::Duration), Value::Time(seconds, nanos)) => self.duration(*seconds, *nanos),
            (Type::Known(Known::FieldMask), Value::List(paths)) => {
                let paths = paths.iter().filter_map(|path| match path {
                    Value::Text(path) => Some(camel(path)),
                    _ => None,
                });
                let paths: Vec<String> = paths.collect();
                quote(self.out, &paths.join(","));
            }
            _ => self.out.push_str("{}"),
        }
    }

    fn push(&mut self, shown: impl std::fmt::Display) {
        let _ = write!(self.out, "{shown}");
    }

    fn scalar(&mut self, scalar: Scalar, value: &Value) {
        match (scalar, value) {
            (_, Value::Bool(b)) => self.push(b),
            (Scalar::Int64 | Scalar::Uint64, Value::Int(n)) => self.push(format_args!("\"{n}\"")),
            (_, Value::Int(n)) => self.push(n),
            (_, Value::Double(d)) if !d.is_finite() => {
                self.push(format_args!("\"{}\"", text::double(*d)));
            }
            #[allow(clippy::cast_possible_truncation)] // it is one, and its shortest digits are wanted
            (Scalar::Float, Value::Double(d)) => self.push(format_args!("{:?}", *d as f32)),
            (_, Value::Double(d)) => self.push(format_args!("{d:?}")),
            (_, Value::Text(text)) => quote(self.out, text),
            (_, Value::Bytes(bytes)) => {
                self.out.push('"');
                let mut text = Vec::new();
                base64::encode(bytes, &mut text);
                self.out.extend(text.into_iter().map(char::from));
                self.out.push('"');
            }
            _ => self.out.push_str("null"),
        }
    }

    /// Seconds with the fraction that they have, in groups of three digits.
    fn duration(&mut self, seconds: i64, nanos: i32) {
        let sign = if seconds < 0 || nanos < 0 { "-" } else { "" };
        let (seconds, nanos) = (seconds.unsigned_abs(), nanos.unsigned_abs());
        let fraction = match nanos {
            0 => String::new(),
            n if n % 1_000_000 == 0 => format!(".{:03}", n / 1_000_000),
            n if n % 1_000 == 0 => format!(".{:06}", n / 1_000),
            n => format!(".{n:09}"),
        };
        self.push(format_args!("\"{sign}{seconds}{fraction}s\""));
    }

    fn message(&mut self, id: usize, fields: &[(usize, Value)]) {
        let message = &self.tables.messages[id];
        self.out.push('{');
        for (at, (index, value)) in fields.iter().enumerate() {
            let field = &message.fields[*index];
            if at > 0 {
                self.out.push(',');
            }
            quote(self.out, &field.json);
            self.out.push(':');
            self.field(field.kind, value);
        }
        self.out.push('}');
    }

    fn field(&mut self, kind: Kind, value: &Value) {
        match (kind, value) {
            (Kind::List(ty), Value::List(items)) => {
                self.out.push('[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        self.out.push(',');
                    }
                    self.value(ty, item);
                }
                self.out.push(']');
            }
            (Kind::Map(_, ty), Value::Map(pairs)) => {
                self.out.push('{');
                for (at, (key, value)) in pairs.iter().enumerate() {
                    if at > 0 {
                        self.out.push(',');
                    }
                    quote(self.out, &key_text(key));
                    self.out.push(':');
                    self.value(ty, value);
                }
                self.out.push('}');
            }
            (kind, value) => self.value(kind.value(), value),
        }
    }
}

/// The JSON of a field as a whole.
pub(super) fn field_json(tables: &Tables, kind: Kind, value: &Value) -> String {
    let mut out = String::new();
    Writer { tables, out: &mut out }.field(kind, value);
    out
}

/// A key of a map as JSON has it.
pub(super) fn key_text(key: &Value) -> String {
    match key {
        Value::Bool(b) => b.to_string(),
        Value::Int(n) => n.to_string(),
        Value::Text(text) => text.clone(),
        _ => String::new(),
    }
}

/// A path of a field mask in JSON.
fn camel(path: &str) -> String {
    let mut out = String::new();
    let mut up = false;
    for c in path.chars() {
        match c {
            '_' => up = true,
            c if std::mem::take(&mut up) => out.push(c.to_ascii_uppercase()),
            c => out.push(c),
        }
    }
    out
}

/// A text in quotes.
pub fn quote(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if c < ' ' || c == '\u{7f}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
