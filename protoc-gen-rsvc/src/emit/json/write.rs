//! Writing: one call for each field, one `match` for each oneof.

use super::{Call, Holds, JsonEmitter, JsonKind, Lines};
use crate::model::{FieldId, FieldKind, OneofId, Presence};

impl JsonEmitter<'_> {
    /// A statement for each field, and one for each oneof at the place of its first member.
    pub(super) fn write_lines(&self, fields: &[FieldId], lines: &mut Lines) {
        for (index, field) in fields.iter().enumerate() {
            match self.schema.fields[*field].oneof {
                None => lines.call(&self.write(index, *field), ";"),
                Some(oneof) if self.schema.oneofs[oneof].fields.first() == Some(field) => {
                    self.write_oneof(fields, oneof, lines);
                }
                Some(_) => {}
            }
        }
    }

    pub(super) fn table_entry(index: usize) -> String {
        format!("&__RSVC_FIELDS[{index}]")
    }

    fn write_oneof(&self, fields: &[FieldId], id: OneofId, lines: &mut Lines) {
        let oneof = &self.schema.oneofs[id];
        let arms = |lines: &mut Lines| {
            for field in &oneof.fields {
                let index =
                    fields.iter().position(|f| f == field).expect("a member is a field of the message");
                lines.call(&self.write_variant(index, id, *field), ",");
            }
            lines.line("::core::option::Option::None => {}");
        };
        lines.block(format_args!("match &{} {{", self.place(&oneof.rust_name)), arms, "}");
    }

    /// The arm that writes a member of a oneof.
    fn write_variant(&self, index: usize, oneof: OneofId, field: FieldId) -> Call {
        const VALUE: &str = "__rsvc_value";
        let variant = self.variant(oneof, field);
        let (method, value) = match self.kind(self.schema.fields[field].kind.value()) {
            JsonKind::Copied(stem) => (stem, "*__rsvc_value"),
            JsonKind::String => ("string", VALUE),
            JsonKind::Bytes => ("bytes", VALUE),
            JsonKind::Enum(_) => ("enum", "*__rsvc_value"),
            JsonKind::Message => ("message", VALUE),
            JsonKind::Plain => ("plain", VALUE),
        };
        Call::new(
            format!("::core::option::Option::Some({variant}({VALUE})) => __rsvc_w.{method}_set"),
            [Self::table_entry(index), value.to_owned()],
        )
    }

    /// The call that writes a field of the struct.
    fn write(&self, index: usize, id: FieldId) -> Call {
        let field = &self.schema.fields[id];
        let place = self.place(&field.rust_name);
        let holds = self.holds(id);
        let kind = self.kind(field.kind.value());
        let (stem, copied) = match &kind {
            JsonKind::Copied(stem) => (*stem, true),
            JsonKind::String => ("string", false),
            JsonKind::Bytes => ("bytes", false),
            JsonKind::Enum(_) => ("enum", true),
            JsonKind::Message => ("message", false),
            JsonKind::Plain => ("plain", false),
        };
        let required = matches!(field.kind, FieldKind::Singular(_, Presence::Required));
        let method = match (holds, &kind) {
            (Holds::List, JsonKind::Bytes | JsonKind::Message) => "list".to_owned(),
            (Holds::List, _) => format!("{stem}_list"),
            (Holds::Map, JsonKind::Plain | JsonKind::Enum(_)) => format!("{stem}_map"),
            (Holds::Map, _) => "map".to_owned(),
            (Holds::Optional, _) => format!("{stem}_opt"),
            (Holds::Value, JsonKind::Message | JsonKind::Plain) => format!("{stem}_set"),
            (Holds::Value, _) if required => format!("{stem}_set"),
            (Holds::Value, JsonKind::Enum(_)) => "enumeration".to_owned(),
            (Holds::Value, _) => stem.to_owned(),
        };
        // What is copied stands there as it is.
        let reference = if copied && matches!(holds, Holds::Optional | Holds::Value) { "" } else { "&" };
        Call::new(format!("__rsvc_w.{method}"), [Self::table_entry(index), format!("{reference}{place}")])
    }
}
