//! The wire format, as far as tables need it.

use prost::encoding::{WireType, decode_key, decode_varint};

use crate::json::info::Type;

/// A value as it stands on the wire.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Raw<'a> {
    Varint(u64),
    Fixed32(u32),
    Fixed64(u64),
    Bytes(&'a [u8]),
    Group(&'a [u8]),
}

/// Bytes that are not of the type they should be.
#[derive(Debug)]
pub(crate) struct Wrong(pub(crate) String);

impl From<prost::DecodeError> for Wrong {
    fn from(error: prost::DecodeError) -> Self {
        Self(error.to_string())
    }
}

impl From<&str> for Wrong {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// How deep groups may nest that no table knows.
const GROUP_LIMIT: u32 = 100;

/// Takes the next field.
pub(crate) fn next<'a>(bytes: &mut &'a [u8]) -> Result<Option<(u32, Raw<'a>)>, Wrong> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let (number, wire_type) = decode_key(bytes)?;
    value(bytes, number, wire_type, GROUP_LIMIT).map(|raw| Some((number, raw)))
}

fn value<'a>(bytes: &mut &'a [u8], number: u32, wire_type: WireType, limit: u32) -> Result<Raw<'a>, Wrong> {
    Ok(match wire_type {
        WireType::Varint => Raw::Varint(decode_varint(bytes)?),
        WireType::ThirtyTwoBit => Raw::Fixed32(u32::from_le_bytes(array(bytes)?)),
        WireType::SixtyFourBit => Raw::Fixed64(u64::from_le_bytes(array(bytes)?)),
        WireType::LengthDelimited => {
            let len = decode_varint(bytes)?;
            let len = usize::try_from(len).map_err(|_| "a length beyond the buffer")?;
            let (value, rest) = bytes.split_at_checked(len).ok_or("a length beyond the buffer")?;
            *bytes = rest;
            Raw::Bytes(value)
        }
        WireType::StartGroup => {
            let limit = limit.checked_sub(1).ok_or("groups nested too deep")?;
            let start = *bytes;
            loop {
                let before = start.len() - bytes.len();
                match decode_key(bytes)? {
                    (end, WireType::EndGroup) if end == number => break Raw::Group(&start[..before]),
                    (inner, wire_type) => drop(value(bytes, inner, wire_type, limit)?),
                }
            }
        }
        WireType::EndGroup => return Err("the end of a group that did not start".into()),
    })
}

fn array<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], Wrong> {
    let (value, rest) = bytes.split_first_chunk::<N>().ok_or("a number that is cut off")?;
    *bytes = rest;
    Ok(*value)
}

/// How a type stands on the wire.
pub(crate) fn wire_type(ty: Type) -> WireType {
    match ty {
        Type::Double | Type::Fixed64 | Type::Sfixed64 => WireType::SixtyFourBit,
        Type::Float | Type::Fixed32 | Type::Sfixed32 => WireType::ThirtyTwoBit,
        Type::String | Type::Bytes | Type::Message(_) => WireType::LengthDelimited,
        Type::Group(_) => WireType::StartGroup,
        _ => WireType::Varint,
    }
}

/// The value of a type that is not on the wire.
pub(crate) fn default(ty: Type) -> Raw<'static> {
    match wire_type(ty) {
        WireType::SixtyFourBit => Raw::Fixed64(0),
        WireType::ThirtyTwoBit => Raw::Fixed32(0),
        WireType::LengthDelimited => Raw::Bytes(&[]),
        WireType::StartGroup | WireType::EndGroup => Raw::Group(&[]),
        WireType::Varint => Raw::Varint(0),
    }
}

/// Takes an element of a packed field.
pub(crate) fn next_packed<'a>(bytes: &mut &'a [u8], ty: Type) -> Result<Option<Raw<'a>>, Wrong> {
    if bytes.is_empty() { Ok(None) } else { value(bytes, 0, wire_type(ty), 0).map(Some) }
}
