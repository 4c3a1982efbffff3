//! The values of the tests: as fields on the wire, and as literals.

use std::fmt::Write as _;

use prost::encoding::{self as wire, WireType};
use prost_reflect::{DynamicMessage, Kind, MapKey, ReflectMessage as _, Value};

/// The messages of a repeated field.
pub(crate) fn messages(from: &DynamicMessage, name: &str) -> Vec<DynamicMessage> {
    let value = from.get_field_by_name(name).expect("a field of the format");
    let items = value.as_list().unwrap_or_default();
    items.iter().filter_map(|item| item.as_message().cloned()).collect()
}

/// A message, where it is set.
pub(crate) fn message(from: &DynamicMessage, name: &str) -> Option<DynamicMessage> {
    if !from.has_field_by_name(name) {
        return None;
    }
    from.get_field_by_name(name).and_then(|value| value.as_message().cloned())
}

/// A text.
pub(crate) fn text(from: &DynamicMessage, name: &str) -> String {
    let value = from.get_field_by_name(name).expect("a field of the format");
    value.as_str().unwrap_or_default().to_owned()
}

/// A bool.
pub(crate) fn flag(from: &DynamicMessage, name: &str) -> bool {
    from.get_field_by_name(name).is_some_and(|value| value.as_bool() == Some(true))
}

/// The variables that have values.
pub(crate) fn bindings(test: &DynamicMessage) -> Vec<(String, DynamicMessage)> {
    let value = test.get_field_by_name("bindings").expect("a field of the format");
    let Some(entries) = value.as_map() else { return Vec::new() };
    let mut out: Vec<_> = entries
        .iter()
        .filter_map(|(key, value)| {
            let value = message(value.as_message()?, "value")?;
            Some((key.as_str()?.to_owned(), value))
        })
        .collect();
    out.sort_by(|a, b| a.0.cmp(&b.0));
    out
}

/// A text inside the quotes of a `.proto`.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\\' | '"' => {
                out.push('\\');
                out.push(c);
            }
            c if (c as u32) < 0x20 || c as u32 == 0x7f => {
                let _ = write!(out, "\\{:03o}", c as u32);
            }
            c => out.push(c),
        }
    }
    out
}

/// The field that a value is set in.
fn kind(value: &DynamicMessage) -> Option<(String, Value)> {
    let (field, value) = value.fields().next()?;
    Some((field.name().to_owned(), value.clone()))
}

/// The type of a variable as a field, whose value is appended to the bytes of its message.
pub(crate) fn variable(
    number: u32,
    ty: Option<&DynamicMessage>,
    value: Option<&DynamicMessage>,
    out: &mut Vec<u8>,
) -> Result<String, String> {
    let declared = ty.and_then(kind);
    let unfit = || Err("a variable of this type is not a field".to_owned());
    let Some(value) = value else { return Err("a variable without a value".into()) };
    let Some((held, value)) = kind(value) else { return Err("a variable without a value".into()) };
    if let Some((form, of)) = &declared {
        match (form.as_str(), held.as_str()) {
            ("list_type", "list_value") => {
                let items = messages(value.as_message().expect("a list"), "values");
                let element =
                    message(of.as_message().expect("a type"), "elem_type").and_then(|ty| scalar(&ty));
                let Some(element) = element else { return unfit() };
                for item in items {
                    encode(number, &item, out)?;
                }
                return Ok(format!("repeated {element}"));
            }
            ("map_type", "map_value") => {
                let of = of.as_message().expect("a type");
                let part = |name| message(of, name).and_then(|ty| scalar(&ty));
                let (Some(k), Some(v)) = (part("key_type"), part("value_type")) else { return unfit() };
                for entry in messages(value.as_message().expect("a map"), "entries") {
                    let mut bytes = Vec::new();
                    for (at, name) in [(1, "key"), (2, "value")] {
                        encode(at, &message(&entry, name).expect("an entry has both"), &mut bytes)?;
                    }
                    wire::bytes::encode(number, &bytes, out);
                }
                return Ok(format!("map<{k}, {v}>"));
            }
            ("list_type" | "map_type" | "type" | "function" | "type_param" | "error", _) => return unfit(),
            _ => {}
        }
    }
    if let Some(ty) = ty.and_then(scalar).filter(|_| held != "null_value") {
        encode_kind(number, &held, &value, out)?;
        return Ok(ty);
    }
    match (held.as_str(), &value) {
        ("null_value", _) => Ok("google.protobuf.Value".to_owned()),
        ("object_value", Value::Message(any)) if declared.as_ref().is_none_or(|(form, _)| form != "dyn") => {
            encode_kind(number, &held, &value, out)?;
            let url = text(any, "type_url");
            Ok(url.rsplit('/').next().unwrap_or_default().to_owned())
        }
        // Of any type: what is in an `Any` takes its place.
        _ => {
            let (name, bytes) = match (held.as_str(), &value) {
                ("object_value", Value::Message(any)) => {
                    let bytes = any.get_field_by_name("value").and_then(|v| v.as_bytes().cloned());
                    (text(any, "type_url"), bytes.unwrap_or_default().to_vec())
                }
                (held, _) => {
                    let name = match held {
                        "bool_value" => "BoolValue",
                        "int64_value" => "Int64Value",
                        "uint64_value" => "UInt64Value",
                        "double_value" => "DoubleValue",
                        "string_value" => "StringValue",
                        "bytes_value" => "BytesValue",
                        _ => return unfit(),
                    };
                    let mut bytes = Vec::new();
                    encode_kind(1, held, &value, &mut bytes)?;
                    (format!("type.googleapis.com/google.protobuf.{name}"), bytes)
                }
            };
            let mut any = Vec::new();
            wire::string::encode(1, &name, &mut any);
            wire::bytes::encode(2, &bytes, &mut any);
            wire::bytes::encode(number, &any, out);
            Ok("google.protobuf.Any".to_owned())
        }
    }
}

