//! Reading: the arm of each field.

use super::{Call, Holds, JsonEmitter, JsonKind, Lines};
use crate::model::{FieldId, OneofId};

const SOME: &str = "::core::option::Option::Some";

impl JsonEmitter<'_> {
    /// The function that reads one of the fields, by its index.
    pub(super) fn read_field(&self, fields: &[FieldId], lines: &mut Lines) {
        const HEAD: &str = "fn read_field(&mut self, __rsvc_index: usize, __rsvc_r: &mut ::rsvc::codegen::json::Reader<'_>) \
                            -> ::core::result::Result<(), ::rsvc::codegen::json::Error> {";
        let arms = |lines: &mut Lines| {
            for (index, field) in fields.iter().enumerate() {
                match self.schema.fields[*field].oneof {
                    Some(oneof) => self.read_variant(index, *field, oneof, lines),
                    None => lines.call(&self.read(index, *field), ","),
                }
            }
            lines.line("_ => ::core::result::Result::Ok(()),");
        };
        lines.line("#[inline]");
        lines.whole(HEAD);
        lines.nested(|lines| lines.block("match __rsvc_index {", arms, "}"));
        lines.line("}");
    }

    /// The arm of a field that is in no oneof.
    fn read(&self, index: usize, id: FieldId) -> Call {
        let field = &self.schema.fields[id];
        let place = format!("&mut {}", self.place(&field.rust_name));
        let holds = self.holds(id);
        let suffix = match holds {
            Holds::List => "_list",
            Holds::Optional => "_opt",
            _ => "",
        };
        let entry = Self::table_entry(index);
        let call = |method: &str, arguments: Vec<String>| Call {
            before: format!("{index} => __rsvc_r.{method}"),
            arguments,
            after: String::new(),
        };
        match (holds, self.kind(field.kind.value())) {
            (Holds::Map, JsonKind::Enum(path)) => call(&format!("enum_map::<{path}, _>"), vec![place]),
            (Holds::Map, JsonKind::Plain) => call("plain_map", vec![entry, place]),
            (_, JsonKind::Plain) => call(&format!("plain{suffix}"), vec![entry, place]),
            (Holds::Map, _) => call("map", vec![place]),
            (Holds::List, JsonKind::Message) => call("list", vec![place]),
            (Holds::Optional, JsonKind::Message) => call("message_opt", vec![place]),
            (_, JsonKind::Message) => Call::new(
                format!("{index} => ::rsvc::codegen::json::Json::read_json"),
                [place, "__rsvc_r".to_owned()],
            ),
            (holds, JsonKind::Enum(path)) => {
                let suffix = if holds == Holds::Value { "eration" } else { suffix };
                call(&format!("enum{suffix}::<{path}>"), vec![place])
            }
            (_, JsonKind::Copied(stem)) => call(&format!("{stem}{suffix}"), vec![place]),
            (_, JsonKind::Bytes) => call(&format!("bytes{suffix}"), vec![place]),
            (_, JsonKind::String) => call(&format!("string{suffix}"), vec![place]),
        }
    }

    /// The arm of a oneof's member: a message merges with one of the same kind, anything else replaces.
    fn read_variant(&self, index: usize, id: FieldId, oneof: OneofId, lines: &mut Lines) {
        let entry = Self::table_entry(index);
        let field = &self.schema.fields[id];
        let place = self.place(&self.schema.oneofs[oneof].rust_name);
        let variant = self.variant(oneof, id);
        let set = |value: &str| format!("{place} = {SOME}({variant}({value}));");
        let merge = |lines: &mut Lines, old: &str, new: &str| {
            let head = format!("if let {SOME}({variant}(__rsvc_value)) = &mut {place} {{");
            lines.block(head, |lines| lines.line(old), "} else {");
            lines.nested(|lines| lines.line(set(new)));
            lines.line("}");
        };
        let body = |lines: &mut Lines| {
            match self.kind(field.kind.value()) {
                JsonKind::Message => merge(
                    lines,
                    "::rsvc::codegen::json::Json::read_json(__rsvc_value, __rsvc_r)?;",
                    "__rsvc_r.message_value()?",
                ),
                JsonKind::Plain => merge(
                    lines,
                    &format!("__rsvc_r.plain({entry}, __rsvc_value)?;"),
                    &format!("__rsvc_r.plain_value({entry})?"),
                ),
                JsonKind::Enum(path) => {
                    let info = format!("<{path} as ::rsvc::codegen::json::JsonEnum>::INFO");
                    let head = format!("if let {SOME}(__rsvc_value) = __rsvc_r.enum_value({info})? {{");
                    // Nothing in it has two parts that could be broken apart.
                    lines.whole(head);
                    lines.nested(|lines| lines.line(set("__rsvc_value")));
                    lines.line("}");
                }
                JsonKind::Bytes if field.storage.shared_bytes => {
                    lines.whole(set("__rsvc_r.bytes_value()?.into()"));
                }
                kind => {
                    let stem = match kind {
                        JsonKind::Copied("double") => "f64",
                        JsonKind::Copied("float") => "f32",
                        JsonKind::Copied("int32") => "i32",
                        JsonKind::Copied("int64") => "i64",
                        JsonKind::Copied("uint32") => "u32",
                        JsonKind::Copied("uint64") => "u64",
                        JsonKind::Copied(_) => "bool",
                        JsonKind::Bytes => "bytes",
                        _ => "string",
                    };
                    lines.whole(set(&format!("__rsvc_r.{stem}_value()?")));
                }
            }
            lines.line("::core::result::Result::Ok(())");
        };
        lines.block(format_args!("{index} => {{"), body, "},");
    }
}
