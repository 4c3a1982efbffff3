//! The fields of a message's bytes, without its type.

use prost::encoding::{DecodeContext, WireType, decode_varint};

/// Whether a message's bytes have a field.
#[cfg(feature = "rest")]
pub(crate) fn has_field(message: &[u8], number: u32) -> bool {
    records(message).any(|(other, _)| other == number)
}

/// The message that a field of another message is: of several records, one continues the other.
pub(crate) fn message_in(message: &[u8], number: u32) -> Vec<u8> {
    records(message).filter(|(other, _)| *other == number).flat_map(|(_, bytes)| bytes).copied().collect()
}

/// The fields of a message, with their bytes where they are messages, text or the like.
fn records(mut message: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    std::iter::from_fn(move || {
        let (number, wire_type) = prost::encoding::decode_key(&mut message).ok()?;
        if wire_type != WireType::LengthDelimited {
            prost::encoding::skip_field(wire_type, number, &mut message, DecodeContext::default()).ok()?;
            return Some((number, &[][..]));
        }
        let len = usize::try_from(decode_varint(&mut message).ok()?).ok()?;
        let (bytes, rest) = message.split_at_checked(len)?;
        message = rest;
        Some((number, bytes))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_a_field_continue_each_other() {
        // Field 1 is a varint, field 2 comes twice.
        let message = b"\x12\x02\x08\x01\x08\x05\x12\x02\x10\x02";
        assert_eq!(message_in(message, 2), b"\x08\x01\x10\x02");
        assert_eq!(message_in(message, 3), b"");
    }

    #[cfg(feature = "rest")]
    #[test]
    fn fields_are_found() {
        assert!(has_field(b"\x08\x05\x12\x00", 1) && has_field(b"\x08\x05\x12\x00", 2));
        assert!(!has_field(b"\x08\x05", 2) && !has_field(b"\x12\x05ab", 2));
    }
}
