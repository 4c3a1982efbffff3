//! What decoding takes: a walk over the bytes, in the order in which they are decoded.

use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

use super::{TooMuchMemory, entry_size, value_size};
use crate::json::info::{Cardinality, Field, Form, MessageInfo, Type};
use crate::json::meter::Meter;
use crate::json::options::MAX_DEPTH;

/// Whether decoding stays within the limit. What cannot be decoded is an error of the decoder, which gets as far.
#[cold]
pub(super) fn check(info: &MessageInfo, bytes: &[u8], limit: usize) -> Result<(), TooMuchMemory> {
    let mut walk = Walk { meter: Meter::for_message(bytes.len(), limit), counts: Vec::new() };
    match walk.message(info, &mut &*bytes, None, MAX_DEPTH) {
        Err(Stop::TooMuch) => Err(TooMuchMemory::of(&walk.meter)),
        Ok(()) | Err(Stop::Malformed) => Ok(()),
    }
}

/// What decoding takes, as far as it gets.
pub(super) fn measure(info: &MessageInfo, bytes: &[u8]) -> Meter {
    let mut walk = Walk { meter: Meter::for_message(0, usize::MAX), counts: Vec::new() };
    match walk.message(info, &mut &*bytes, None, MAX_DEPTH) {
        Ok(()) | Err(Stop::TooMuch | Stop::Malformed) => walk.meter,
    }
}

enum Stop {
    TooMuch,
    Malformed,
}

impl From<prost::DecodeError> for Stop {
    #[cold]
    fn from(_: prost::DecodeError) -> Self {
        Self::Malformed
    }
}

struct Walk {
    meter: Meter,
    /// How often the fields of the open messages have come, one message behind the other.
    counts: Vec<u32>,
}

impl Walk {
    /// Takes a message up to its end, for a group up to the tag that ends it.
    fn message(
        &mut self,
        info: &MessageInfo,
        bytes: &mut &[u8],
        group: Option<u32>,
        levels: u32,
    ) -> Result<(), Stop> {
        if let (Form::Object(_), []) = (info.form, info.fields) {
            self.meter.add_unknown(bytes.len(), super::UNKNOWN);
        }
        let base = self.counts.len();
        self.counts.resize(base + info.fields.len(), 0);
        let mut expect = 0;
        loop {
            if bytes.is_empty() {
                break;
            }
            let (number, wire_type) = decode_key(bytes)?;
            if wire_type == WireType::EndGroup && group == Some(number) {
                break;
            }
            let Some(index) = find(info, number, expect) else {
                skip_field(wire_type, number, bytes, DecodeContext::default())?;
                continue;
            };
            expect = index;
            self.field(&info.fields[index], base + index, wire_type, bytes, levels)?;
            if self.meter.is_exceeded() {
                return Err(Stop::TooMuch);
            }
        }
        self.counts.truncate(base);
        Ok(())
    }

    /// Takes one occurrence of a field.
    fn field(
        &mut self,
        field: &Field,
        slot: usize,
        wire_type: WireType,
        bytes: &mut &[u8],
        levels: u32,
    ) -> Result<(), Stop> {
        let before = self.counts[slot] as usize;
        match field.cardinality {
            Cardinality::Map(key) => {
                let mut content = delimited(wire_type, bytes)?;
                self.count(slot, 1);
                self.meter.grow_map(before, entry_size(key.into(), field.ty), field.is_sorted());
                self.entry(key.into(), field.ty, &mut content, levels.checked_sub(1).ok_or(Stop::Malformed)?)
            }
            Cardinality::Repeated | Cardinality::Packed => {
                let more = match element_len(field.ty) {
                    Some(len) if wire_type == WireType::LengthDelimited => {
                        let content = delimited(wire_type, bytes)?;
                        let more = match len {
                            0 => content.iter().filter(|&&byte| byte < 0x80).count(),
                            _ => content.len() / len,
                        };
                        self.count(slot, more);
                        self.meter.grow_list(before, before + more, value_size(field.ty));
                        return Ok(());
                    }
                    _ => 1,
                };
                self.count(slot, more);
                self.meter.grow_list(before, before + more, value_size(field.ty));
                self.value(field.ty, field.number, wire_type, bytes, levels)
            }
            Cardinality::Implicit | Cardinality::Explicit | Cardinality::Required => {
                if field.is_boxed() && before == 0 {
                    self.meter.add(value_size(field.ty));
                }
                self.count(slot, 1);
                self.value(field.ty, field.number, wire_type, bytes, levels)
            }
        }
    }

    fn count(&mut self, slot: usize, more: usize) {
        let more = u32::try_from(more).unwrap_or(u32::MAX);
        self.counts[slot] = self.counts[slot].saturating_add(more);
    }

    /// Takes a value by itself.
    fn value(
        &mut self,
        ty: Type,
        number: u32,
        wire_type: WireType,
        bytes: &mut &[u8],
        levels: u32,
    ) -> Result<(), Stop> {
        match ty {
            Type::String | Type::Bytes => {
                let len = delimited(wire_type, bytes)?.len();
                self.meter.add_text(len);
                Ok(())
            }
            Type::Message(info) => {
                let mut content = delimited(wire_type, bytes)?;
                let levels = levels.checked_sub(1).ok_or(Stop::Malformed)?;
                if content.is_empty() { Ok(()) } else { self.message(info(), &mut content, None, levels) }
            }
            Type::Group(info) if wire_type == WireType::StartGroup => {
                let levels = levels.checked_sub(1).ok_or(Stop::Malformed)?;
                self.message(info(), bytes, Some(number), levels)
            }
            _ => Ok(skip_field(wire_type, number, bytes, DecodeContext::default())?),
        }
    }

    /// Takes the key and the value of an entry.
    fn entry(&mut self, key: Type, value: Type, bytes: &mut &[u8], levels: u32) -> Result<(), Stop> {
        while !bytes.is_empty() {
            let (number, wire_type) = decode_key(bytes)?;
            let ty = match number {
                1 => key,
                2 => value,
                _ => {
                    skip_field(wire_type, number, bytes, DecodeContext::default())?;
                    continue;
                }
            };
            self.value(ty, number, wire_type, bytes, levels)?;
        }
        Ok(())
    }
}

/// The index of the field of a number: most often that of the field before or the next one.
fn find(info: &MessageInfo, number: u32, expect: usize) -> Option<usize> {
    let is_it = |index: usize| info.fields.get(index).is_some_and(|field| field.number == number);
    let by_number = (number as usize).wrapping_sub(1);
    [expect, expect + 1, by_number]
        .into_iter()
        .find(|&index| is_it(index))
        .or_else(|| info.fields.iter().position(|field| field.number == number))
}

/// Takes what has its length before it.
fn delimited<'a>(wire_type: WireType, bytes: &mut &'a [u8]) -> Result<&'a [u8], Stop> {
    if wire_type != WireType::LengthDelimited {
        return Err(Stop::Malformed);
    }
    let len = usize::try_from(decode_varint(bytes)?).map_err(|_| Stop::Malformed)?;
    let (content, rest) = bytes.split_at_checked(len).ok_or(Stop::Malformed)?;
    *bytes = rest;
    Ok(content)
}

/// The bytes of an element in a packed field; zero where they vary, `None` where it cannot be packed.
fn element_len(ty: Type) -> Option<usize> {
    match ty {
        Type::Double | Type::Fixed64 | Type::Sfixed64 => Some(8),
        Type::Float | Type::Fixed32 | Type::Sfixed32 => Some(4),
        Type::String | Type::Bytes | Type::Message(_) | Type::Group(_) => None,
        _ => Some(0),
    }
}
