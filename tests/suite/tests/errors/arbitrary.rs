//! Any message of a type, made of any bytes: fewer bytes make a smaller message, so that proptest can shrink.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, Value};

/// Bytes that choose what a message becomes; zeros once they are used up.
pub(crate) struct Source<'a>(pub(crate) &'a [u8]);

impl Source<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn word(&mut self) -> u64 {
        u64::from_le_bytes(std::array::from_fn(|_| self.byte()))
    }

    fn text(&mut self) -> String {
        let length = self.byte() % 12;
        let char = |this: &mut Self| {
            let number = u32::from(this.byte()) << (this.byte() % 13);
            char::from_u32(number).unwrap_or('\u{fffd}')
        };
        (0..length).map(|_| char(self)).collect()
    }
}

/// A message of the type.
pub(crate) fn message(
    descriptor: &MessageDescriptor,
    source: &mut Source<'_>,
    depth: usize,
) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    for field in descriptor.fields() {
        let required = field.cardinality() == prost_reflect::Cardinality::Required;
        if source.byte().is_multiple_of(3) && !required {
            continue;
        }
        let deep = depth >= 3 && matches!(field.kind(), Kind::Message(_));
        if deep && !required {
            continue;
        }
        let value = if field.is_map() {
            let entry = field.kind();
            let entry = entry.as_message().unwrap();
            let (key, value) = (entry.map_entry_key_field(), entry.map_entry_value_field());
            let entries = (0..source.byte() % 4).map(|_| (map_key(&key, source), one(&value, source, depth)));
            Value::Map(entries.collect())
        } else if field.is_list() {
            Value::List((0..source.byte() % 4).map(|_| one(&field, source, depth)).collect())
        } else {
            one(&field, source, depth)
        };
        message.set_field(&field, value);
    }
    message
}

#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)] // any bits are a value
fn map_key(field: &FieldDescriptor, source: &mut Source<'_>) -> MapKey {
    match field.kind() {
        Kind::String => MapKey::String(source.text()),
        Kind::Int32 => MapKey::I32(source.word() as i32),
        kind => panic!("no golden case has a map of {kind:?}"),
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)] // any bits are a value
fn one(field: &FieldDescriptor, source: &mut Source<'_>, depth: usize) -> Value {
    match field.kind() {
        // What is not equal to itself cannot be compared.
        Kind::Double => {
            Value::F64(Some(f64::from_bits(source.word())).filter(|f| !f.is_nan()).unwrap_or(-0.0))
        }
        Kind::Float => {
            Value::F32(Some(f32::from_bits(source.word() as u32)).filter(|f| !f.is_nan()).unwrap_or(-0.0))
        }
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(source.word() as i32),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(source.word() as i64),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(source.word() as u32),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(source.word()),
        Kind::Bool => Value::Bool(source.byte() % 2 == 1),
        Kind::String => Value::String(source.text()),
        Kind::Bytes => Value::Bytes(source.text().into_bytes().into()),
        Kind::Enum(of) => {
            let known: Vec<i32> = of.values().map(|value| value.number()).collect();
            let any = source.word() as i32;
            let open = of.parent_file().syntax() != prost_reflect::Syntax::Proto2;
            Value::EnumNumber(if any % 5 == 0 && open {
                any
            } else {
                known[any.unsigned_abs() as usize % known.len()]
            })
        }
        Kind::Message(of) => Value::Message(message(&of, source, depth + 1)),
    }
}
