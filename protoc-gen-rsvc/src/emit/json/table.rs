//! The line of a field in its message's table.

use super::{Call, JsonEmitter, literal};
use crate::model::{FieldId, FieldKind, Presence, ValueType, WellKnown};
use crate::storage::access;

impl JsonEmitter<'_> {
    pub(super) fn table_line(&self, id: FieldId) -> Call {
        let field = &self.schema.fields[id];
        let escaped = escape(&field.json_name);
        let json = &field.json_name;
        let proto = if field.name == *json { "" } else { &field.name };
        let raw = if escaped == *json { String::new() } else { format!(":{json}") };
        let names = literal(&format!(",\"{escaped}\":{proto}{raw}"));
        let new = self.constructor(field.kind.value());
        let mut line =
            Call::new(format!("::rsvc::codegen::json::Field::{new}"), [names, field.number.to_string()]);
        let cardinality = match &field.kind {
            FieldKind::Map(key, _) => &format!(".map(::rsvc::codegen::json::Type::{key:?})"),
            FieldKind::Repeated(_) if field.packed => ".packed()",
            FieldKind::Repeated(_) => ".repeated()",
            FieldKind::Singular(..) if field.oneof.is_some() => {
                let oneofs = &self.schema.messages[field.message].oneofs;
                let index = oneofs.iter().position(|oneof| Some(*oneof) == field.oneof);
                &format!(".in_oneof({})", index.expect("the oneof of a field is one of its message"))
            }
            FieldKind::Singular(_, Presence::Explicit) => ".optional()",
            FieldKind::Singular(_, Presence::Required) => ".required()",
            FieldKind::Singular(_, Presence::Implicit) => "",
        };
        line.after.push_str(cardinality);
        if matches!(&field.kind, FieldKind::Singular(value, _) if self.takes_null(value)) {
            line.after.push_str(".nullable()");
        }
        if field.storage.boxed {
            line.after.push_str(".boxed()");
        }
        if access::is_sorted_map(self.schema, id) {
            line.after.push_str(".sorted()");
        }
        line
    }

    /// The constructor for a type.
    fn constructor(&self, value: &ValueType) -> String {
        match value {
            ValueType::Scalar(kind) => format!("{kind:?}").to_lowercase(),
            ValueType::Enum(id) => format!("enumeration::<{}>", self.enum_path(*id)),
            ValueType::Message(id) => format!("message::<{}>", self.described_message(*id)),
            ValueType::Group(id) => format!("group::<{}>", self.described_message(*id)),
        }
    }

    /// Whether `null` is one of the type's values.
    fn takes_null(&self, value: &ValueType) -> bool {
        match value {
            ValueType::Message(id) => self.schema.messages[*id].well_known == Some(WellKnown::Value),
            ValueType::Enum(id) => self.schema.enums[*id].full_name == "google.protobuf.NullValue",
            _ => false,
        }
    }
}

/// A name as it stands in a JSON string.
fn escape(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\0'..='\x1f' => out.extend(format!("\\u{:04x}", c as u32).chars()),
            _ => out.push(c),
        }
    }
    out
}
