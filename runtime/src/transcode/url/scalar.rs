//! A value as text, as it stands in a URL.
//!
//! It is ProtoJSON's text of the type, without quotes. Where the peers agree on more, so do we: a sign `+`, the spellings
//! of bools that Go has, numbers such as `.5`. Where they agree on less, too: integers have no fraction and no exponent,
//! and an enum's number must be one of the enum.

use std::borrow::Cow;
use std::str::FromStr;

use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint};

use crate::json;
use crate::json::Json;
use crate::json::info::{EnumInfo, Field, MessageInfo, Type};

type Result<T> = std::result::Result<T, Cow<'static, str>>;

/// Appends `field` with the value that `text` says. Defaults are written too: they may replace something.
pub(crate) fn put(field: &Field, text: &str, out: &mut Vec<u8>) -> Result<()> {
    let number = field.number;
    let mut varint = |value: u64| {
        encode_key(number, WireType::Varint, out);
        encode_varint(value, out);
    };
    let zigzag = |value: i64| ((value << 1) ^ (value >> 63)).cast_unsigned();
    match field.ty {
        Type::Int32 => varint(i64::from(integer::<i32>(text, "int32")?).cast_unsigned()),
        Type::Int64 => varint(integer::<i64>(text, "int64")?.cast_unsigned()),
        Type::Uint32 => varint(integer::<u32>(text, "uint32")?.into()),
        Type::Uint64 => varint(integer(text, "uint64")?),
        Type::Sint32 => varint(zigzag(integer::<i32>(text, "int32")?.into())),
        Type::Sint64 => varint(zigzag(integer(text, "int64")?)),
        Type::Bool => varint(boolean(text)?.into()),
        Type::Enum(info) => varint(i64::from(enumeration(info, text)?).cast_unsigned()),
        Type::Fixed32 => fixed32(number, integer::<u32>(text, "uint32")?.to_le_bytes(), out),
        Type::Sfixed32 => fixed32(number, integer::<i32>(text, "int32")?.to_le_bytes(), out),
        Type::Float => fixed32(number, float::<f32>(text, "float", f32::is_finite)?.to_le_bytes(), out),
        Type::Fixed64 => fixed64(number, integer::<u64>(text, "uint64")?.to_le_bytes(), out),
        Type::Sfixed64 => fixed64(number, integer::<i64>(text, "int64")?.to_le_bytes(), out),
        Type::Double => fixed64(number, float::<f64>(text, "double", f64::is_finite)?.to_le_bytes(), out),
        Type::String => bytes(number, text.as_bytes(), out),
        Type::Bytes => bytes(number, &quoted::<Vec<u8>>(text)?, out),
        Type::Message(info) => bytes(number, &message(info(), text)?, out),
        Type::Group(_) => return Err("a group has no text".into()),
    }
    Ok(())
}

/// Appends a string.
pub(crate) fn put_text(number: u32, text: &str, out: &mut Vec<u8>) {
    bytes(number, text.as_bytes(), out);
}

/// Appends a field of bytes.
#[cfg(feature = "multipart")]
pub(crate) fn put_bytes(number: u32, value: &[u8], out: &mut Vec<u8>) {
    bytes(number, value, out);
}

fn fixed32(number: u32, value: [u8; 4], out: &mut Vec<u8>) {
    encode_key(number, WireType::ThirtyTwoBit, out);
    out.extend_from_slice(&value);
}

fn fixed64(number: u32, value: [u8; 8], out: &mut Vec<u8>) {
    encode_key(number, WireType::SixtyFourBit, out);
    out.extend_from_slice(&value);
}

fn bytes(number: u32, value: &[u8], out: &mut Vec<u8>) {
    encode_key(number, WireType::LengthDelimited, out);
    encode_varint(value.len() as u64, out);
    out.extend_from_slice(value);
}

fn not(text: &str, what: &str) -> Cow<'static, str> {
    format!("{:?} is not {what}", super::shown(text)).into()
}

fn integer<T: FromStr>(text: &str, name: &str) -> Result<T> {
    text.parse().map_err(|_| not(text, &format!("an {name}")))
}

fn boolean(text: &str) -> Result<bool> {
    match text {
        "true" | "True" | "TRUE" | "t" | "T" | "1" => Ok(true),
        "false" | "False" | "FALSE" | "f" | "F" | "0" => Ok(false),
        _ => Err(not(text, "a bool")),
    }
}

fn float<T: FromStr + Copy>(text: &str, name: &str, is_finite: fn(T) -> bool) -> Result<T> {
    let wrong = || not(text, &format!("a {name}"));
    let special = matches!(text, "NaN" | "Infinity" | "-Infinity");
    let digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    if !special && !digits {
        return Err(wrong());
    }
    text.parse().ok().filter(|&value| special || is_finite(value)).ok_or_else(wrong)
}

fn enumeration(info: &EnumInfo, text: &str) -> Result<i32> {
    let by_number = || text.parse().ok().filter(|&number| info.name_of(number).is_some());
    info.number_of(text).or_else(by_number).ok_or_else(|| not(text, &format!("a value of {}", info.name)))
}

/// The bytes of a well-known type that has a text.
fn message(info: &MessageInfo, text: &str) -> Result<Vec<u8>> {
    match info.name {
        "google.protobuf.Timestamp" => {
            quoted::<prost_types::Timestamp>(text).map(|time| time.encode_to_vec())
        }
        "google.protobuf.Duration" => quoted::<prost_types::Duration>(text).map(|time| time.encode_to_vec()),
        "google.protobuf.FieldMask" => mask(text).map(|mask| mask.encode_to_vec()),
        name => Err(format!("{name} is a message: its fields are parameters of their own").into()),
    }
}

/// A field mask: paths of field names, as the `.proto` has them (as grpc-gateway takes them) or in camel case (as
/// ProtoJSON has them), or `*` for all fields (AIP-134).
fn mask(text: &str) -> Result<prost_types::FieldMask> {
    let is_path = |path: &&str| {
        let is_name =
            |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        *path == "*" || path.split('.').all(is_name)
    };
    let mut paths = Vec::new();
    for path in text.split(',').filter(|_| !text.is_empty()) {
        if !is_path(&path) {
            return Err(not(text, "a field mask: paths of field names, separated by commas"));
        }
        paths.push(json::wkt::to_snake_case(path));
    }
    Ok(prost_types::FieldMask { paths })
}

/// A value whose JSON is a string.
fn quoted<T: Json + Default>(text: &str) -> Result<T> {
    let quoted = json::to_vec(&text.to_owned()).and_then(|text| json::from_slice(&text));
    quoted.map_err(|error| error.message().to_owned().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_has_either_spelling() {
        let paths = |text: &str| mask(text).map(|mask| mask.paths).ok();
        for (text, wanted) in [
            ("", &[][..]),
            ("*", &["*"]),
            ("snake_case_name", &["snake_case_name"]),
            ("snakeCaseName", &["snake_case_name"]),
            ("float_value,doubleValue", &["float_value", "double_value"]),
            ("inner.snake_case,inner.camelCase", &["inner.snake_case", "inner.camel_case"]),
        ] {
            assert_eq!(
                paths(text).as_deref(),
                Some(&wanted.iter().map(ToString::to_string).collect::<Vec<_>>()[..])
            );
        }
        for text in [",", "a,", "a b", "a..b", ".a", "a.*", "ä"] {
            assert_eq!(paths(text), None, "{text}");
        }
    }
}
