//! A message's bytes as JSON.

use std::collections::BTreeMap;

use super::wire::{self, Raw, Wrong};
use crate::json::Writer;
use crate::json::info::{Cardinality, Field, Form, MessageInfo, Type};

/// Writes the message of `info` that `bytes` encode.
pub(in crate::json) fn write(info: &MessageInfo, bytes: &[u8], writer: &mut Writer) {
    if let Err(Wrong(why)) = message(info, bytes, writer, writer.levels_left) {
        writer.undecodable(&why);
    }
}

fn message(info: &MessageInfo, bytes: &[u8], writer: &mut Writer, depth: u32) -> Result<(), Wrong> {
    let depth = depth.checked_sub(1).ok_or("messages nested too deep")?;
    match info.form {
        // It may be an `Any` again.
        Form::Object(codec) | Form::Value(codec) => {
            let before = std::mem::replace(&mut writer.levels_left, depth);
            (codec.write)(bytes, writer);
            writer.levels_left = before;
        }
        Form::Fields => {
            // Read before the first byte is written, so that an error leaves nothing half done.
            let found = WireFields::read(info, bytes)?;
            let object = writer.open();
            let done = found.write(info, writer, depth);
            writer.close(object);
            done?;
        }
    }
    Ok(())
}

/// What a message has, by field.
struct WireFields<'a> {
    values: Vec<Vec<Raw<'a>>>,
}

impl<'a> WireFields<'a> {
    fn read(info: &MessageInfo, mut bytes: &'a [u8]) -> Result<Self, Wrong> {
        let mut values = vec![Vec::new(); info.fields.len()];
        // The member of each oneof that came last.
        let mut members: BTreeMap<u16, usize> = BTreeMap::new();
        while let Some((number, raw)) = wire::next(&mut bytes)? {
            let Some(index) = info.fields.iter().position(|field| field.number == number) else { continue };
            let oneof = info.fields[index].oneof;
            if oneof != 0
                && let Some(before) = members.insert(oneof, index)
                && before != index
            {
                values[before].clear();
            }
            values[index].push(raw);
        }
        Ok(Self { values })
    }

    fn write(&self, info: &MessageInfo, writer: &mut Writer, depth: u32) -> Result<(), Wrong> {
        for (field, values) in info.fields.iter().zip(&self.values) {
            match field.cardinality {
                Cardinality::Map(key) => map(field, key.into(), values, writer, depth)?,
                Cardinality::Repeated | Cardinality::Packed => list(field, values, writer, depth)?,
                Cardinality::Implicit | Cardinality::Explicit | Cardinality::Required => {
                    single(field, values, writer, depth)?;
                }
            }
        }
        Ok(())
    }
}

