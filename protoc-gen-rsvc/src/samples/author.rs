//! Samples that the author of a `.proto` gives, from JSON.

use rsvc_common::sample::{Known, Scalar, Value};
use rsvc_common::text;

use super::json::Json;
use super::tables;
use crate::model::{AuthorSample, FieldId, FieldKind, MessageId, SampleOf, Schema, ValueType};
use crate::sorted;

/// The value of a sample, or why it is not one.
pub(super) fn value(schema: &Schema, sample: &AuthorSample) -> Result<Value, String> {
    let json = Json::parse(&sample.text).map_err(|error| format!("the sample is not JSON: {error}"))?;
    match sample.of {
        SampleOf::Field(id) => field(schema, id, &json),
        SampleOf::Message(id) => message(schema, id, &json),
    }
}

fn field(schema: &Schema, id: FieldId, json: &Json) -> Result<Value, String> {
    let node = &schema.fields[id];
    match (&node.kind, json) {
        (FieldKind::Singular(ty, _), json) => one(schema, ty, json),
        (FieldKind::Repeated(ty), Json::Array(items)) => {
            Ok(Value::List(items.iter().map(|item| one(schema, ty, item)).collect::<Result<_, _>>()?))
        }
        (FieldKind::Map(key, ty), Json::Object(pairs)) => {
            let key = ValueType::Scalar(*key);
            let pair = |(name, value): &(String, Json)| {
                let name = match tables::value_type(schema, &key) {
                    rsvc_common::sample::Type::Scalar(Scalar::Bool) => Json::Bool(name == "true"),
                    _ => Json::String(name.clone()),
                };
                Ok((one(schema, &key, &name)?, one(schema, ty, value)?))
            };
            Ok(Value::Map(pairs.iter().map(pair).collect::<Result<_, String>>()?))
        }
        (FieldKind::Repeated(_), _) => Err(format!("the field `{}` is a list", node.name)),
        (FieldKind::Map(..), _) => Err(format!("the field `{}` is a map", node.name)),
    }
}

fn message(schema: &Schema, id: MessageId, json: &Json) -> Result<Value, String> {
    let node = &schema.messages[id];
    let Json::Object(entries) = json else {
        return Err(format!("a `{}` is an object", node.full_name));
    };
    let mut fields = Vec::new();
    for (name, json) in entries {
        let known = |id: &FieldId| {
            let field = &schema.fields[*id];
            field.json_name == *name || field.name == *name
        };
        let Some(at) = node.fields.iter().position(known) else {
            return Err(format!("`{}` has no field `{name}`", node.full_name));
        };
        if *json != Json::Null {
            fields.push((at, field(schema, node.fields[at], json)?));
        }
    }
    sorted::sort_by_key(&mut fields, |(at, _)| *at);
    let is_twice = |pair: &[(usize, Value)]| {
        let oneof = |at: usize| schema.fields[node.fields[at]].oneof;
        pair[0].0 == pair[1].0 || (oneof(pair[0].0).is_some() && oneof(pair[0].0) == oneof(pair[1].0))
    };
    if fields.windows(2).any(is_twice) {
        return Err(format!("a field or oneof of `{}` is set twice", node.full_name));
    }
    Ok(Value::Message(fields))
}

fn one(schema: &Schema, ty: &ValueType, json: &Json) -> Result<Value, String> {
    use rsvc_common::sample::Type;
    match (ty, tables::value_type(schema, ty)) {
        (ValueType::Enum(id), _) => enumeration(schema, *id, json),
        (_, Type::Scalar(of) | Type::Known(Known::Wrapper(of))) => {
            scalar(of, json).ok_or_else(|| format!("`{json}` is not {}", called(of)))
        }
        (ValueType::Message(id) | ValueType::Group(id), Type::Message(_)) => message(schema, *id, json),
        (_, Type::Known(known)) => self::known(known, json),
        _ => Err(format!("`{json}` cannot be a sample here")),
    }
}

fn enumeration(schema: &Schema, id: crate::model::EnumId, json: &Json) -> Result<Value, String> {
    let node = &schema.enums[id];
    let number = match json {
        Json::String(name) => node.values.iter().find(|value| value.name == *name).map(|value| value.number),
        json => json.as_integer().and_then(|n| i32::try_from(n).ok()),
    };
    let number = number.ok_or_else(|| format!("`{}` has no value {json}", node.full_name))?;
    Ok(Value::Int(number.into()))
}

fn scalar(of: Scalar, json: &Json) -> Option<Value> {
    Some(match (of, json) {
        (Scalar::Bool, Json::Bool(b)) => Value::Bool(*b),
        (Scalar::String, Json::String(text)) => Value::Text(text.clone()),
        (Scalar::Bytes, Json::String(text)) => Value::Bytes(base64(text)?),
        (Scalar::Float | Scalar::Double, json) => {
            let number = match json {
                Json::String(text) => match text.as_str() {
                    "NaN" => f64::NAN,
                    "Infinity" => f64::INFINITY,
                    "-Infinity" => f64::NEG_INFINITY,
                    text => text.parse().ok()?,
                },
                json => json.as_f64()?,
            };
            #[allow(clippy::cast_possible_truncation)] // that is what the type does
            let number = if of == Scalar::Float { f64::from(number as f32) } else { number };
            Value::Double(number)
        }
        (of, json) => {
            let (least, most) = of.range()?;
            let number: i128 = match json {
                Json::String(text) => text.parse().ok()?,
                json => json.as_integer()?,
            };
            (least..=most).contains(&number).then_some(Value::Int(number))?
        }
    })
}

fn called(of: Scalar) -> &'static str {
    match of {
        Scalar::Bool => "a bool",
        Scalar::Int32 => "an integer of 32 bits",
        Scalar::Int64 => "an integer of 64 bits",
        Scalar::Uint32 => "an unsigned integer of 32 bits",
        Scalar::Uint64 => "an unsigned integer of 64 bits",
        Scalar::Float | Scalar::Double => "a number",
        Scalar::String => "a string",
        Scalar::Bytes => "bytes in base64",
    }
}

fn known(known: Known, json: &Json) -> Result<Value, String> {
    let time = |parsed: Option<(i64, i32)>| parsed.map(|(seconds, nanos)| Value::Time(seconds, nanos));
    let found = match (known, json) {
        (Known::Timestamp, Json::String(text)) => time(text::parse_timestamp(text)),
        (Known::Duration, Json::String(text)) => {
            time(text.strip_suffix('s').and_then(|_| text::parse_duration(text)))
        }
        (Known::FieldMask, Json::String(paths)) => {
            let paths = paths.split(',').filter(|path| !path.is_empty());
            Some(Value::List(paths.map(|path| Value::Text(snake(path))).collect()))
        }
        (Known::Empty | Known::Struct, Json::Object(_))
        | (Known::ListValue, Json::Array(_))
        | (Known::Value, _) => Some(Value::Json(json.to_string())),
        (Known::Any, Json::Object(_)) if json.get("@type").is_some() => Some(Value::Json(json.to_string())),
        _ => None,
    };
    found.ok_or_else(|| format!("`{json}` is not the JSON of a `google.protobuf.{known:?}`"))
}

/// A path of a field mask, from JSON.
fn snake(path: &str) -> String {
    let mut out = String::new();
    for c in path.chars() {
        if c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// Either alphabet of base64, with padding or without.
fn base64(text: &str) -> Option<Vec<u8>> {
    let (mut out, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for b in text.trim_end_matches('=').bytes() {
        let digit = match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(digit);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held & 0xff).to_le_bytes()[0]);
        }
    }
    Some(out)
}