/// The name of a type that has one.
fn scalar(ty: &DynamicMessage) -> Option<String> {
    let (form, of) = kind(ty)?;
    let number = of.as_enum_number();
    Some(match (form.as_str(), number) {
        ("primitive", Some(1)) => "bool".into(),
        ("primitive", Some(2)) => "int64".into(),
        ("primitive", Some(3)) => "uint64".into(),
        ("primitive", Some(4)) => "double".into(),
        ("primitive", Some(5)) => "string".into(),
        ("primitive", Some(6)) => "bytes".into(),
        ("message_type", _) => of.as_str()?.to_owned(),
        _ => return None,
    })
}

/// A value as a field.
fn encode(number: u32, value: &DynamicMessage, out: &mut Vec<u8>) -> Result<(), String> {
    let (held, value) = kind(value).ok_or("a variable without a value")?;
    encode_kind(number, &held, &value, out)
}

fn encode_kind(number: u32, held: &str, value: &Value, out: &mut Vec<u8>) -> Result<(), String> {
    match (held, value) {
        ("bool_value", Value::Bool(b)) => wire::bool::encode(number, b, out),
        ("int64_value", Value::I64(n)) => wire::int64::encode(number, n, out),
        ("uint64_value", Value::U64(n)) => wire::uint64::encode(number, n, out),
        ("double_value", Value::F64(d)) => wire::double::encode(number, d, out),
        ("string_value", Value::String(s)) => wire::string::encode(number, s, out),
        ("bytes_value", Value::Bytes(b)) => wire::bytes::encode(number, &b.to_vec(), out),
        ("object_value", Value::Message(any)) => {
            let bytes =
                any.get_field_by_name("value").and_then(|v| v.as_bytes().cloned()).unwrap_or_default();
            wire::encode_key(number, WireType::LengthDelimited, out);
            wire::encode_varint(bytes.len() as u64, out);
            out.extend_from_slice(&bytes);
        }
        _ => return Err("a variable of this type is not a field".into()),
    }
    Ok(())
}

/// A value of the tests as CEL.
pub(crate) fn literal(value: &DynamicMessage) -> Result<String, String> {
    let Some((held, value)) = kind(value) else { return Err("no value".into()) };
    Ok(match (held.as_str(), &value) {
        ("null_value", _) => "null".into(),
        ("enum_value", _) => {
            return Err("enums that are types of their own".into());
        }
        ("object_value", Value::Message(any)) => of_any(any)?,
        ("map_value", Value::Message(map)) => {
            let mut entries = Vec::new();
            for entry in messages(map, "entries") {
                let part =
                    |name| message(&entry, name).map_or(Err("no value".into()), |value| literal(&value));
                entries.push(format!("{}: {}", part("key")?, part("value")?));
            }
            format!("{{{}}}", entries.join(", "))
        }
        ("list_value", Value::Message(list)) => {
            let items = messages(list, "values");
            let items = items.iter().map(literal).collect::<Result<Vec<_>, _>>()?;
            format!("[{}]", items.join(", "))
        }
        ("type_value", Value::String(name)) => name.clone(),
        (_, value) => of_field(value, &Kind::Bool)?,
    })
}