fn single(field: &Field, values: &[Raw<'_>], writer: &mut Writer, depth: u32) -> Result<(), Wrong> {
    let absent = wire::default(field.ty);
    let last = match (values.last(), field.cardinality) {
        (None, Cardinality::Explicit) => return Ok(()),
        (last, cardinality) => {
            let last = last.unwrap_or(&absent);
            let implicit = matches!(cardinality, Cardinality::Implicit);
            if implicit && is_zero(last) && !writer.emits_defaults() {
                return Ok(());
            }
            last
        }
    };
    writer.key(field);
    // A message that comes in parts is their concatenation.
    if let (Type::Message(_) | Type::Group(_), [_, _, ..]) = (field.ty, values) {
        let parts: Vec<u8> = values
            .iter()
            .flat_map(|raw| match raw {
                Raw::Bytes(part) | Raw::Group(part) => *part,
                _ => &[],
            })
            .copied()
            .collect();
        let whole = if matches!(field.ty, Type::Group(_)) { Raw::Group(&parts) } else { Raw::Bytes(&parts) };
        return value(field.ty, whole, writer, depth);
    }
    value(field.ty, *last, writer, depth)
}

fn is_zero(raw: &Raw<'_>) -> bool {
    matches!(raw, Raw::Varint(0) | Raw::Fixed32(0) | Raw::Fixed64(0) | Raw::Bytes([]))
}

fn list(field: &Field, values: &[Raw<'_>], writer: &mut Writer, depth: u32) -> Result<(), Wrong> {
    if values.is_empty() && !writer.emits_defaults() {
        return Ok(());
    }
    writer.key(field);
    let array = writer.open_array();
    let mut done = Ok(());
    for raw in values {
        done = done.and_then(|()| elements(field.ty, *raw, writer, depth));
    }
    writer.close_array(array);
    done
}

/// One element, or the many of a packed run.
fn elements(ty: Type, raw: Raw<'_>, writer: &mut Writer, depth: u32) -> Result<(), Wrong> {
    match (raw, ty) {
        (Raw::Bytes(mut run), _) if !matches!(ty, Type::String | Type::Bytes | Type::Message(_)) => {
            while let Some(raw) = wire::next_packed(&mut run, ty)? {
                writer.element();
                value(ty, raw, writer, depth)?;
            }
            Ok(())
        }
        _ => {
            writer.element();
            value(ty, raw, writer, depth)
        }
    }
}

/// A map's key, in the order in which maps are written.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key<'a> {
    Signed(i64),
    Unsigned(u64),
    Text(&'a str),
}

fn key(ty: Type, raw: Raw<'_>) -> Result<Key<'_>, Wrong> {
    Ok(match integer(ty, raw) {
        Some(Integer::Signed(value)) => Key::Signed(value),
        Some(Integer::Unsigned(value)) => Key::Unsigned(value),
        None => match raw {
            Raw::Bytes(text) => Key::Text(utf8(text)?),
            _ => return Err(MISMATCH.into()),
        },
    })
}

fn map(
    field: &Field,
    key_type: Type,
    values: &[Raw<'_>],
    writer: &mut Writer,
    depth: u32,
) -> Result<(), Wrong> {
    if values.is_empty() && !writer.emits_defaults() {
        return Ok(());
    }
    let mut entries = BTreeMap::new();
    for raw in values {
        let Raw::Bytes(mut entry) = *raw else { return Err(MISMATCH.into()) };
        let (mut found_key, mut found_value) = (wire::default(key_type), wire::default(field.ty));
        while let Some((number, raw)) = wire::next(&mut entry)? {
            match number {
                1 => found_key = raw,
                2 => found_value = raw,
                _ => {}
            }
        }
        entries.insert(key(key_type, found_key)?, found_value);
    }
    writer.key(field);
    let object = writer.open();
    let mut done = Ok(());
    for (key, raw) in entries {
        match key {
            Key::Text(text) => writer.dynamic_key(text),
            Key::Unsigned(value) if matches!(key_type, Type::Bool) => {
                writer.dynamic_key(if value == 0 { "false" } else { "true" });
            }
            Key::Unsigned(value) => writer.dynamic_key(itoa::Buffer::new().format(value)),
            Key::Signed(value) => writer.dynamic_key(itoa::Buffer::new().format(value)),
        }
        done = done.and_then(|()| value(field.ty, raw, writer, depth));
    }
    writer.close(object);
    done
}

const MISMATCH: &str = "a field of another wire type";

enum Integer {
    Signed(i64),
    Unsigned(u64),
}

/// The value of any integer type.
#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)] // as every decoder does
#[allow(clippy::match_same_arms)] // one line a type
fn integer(ty: Type, raw: Raw<'_>) -> Option<Integer> {
    use Integer::{Signed, Unsigned};
    Some(match (ty, raw) {
        (Type::Int32 | Type::Enum(_), Raw::Varint(v)) => Signed(i64::from(v as i32)),
        (Type::Int64, Raw::Varint(v)) => Signed(v as i64),
        (Type::Uint32, Raw::Varint(v)) => Unsigned(u64::from(v as u32)),
        (Type::Uint64, Raw::Varint(v)) => Unsigned(v),
        (Type::Sint32, Raw::Varint(v)) => {
            let v = v as u32;
            Signed(i64::from(((v >> 1) as i32) ^ -((v & 1) as i32)))
        }
        (Type::Sint64, Raw::Varint(v)) => Signed(((v >> 1) as i64) ^ -((v & 1) as i64)),
        (Type::Bool, Raw::Varint(v)) => Unsigned(u64::from(v != 0)),
        (Type::Fixed32, Raw::Fixed32(v)) => Unsigned(u64::from(v)),
        (Type::Sfixed32, Raw::Fixed32(v)) => Signed(i64::from(v as i32)),
        (Type::Fixed64, Raw::Fixed64(v)) => Unsigned(v),
        (Type::Sfixed64, Raw::Fixed64(v)) => Signed(v as i64),
        _ => return None,
    })
}

#[allow(clippy::cast_possible_truncation)] // 32-bit types hold 32-bit values
fn value(ty: Type, raw: Raw<'_>, writer: &mut Writer, depth: u32) -> Result<(), Wrong> {
    match (ty, raw, integer(ty, raw)) {
        (Type::Bool, _, Some(Integer::Unsigned(v))) => writer.bool_value(v != 0),
        (Type::Enum(info), _, Some(Integer::Signed(v))) => writer.enum_value(v as i32, info),
        (Type::Int64 | Type::Sint64 | Type::Sfixed64, _, Some(Integer::Signed(v))) => writer.i64_value(v),
        (Type::Uint64 | Type::Fixed64, _, Some(Integer::Unsigned(v))) => writer.u64_value(v),
        (_, _, Some(Integer::Signed(v))) => writer.i32_value(v as i32),
        (_, _, Some(Integer::Unsigned(v))) => writer.u32_value(v as u32),
        (Type::Double, Raw::Fixed64(bits), _) => writer.f64_value(f64::from_bits(bits)),
        (Type::Float, Raw::Fixed32(bits), _) => writer.f32_value(f32::from_bits(bits)),
        (Type::String, Raw::Bytes(text), _) => writer.str_value(utf8(text)?),
        (Type::Bytes, Raw::Bytes(bytes), _) => writer.bytes_value(bytes),
        (Type::Message(info), Raw::Bytes(bytes), _) | (Type::Group(info), Raw::Group(bytes), _) => {
            return message(info(), bytes, writer, depth);
        }
        _ => return Err(MISMATCH.into()),
    }
    Ok(())
}

fn utf8(text: &[u8]) -> Result<&str, Wrong> {
    std::str::from_utf8(text).map_err(|_| "a string that is not UTF-8".into())
}
