//! Negative zeros, which prost leaves out: for the messages that may hold one, where prost looks for none.

use super::{Call, JsonEmitter, Lines, print};
use crate::model::{FieldId, FieldKind, MessageId, Presence, Scalar, Schema, ValueType};
use crate::sorted::SortedSet;
use crate::storage::access;

/// The messages with a floating-point field without presence, and those that reach one by fields that are not lists.
pub(in crate::emit) fn find(schema: &Schema) -> SortedSet<MessageId> {
    let mut found = SortedSet::new();
    loop {
        let before = found.len();
        for id in schema.messages.ids() {
            let leads = |field: &FieldId| match &schema.fields[*field].kind {
                FieldKind::Singular(ValueType::Scalar(_), _) => is_lost(schema, *field),
                FieldKind::Singular(ValueType::Message(inner) | ValueType::Group(inner), _) => {
                    found.contains(inner)
                }
                _ => false,
            };
            let is_plain = schema.messages[id].stand_in.is_some();
            if !is_plain && !found.contains(&id) && schema.messages[id].fields.iter().any(leads) {
                found.insert(id);
            }
        }
        if found.len() == before {
            return found;
        }
    }
}

/// Whether prost takes a negative zero in this field for the default value.
fn is_lost(schema: &Schema, field: FieldId) -> bool {
    let field = &schema.fields[field];
    matches!(
        field.kind,
        FieldKind::Singular(ValueType::Scalar(Scalar::Double | Scalar::Float), Presence::Implicit)
    ) && field.oneof.is_none()
}

impl JsonEmitter<'_> {
    /// The function that encodes what prost leaves out, if there may be something.
    pub(super) fn negative_zeros(&self, fields: &[FieldId], lines: &mut Lines) {
        const HEAD: &str = "fn negative_zeros(&self, __rsvc_z: &mut ::rsvc::codegen::json::NegativeZeros) {";
        let calls: Vec<_> = fields.iter().filter_map(|field| self.zero_line(*field)).collect();
        if calls.is_empty() {
            return;
        }
        lines.line("#[inline]");
        lines.block(HEAD, |lines| calls.iter().for_each(|call| lines.call(call, ";")), "}");
    }

    fn zero_line(&self, id: FieldId) -> Option<Call> {
        let field = &self.schema.fields[id];
        let inner = || print::expression(access::optional(self.schema, id, &self.base(), self.module));
        let (method, value) = match field.kind {
            FieldKind::Singular(ValueType::Scalar(scalar), _) if is_lost(self.schema, id) => {
                (if scalar == Scalar::Float { "float" } else { "double" }, self.place(&field.rust_name))
            }
            FieldKind::Singular(ValueType::Message(message), _) if self.zeros.contains(&message) => {
                ("message", inner())
            }
            FieldKind::Singular(ValueType::Group(message), _) if self.zeros.contains(&message) => {
                ("group", inner())
            }
            _ => return None,
        };
        Some(Call::new(format!("__rsvc_z.{method}"), [field.number.to_string(), value]))
    }
}