fn of_any(any: &DynamicMessage) -> Result<String, String> {
    let url = text(any, "type_url");
    let name = url.rsplit('/').next().unwrap_or_default();
    let pool = any.descriptor().parent_pool().clone();
    let descriptor = pool.get_message_by_name(name).ok_or("a message of an unknown type")?;
    let bytes = any.get_field_by_name("value").and_then(|v| v.as_bytes().cloned()).unwrap_or_default();
    of_message(&DynamicMessage::decode(descriptor, bytes).map_err(|error| error.to_string())?)
}

fn of_message(message: &DynamicMessage) -> Result<String, String> {
    let name = message.descriptor().full_name().to_owned();
    let number = |name| message.get_field_by_name(name).map(std::borrow::Cow::into_owned);
    match name.as_str() {
        "google.protobuf.Any" => return of_any(message),
        "google.protobuf.Timestamp" | "google.protobuf.Duration" => {
            let (seconds, nanos) = (number("seconds"), number("nanos"));
            let seconds = seconds.and_then(|n| n.as_i64()).unwrap_or_default();
            let nanos = nanos.and_then(|n| n.as_i32()).unwrap_or_default();
            return Ok(format!("{name}{{seconds: {seconds}, nanos: {nanos}}}"));
        }
        _ => {}
    }
    let mut sets = Vec::new();
    for (field, value) in message.fields() {
        let literal = of_field(value, &field.kind())?;
        sets.push(format!("{}: {literal}", field.name()));
    }
    if message.extensions().next().is_some() {
        return Err("prost does not store extensions".into());
    }
    Ok(format!("{name}{{{}}}", sets.join(", ")))
}

fn of_field(value: &Value, kind: &Kind) -> Result<String, String> {
    Ok(match value {
        Value::Bool(b) => b.to_string(),
        Value::I32(n) => n.to_string(),
        Value::I64(n) => n.to_string(),
        Value::U32(n) => format!("{n}u"),
        Value::U64(n) => format!("{n}u"),
        Value::F32(d) => double(f64::from(*d)),
        Value::F64(d) => double(*d),
        Value::String(s) => string(s),
        Value::Bytes(b) => {
            let mut out = String::from("b'");
            for byte in b {
                let _ = write!(out, "\\x{byte:02x}");
            }
            out + "'"
        }
        Value::EnumNumber(n) => match kind {
            Kind::Enum(of) if of.full_name() == "google.protobuf.NullValue" => "null".into(),
            _ => n.to_string(),
        },
        Value::Message(message) => of_message(message)?,
        Value::List(items) => {
            let items = items.iter().map(|item| of_field(item, kind)).collect::<Result<Vec<_>, _>>()?;
            format!("[{}]", items.join(", "))
        }
        Value::Map(entries) => {
            let mut out = Vec::new();
            #[allow(clippy::iter_over_hash_type)] // sorted below
            for (key, value) in entries {
                let key = match key {
                    MapKey::Bool(b) => b.to_string(),
                    MapKey::I32(n) => n.to_string(),
                    MapKey::I64(n) => n.to_string(),
                    MapKey::U32(n) => format!("{n}u"),
                    MapKey::U64(n) => format!("{n}u"),
                    MapKey::String(s) => string(s),
                };
                out.push(format!("{key}: {}", of_field(value, kind)?));
            }
            out.sort();
            format!("{{{}}}", out.join(", "))
        }
    })
}

fn double(d: f64) -> String {
    match d {
        d if d.is_nan() => "double('NaN')".into(),
        d if d.is_infinite() => if d > 0.0 { "(1.0 / 0.0)" } else { "(-1.0 / 0.0)" }.into(),
        d => format!("{d:?}"),
    }
}

fn string(s: &str) -> String {
    let mut out = String::from("'");
    for c in s.chars() {
        match c {
            '\\' | '\'' => {
                out.push('\\');
                out.push(c);
            }
            c if (c as u32) < 0x20 || (0x7f..0xa0).contains(&(c as u32)) => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out + "'"
}
