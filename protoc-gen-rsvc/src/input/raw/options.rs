//! The few fields of options that decide about structure, read from and written into their bytes.

use prost::Message;
use prost::encoding::{DecodeContext, WireType, decode_key, skip_field};
use prost_types::UninterpretedOption;

use super::Descriptor;

/// The fields of any options message that this phase reads. Numbers differ between the kinds of options; those
/// that mean something else in one kind are asked for only where they fit.
#[derive(Clone, Message)]
#[prost(skip_debug)]
pub(crate) struct Uninterpreted {
    #[prost(message, repeated, tag = "999")]
    pub(crate) uninterpreted_option: Vec<UninterpretedOption>,
}

#[derive(Clone, Message)]
#[prost(skip_debug)]
struct MessageOptions {
    #[prost(bool, optional, tag = "1")]
    message_set_wire_format: Option<bool>,
    #[prost(bool, optional, tag = "7")]
    map_entry: Option<bool>,
    #[prost(bool, optional, tag = "11")]
    deprecated_legacy_json_field_conflicts: Option<bool>,
}

#[derive(Clone, Message)]
#[prost(skip_debug)]
struct FieldOptions {
    #[prost(bool, optional, tag = "2")]
    packed: Option<bool>,
}

#[derive(Clone, Message)]
#[prost(skip_debug)]
struct EnumOptions {
    #[prost(bool, optional, tag = "2")]
    allow_alias: Option<bool>,
}

/// Whether a message is the entry of a map field.
pub(crate) fn is_map_entry(message: &Descriptor) -> bool {
    message
        .options
        .as_deref()
        .and_then(|bytes| MessageOptions::decode(bytes).ok())
        .is_some_and(|o| o.map_entry())
}

/// Whether the extensions of a message travel as a message set.
pub(crate) fn message_set(options: Option<&[u8]>) -> bool {
    let said = options.and_then(|bytes| MessageOptions::decode(bytes).ok());
    said.is_some_and(|o| o.message_set_wire_format())
        || plain_bool(options, "message_set_wire_format") == Some(true)
}

/// Whether a message keeps fields whose JSON names are the same, said in either form.
pub(crate) fn legacy_json_conflicts(options: Option<&[u8]>) -> bool {
    let said = options.and_then(|bytes| MessageOptions::decode(bytes).ok());
    let interpreted = said.is_some_and(|o| o.deprecated_legacy_json_field_conflicts());
    interpreted || plain_bool(options, "deprecated_legacy_json_field_conflicts") == Some(true)
}

/// What was said about packing, interpreted.
pub(crate) fn packed(options: Option<&[u8]>) -> Option<bool> {
    if let Some(said) = FieldOptions::decode(options?).ok()?.packed {
        return Some(said);
    }
    plain_bool(options, "packed")
}

/// Whether an enum's values may share numbers, said in either form.
pub(crate) fn allow_alias(options: Option<&[u8]>) -> bool {
    let interpreted =
        options.and_then(|bytes| EnumOptions::decode(bytes).ok()).is_some_and(|o| o.allow_alias());
    interpreted || plain_bool(options, "allow_alias") == Some(true)
}

/// The options that are still as the parser wrote them.
pub(crate) fn uninterpreted(options: Option<&[u8]>) -> Vec<UninterpretedOption> {
    options
        .and_then(|bytes| Uninterpreted::decode(bytes).ok())
        .map(|o| o.uninterpreted_option)
        .unwrap_or_default()
}

fn plain_bool(options: Option<&[u8]>, name: &str) -> Option<bool> {
    let all = uninterpreted(options);
    let option = all.iter().find(|option| match option.name.as_slice() {
        [part] => !part.is_extension && part.name_part == name,
        _ => false,
    })?;
    Some(option.identifier_value.as_deref() == Some("true"))
}

/// Says whether a repeated field is packed. On the wire, the last word counts.
pub(crate) fn set_packed(options: &mut Option<Vec<u8>>, packed: bool) {
    FieldOptions { packed: Some(packed) }
        .encode(options.get_or_insert_default())
        .expect("a vector takes any length");
}

/// The number of `uninterpreted_option` in every options message.
pub(crate) const UNINTERPRETED: u32 = 999;

/// The bytes of a message without one of its fields; `None` when they are not a message.
pub(crate) fn without(bytes: &[u8], field: u32) -> Option<Vec<u8>> {
    let mut kept = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while !rest.is_empty() {
        let start = rest;
        let (number, wire_type) = decode_key(&mut rest).ok()?;
        skip_field(wire_type, number, &mut rest, DecodeContext::default()).ok()?;
        if number != field {
            kept.extend_from_slice(&start[..start.len() - rest.len()]);
        }
    }
    Some(kept)
}

/// The bytes of a field that is a message, all its occurrences joined, which is how such fields merge.
pub(crate) fn message_field(bytes: &[u8], field: u32) -> Option<Vec<u8>> {
    let mut found: Option<Vec<u8>> = None;
    let mut rest = bytes;
    while !rest.is_empty() {
        let (number, wire_type) = decode_key(&mut rest).ok()?;
        if number == field && wire_type == WireType::LengthDelimited {
            let mut value = Vec::new();
            prost::encoding::bytes::merge(wire_type, &mut value, &mut rest, DecodeContext::default()).ok()?;
            found.get_or_insert_default().extend(value);
        } else {
            skip_field(wire_type, number, &mut rest, DecodeContext::default()).ok()?;
        }
    }
    found
}

/// Adds a field that is a message.
pub(crate) fn add_message_field(options: &mut Option<Vec<u8>>, field: u32, message: &impl Message) {
    prost::encoding::message::encode(field, message, options.get_or_insert_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_taken_out_and_the_rest_stays() {
        let mut options = Some(Vec::new());
        set_packed(&mut options, false);
        // Field 50001, a string that nobody here knows.
        let custom = [0x8a, 0xb5, 0x18, 2, b'h', b'i'];
        let bytes = [options.as_deref().unwrap(), &custom].concat();
        assert_eq!(packed(Some(&bytes)), Some(false));
        assert_eq!(without(&bytes, 2).as_deref(), Some(custom.as_slice()));
        assert_eq!(without(&[0xff], 2), None);
    }
}
