//! JSON as a message's bytes, in the order in which prost writes them.

use std::collections::BTreeSet;

use prost::encoding::{WireType, encode_key, encode_varint};

use super::wire::wire_type;
use crate::json::info::{Cardinality, Field, Form, MessageInfo, Type};
use crate::json::{Error, MapKey, Reader};

/// Reads a message of `info`.
pub(in crate::json) fn read(info: &'static MessageInfo, reader: &mut Reader<'_>) -> Result<Vec<u8>, Error> {
    match info.form {
        Form::Object(codec) | Form::Value(codec) => (codec.read)(reader),
        Form::Fields => {
            let mut object = reader.object(info)?;
            let mut fields = Vec::new();
            while let Some(index) = reader.next(&mut object)? {
                let field = &info.fields[index];
                let mut out = Vec::new();
                read_field(field, reader, &mut out)?;
                fields.push((field.number, out));
            }
            fields.sort_by_key(|(number, _)| *number);
            let mut whole = Vec::with_capacity(fields.iter().map(|(_, bytes)| bytes.len()).sum());
            for (_, bytes) in fields {
                whole.extend_from_slice(&bytes);
            }
            Ok(whole)
        }
    }
}

fn read_field(field: &Field, reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
    match field.cardinality {
        Cardinality::Implicit => {
            let mut value = Vec::new();
            // The default value of every type is zeros alone.
            if read_value(field.ty, reader, &mut value)? && value.iter().any(|&b| b != 0) {
                put(field.number, field.ty, &value, out);
            }
        }
        Cardinality::Explicit | Cardinality::Required => {
            let mut value = Vec::new();
            if read_value(field.ty, reader, &mut value)? {
                put(field.number, field.ty, &value, out);
            }
        }
        Cardinality::Repeated | Cardinality::Packed => {
            let packed = matches!(field.cardinality, Cardinality::Packed);
            let mut run = Vec::new();
            reader.open_array()?;
            let mut first = true;
            while reader.next_element(&mut first)? {
                let mut value = Vec::new();
                match read_value(field.ty, reader, &mut value)? {
                    true if packed => run.append(&mut value),
                    true => put(field.number, field.ty, &value, out),
                    false => {}
                }
            }
            if !run.is_empty() {
                put_bytes(field.number, &run, out);
            }
        }
        Cardinality::Map(key) => read_map(field, key.into(), reader, out)?,
    }
    Ok(())
}

fn read_map(field: &Field, key_type: Type, reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
    let mut keys = BTreeSet::new();
    reader.open_entries()?;
    let mut started = false;
    while let Some((text, at)) = reader.next_entry_at(started)? {
        started = true;
        let mut key = Vec::new();
        if !encode_map_key(key_type, &text, &mut key) {
            return Err(reader.data(at, format!("{text:?} is not a key of this map")));
        }
        let mut value = Vec::new();
        if !read_value(field.ty, reader, &mut value)? {
            continue;
        }
        let mut entry = Vec::new();
        put(1, key_type, &key, &mut entry);
        put(2, field.ty, &value, &mut entry);
        if !keys.insert(key) {
            return Err(reader.data(at, "a key comes twice".into()));
        }
        put_bytes(field.number, &entry, out);
    }
    Ok(())
}

fn encode_map_key(ty: Type, text: &str, out: &mut Vec<u8>) -> bool {
    fn parse<K: MapKey>(text: &str, encode: impl FnOnce(K)) -> bool {
        K::parse_key(text).map(encode).is_some()
    }
    match ty {
        Type::String => {
            length(text.len(), out);
            out.extend_from_slice(text.as_bytes());
            true
        }
        Type::Bool => parse::<bool>(text, |v| out.push(u8::from(v))),
        Type::Int32 | Type::Sint32 | Type::Sfixed32 => parse::<i32>(text, |v| integer(ty, v.into(), out)),
        Type::Int64 | Type::Sint64 | Type::Sfixed64 => parse::<i64>(text, |v| integer(ty, v, out)),
        Type::Uint32 | Type::Fixed32 => parse::<u32>(text, |v| integer(ty, v.into(), out)),
        _ => parse::<u64>(text, |v| integer(ty, v.cast_signed(), out)),
    }
}

/// Appends an integer without its key. Unsigned ones come as the same 64 bits.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 32-bit types hold 32-bit values
fn integer(ty: Type, value: i64, out: &mut Vec<u8>) {
    match ty {
        Type::Fixed32 | Type::Sfixed32 => out.extend_from_slice(&(value as u32).to_le_bytes()),
        Type::Fixed64 | Type::Sfixed64 => out.extend_from_slice(&value.to_le_bytes()),
        Type::Sint32 | Type::Sint64 => encode_varint(((value << 1) ^ (value >> 63)).cast_unsigned(), out),
        _ => encode_varint(value.cast_unsigned(), out),
    }
}

/// Appends a value without its key; false when it is an unknown enum name to be ignored.
fn read_value(ty: Type, reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<bool, Error> {
    match ty {
        Type::Double => out.extend_from_slice(&reader.f64_value()?.to_le_bytes()),
        Type::Float => out.extend_from_slice(&reader.f32_value()?.to_le_bytes()),
        Type::Int32 | Type::Sint32 | Type::Sfixed32 => integer(ty, reader.i32_value()?.into(), out),
        Type::Int64 | Type::Sint64 | Type::Sfixed64 => integer(ty, reader.i64_value()?, out),
        Type::Uint32 | Type::Fixed32 => integer(ty, reader.u32_value()?.into(), out),
        Type::Uint64 | Type::Fixed64 => integer(ty, reader.u64_value()?.cast_signed(), out),
        Type::Bool => out.push(u8::from(reader.bool_value()?)),
        Type::String => {
            let text = reader.str_value()?;
            length(text.len(), out);
            out.extend_from_slice(text.as_bytes());
        }
        Type::Bytes => {
            let bytes = reader.bytes_value()?;
            length(bytes.len(), out);
            out.extend_from_slice(&bytes);
        }
        Type::Enum(info) => match reader.enum_value(info)? {
            Some(value) => integer(ty, value.into(), out),
            None => return Ok(false),
        },
        Type::Message(info) => {
            let bytes = read(info(), reader)?;
            length(bytes.len(), out);
            out.extend_from_slice(&bytes);
        }
        Type::Group(info) => out.append(&mut read(info(), reader)?),
    }
    Ok(true)
}

fn length(len: usize, out: &mut Vec<u8>) {
    encode_varint(len as u64, out);
}

/// Appends a value with its key.
fn put(number: u32, ty: Type, value: &[u8], out: &mut Vec<u8>) {
    encode_key(number, wire_type(ty), out);
    out.extend_from_slice(value);
    if matches!(ty, Type::Group(_)) {
        encode_key(number, WireType::EndGroup, out);
    }
}

fn put_bytes(number: u32, value: &[u8], out: &mut Vec<u8>) {
    encode_key(number, WireType::LengthDelimited, out);
    length(value.len(), out);
    out.extend_from_slice(value);
}
