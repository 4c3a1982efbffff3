//! How large prost's structs are.

use super::Shape;
use crate::model::{FieldId, MessageId, Scalar, Schema, ValueType, WellKnown};

/// How many bytes a message takes at most, on a 64-bit machine.
pub(super) fn of_message(schema: &Schema, id: MessageId) -> usize {
    let message = &schema.messages[id];
    match message.well_known {
        Some(WellKnown::Empty) => return 0,
        Some(wrapper) if wrapper.is_wrapper() => {
            return value_size(schema, message.fields[0]);
        }
        _ => {}
    }
    let plain = message.fields.iter().filter(|f| schema.fields[**f].oneof.is_none());
    let oneofs = message.oneofs.iter().map(|oneof| {
        let members = schema.oneofs[*oneof].fields.iter().map(|f| value_size(schema, *f));
        members.max().expect("a oneof has a member") + WORD
    });
    let size: usize = plain.map(|f| field_size(schema, *f)).chain(oneofs).sum();
    size.next_multiple_of(WORD)
}

const WORD: usize = 8;

fn field_size(schema: &Schema, id: FieldId) -> usize {
    match schema.fields[id].storage.shape {
        Shape::Vec | Shape::BTreeMap => 3 * WORD,
        Shape::HashMap => 6 * WORD,
        // Texts and boxes have a niche for `None`; of the rest nobody knows.
        Shape::Option => match schema.fields[id].kind.value() {
            ValueType::Scalar(Scalar::String | Scalar::Bytes) => value_size(schema, id),
            _ if schema.fields[id].storage.boxed => WORD,
            _ => value_size(schema, id) + WORD,
        },
        Shape::Plain | Shape::Variant => value_size(schema, id),
    }
}

fn value_size(schema: &Schema, id: FieldId) -> usize {
    let field = &schema.fields[id];
    match field.kind.value() {
        _ if field.storage.boxed => WORD,
        ValueType::Scalar(Scalar::Bytes) if field.storage.shared_bytes => 4 * WORD,
        ValueType::Scalar(Scalar::String | Scalar::Bytes) => 3 * WORD,
        ValueType::Scalar(Scalar::Bool) => 1,
        ValueType::Scalar(
            Scalar::Float
            | Scalar::Int32
            | Scalar::Uint32
            | Scalar::Sint32
            | Scalar::Fixed32
            | Scalar::Sfixed32,
        )
        | ValueType::Enum(_) => 4,
        ValueType::Scalar(_) => 8,
        ValueType::Message(message) | ValueType::Group(message) => of_message(schema, *message),
    }
}
