//! Which traits prost derives for a message because of what is in it.

use super::boxes;
use crate::model::{FieldId, FieldKind, MessageId, Scalar, Schema, ValueType};
use crate::sorted;

/// The traits of a message that depend on its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Derives {
    pub(crate) copy: bool,
    /// `Eq` and `Hash`, which go together.
    pub(crate) eq: bool,
}

/// Of each message, by its index. prost-build asks its graph of messages the same, field by field and down to the last
/// message, each time anew.
pub(crate) fn derives(schema: &Schema) -> Vec<Derives> {
    let component = boxes::components(schema);
    // What a message contains has a lower number, unless it contains the message.
    let mut order: Vec<MessageId> = schema.messages.ids().collect();
    sorted::sort_by_key(&mut order, |id| component[id.index()]);
    let mut known = vec![Derives { copy: true, eq: true }; schema.messages.len()];
    for id in order {
        let message = &schema.messages[id];
        if message.error_set.is_some() {
            continue;
        }
        let all = message.fields.iter().map(|field| of_field(schema, *field, &component, &known));
        let none_yet = Derives { copy: true, eq: true };
        known[id.index()] = all.fold(none_yet, |a, b| Derives { copy: a.copy && b.copy, eq: a.eq && b.eq });
    }
    known
}

fn of_field(schema: &Schema, id: FieldId, component: &[usize], known: &[Derives]) -> Derives {
    let field = &schema.fields[id];
    let of_value = |value: &ValueType| match value {
        ValueType::Scalar(Scalar::Float | Scalar::Double) => Derives { copy: true, eq: false },
        ValueType::Scalar(Scalar::String | Scalar::Bytes) => Derives { copy: false, eq: true },
        ValueType::Scalar(_) | ValueType::Enum(_) => Derives { copy: true, eq: true },
        ValueType::Message(to) if component[to.index()] != component[field.message.index()] => {
            let Derives { copy, eq } = known[to.index()];
            Derives { copy: copy && !(field.storage.boxed && field.oneof.is_none()), eq }
        }
        ValueType::Message(_) | ValueType::Group(_) => Derives { copy: false, eq: false },
    };
    match &field.kind {
        FieldKind::Singular(value, _) => of_value(value),
        FieldKind::Repeated(ValueType::Message(_)) | FieldKind::Map(..) => Derives { copy: false, eq: false },
        FieldKind::Repeated(value) => Derives { copy: false, ..of_value(value) },
    }
}
