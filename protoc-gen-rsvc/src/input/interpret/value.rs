//! Plain values of options as bytes.

use prost::encoding::{
    self, DecodeContext, WireType, decode_key, encode_key, encode_varint, encoded_len_varint, skip_field,
};

use super::schema::FieldType;
use crate::input::raw::Type;

/// A value as it is written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Plain<'a> {
    Integer(i128),
    Float(f64),
    Word(&'a str),
    Text(&'a [u8]),
}

/// Why a value cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Misfit {
    Type,
    Range,
    /// A string that no string of Rust can hold. protoc lets it pass in proto2.
    Utf8,
}

/// Appends the value of a field that is not a message.
pub(super) fn write(field: FieldType, value: &Plain, out: &mut Vec<u8>) -> Result<(), Misfit> {
    let number = field.number();
    macro_rules! integer {
        ($type:ty, $codec:ident) => {{
            let Plain::Integer(value) = value else { return Err(Misfit::Type) };
            let value = <$type>::try_from(*value).map_err(|_| Misfit::Range)?;
            encoding::$codec::encode(number, &value, out);
        }};
    }
    match field.ty() {
        Type::Int32 => integer!(i32, int32),
        Type::Int64 => integer!(i64, int64),
        Type::Uint32 => integer!(u32, uint32),
        Type::Uint64 => integer!(u64, uint64),
        Type::Sint32 => integer!(i32, sint32),
        Type::Sint64 => integer!(i64, sint64),
        Type::Fixed32 => integer!(u32, fixed32),
        Type::Fixed64 => integer!(u64, fixed64),
        Type::Sfixed32 => integer!(i32, sfixed32),
        Type::Sfixed64 => integer!(i64, sfixed64),
        Type::Double => encoding::double::encode(number, &float(value)?, out),
        Type::Float => {
            #[allow(clippy::cast_possible_truncation)] // to the nearest, as protoc does
            encoding::float::encode(number, &(float(value)? as f32), out);
        }
        Type::Bool => match value {
            Plain::Word("true") => encoding::bool::encode(number, &true, out),
            Plain::Word("false") => encoding::bool::encode(number, &false, out),
            _ => return Err(Misfit::Type),
        },
        Type::String => match value {
            Plain::Text(bytes) => {
                let text = str::from_utf8(bytes).map_err(|_| Misfit::Utf8)?;
                encoding::string::encode(number, &text.to_owned(), out);
            }
            _ => return Err(Misfit::Type),
        },
        Type::Bytes => match value {
            Plain::Text(bytes) => encoding::bytes::encode(number, &bytes.to_vec(), out),
            _ => return Err(Misfit::Type),
        },
        Type::Enum => {
            let known = field.enumeration().zip(match value {
                Plain::Word(word) => Some(*word),
                _ => None,
            });
            let value = known.and_then(|(known, word)| known.number(word)).ok_or(Misfit::Type)?;
            encoding::int32::encode(number, &value, out);
        }
        Type::Message | Type::Group => return Err(Misfit::Type),
    }
    Ok(())
}

/// Appends the number of an enum's value that has no name here.
pub(super) fn write_enum_number(field: FieldType, value: i32, out: &mut Vec<u8>) {
    encoding::int32::encode(field.number(), &value, out);
}

fn float(value: &Plain) -> Result<f64, Misfit> {
    match value {
        Plain::Float(value) => Ok(*value),
        #[allow(clippy::cast_precision_loss)] // to the nearest, as protoc does
        Plain::Integer(value) => Ok(*value as f64),
        Plain::Word("inf") => Ok(f64::INFINITY),
        Plain::Word("nan") => Ok(f64::NAN),
        _ => Err(Misfit::Type),
    }
}

/// Appends a field that is a message, given its bytes.
pub(super) fn write_message(field: FieldType, content: &[u8], out: &mut Vec<u8>) {
    let number = field.number();
    if field.is_delimited() {
        encode_key(number, WireType::StartGroup, out);
        out.extend_from_slice(content);
        encode_key(number, WireType::EndGroup, out);
    } else {
        encode_key(number, WireType::LengthDelimited, out);
        encode_varint(content.len() as u64, out);
        out.extend_from_slice(content);
    }
}

/// How often the field at the end of a way of numbers occurs in the bytes of a message. Bytes that are not a message
/// hold nothing.
pub(super) fn count(bytes: &[u8], way: &[u32]) -> usize {
    let Some((&first, deeper)) = way.split_first() else { return 1 };
    let mut rest = bytes;
    let mut found = 0;
    while !rest.is_empty() {
        let Ok((number, wire_type)) = decode_key(&mut rest) else { break };
        let start = rest;
        if skip_field(wire_type, number, &mut rest, DecodeContext::default()).is_err() {
            break;
        }
        if number != first {
            continue;
        }
        let value = &start[..start.len() - rest.len()];
        found += match wire_type {
            _ if deeper.is_empty() => 1,
            WireType::LengthDelimited => {
                let mut content = value;
                encoding::decode_varint(&mut content).map_or(0, |_| count(content, deeper))
            }
            WireType::StartGroup => {
                let end = encoded_len_varint(u64::from(number) << 3 | WireType::EndGroup as u64);
                value.len().checked_sub(end).map_or(0, |end| count(&value[..end], deeper))
            }
            _ => 0,
        };
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_counted_through_messages_and_groups() {
        // 1: { 2: 5 }, group 3 { 2: 6 2: 7 }, 1: { 2: 8 }
        let bytes = [0x0a, 2, 0x10, 5, 0x1b, 0x10, 6, 0x10, 7, 0x1c, 0x0a, 2, 0x10, 8];
        assert_eq!((count(&bytes, &[1]), count(&bytes, &[1, 2]), count(&bytes, &[3, 2])), (2, 2, 2));
        assert_eq!((count(&bytes, &[2]), count(&bytes, &[1, 2, 9]), count(&[0xff], &[1])), (0, 0, 0));
    }
}
