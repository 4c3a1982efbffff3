//! ProtoJSON: for each message a static table of its fields, and an `impl` whose lines are one call for each field.
//!
//! What is not particular to a message lives in the runtime, so that 300 messages compile in little time.

mod lines;
mod plain;
mod prost_types;
mod read;
mod table;
mod write;
mod zeros;

use lines::{Call, Lines};
use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens as _, quote};

use super::{internal, literal, print};
use crate::diag::Diagnostic;
use crate::model::{EnumId, FieldId, FieldKind, MessageId, OneofId, PackageId, Scalar, Schema, ValueType};
use crate::names;
use crate::sorted::{self, SortedSet};
use crate::storage::access;
use crate::tokens;

pub(super) use plain::emit as emit_plain;
pub(crate) use prost_types::emit as emit_prost_types;
pub(super) use zeros::find as with_zeros;

/// How often a field's value may stand in its struct: this chooses the call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    Value,
    Optional,
    List,
    Map,
}

/// A part of what a package's types need.
pub(super) enum JsonPart {
    Enums(Vec<EnumId>),
    Messages(Vec<MessageId>),
    /// What has all types of a package at once; with `serde` also the impls of its traits.
    All {
        types: GeneratedTypes,
        serde: bool,
    },
}

/// The code of a part; `zeros` are the messages of [`with_zeros`], and `allow` an attribute for each item.
pub(super) fn emit(
    schema: &Schema,
    id: PackageId,
    part: &JsonPart,
    zeros: &SortedSet<MessageId>,
    allow: Option<syn::Attribute>,
) -> String {
    let cx = JsonEmitter { zeros, allow, ..JsonEmitter::new(schema, &schema.packages[id].module, "self") };
    match part {
        JsonPart::Enums(enums) => print::items(enums.iter().map(|id| cx.enumeration(*id))),
        JsonPart::Messages(messages) => {
            messages.iter().map(|id| cx.message(*id)).collect::<Vec<_>>().join("\n")
        }
        JsonPart::All { types, serde } => print::items(types.register(&cx, *serde)),
    }
}

/// Generated types, nested ones included, in the order of their definition.
#[derive(Default)]
pub(super) struct GeneratedTypes {
    pub(super) messages: Vec<MessageId>,
    pub(super) enums: Vec<EnumId>,
}

impl GeneratedTypes {
    /// Those of a package.
    pub(super) fn of(schema: &Schema, id: PackageId) -> Self {
        let mut found = Self::default();
        schema.packages[id].enums.iter().for_each(|id| found.enumeration(schema, *id));
        schema.packages[id].messages.iter().for_each(|id| found.message(schema, *id));
        found
    }

    fn enumeration(&mut self, schema: &Schema, id: EnumId) {
        if schema.enums[id].is_generated() && schema.files[schema.enums[id].file].generate {
            self.enums.push(id);
        }
    }

    fn message(&mut self, schema: &Schema, id: MessageId) {
        let message = &schema.messages[id];
        if message.is_generated() && schema.files[message.file].generate {
            self.messages.push(id);
        }
        message.enums.iter().for_each(|id| self.enumeration(schema, *id));
        message.messages.iter().for_each(|id| self.message(schema, *id));
    }

    /// What lists them.
    fn register(&self, cx: &JsonEmitter<'_>, serde: bool) -> Vec<TokenStream> {
        let mut items = Vec::new();
        if !self.messages.is_empty() {
            let paths = self.messages.iter().map(|id| tokens::parse(&cx.message_path(*id)));
            items.push(quote! { ::rsvc::register_messages!(#(#paths),*); });
        }
        if serde && !self.messages.is_empty() {
            let paths = self.messages.iter().map(|id| tokens::parse(&cx.message_path(*id)));
            items.push(quote! { ::rsvc::serde_impls!(messages, #(#paths),*); });
        }
        if serde && !self.enums.is_empty() {
            let paths = self.enums.iter().map(|id| tokens::parse(&cx.enum_path(*id)));
            items.push(quote! { ::rsvc::serde_impls!(enums, #(#paths),*); });
        }
        items
    }
}

/// What a value is to the runtime's methods.
enum JsonKind {
    /// A scalar that is copied: the stem of its methods.
    Copied(&'static str),
    String,
    Bytes,
    /// Its path.
    Enum(String),
    Message,
    /// Of a crate that has prost's code alone.
    Plain,
}

/// Where the code goes.
struct JsonEmitter<'a> {
    schema: &'a Schema,
    module: &'a [String],
    /// The expression of the struct that is written or read.
    base: &'static str,
    /// Whether a field, by its full name, is one that the Rust types do not have.
    lacks: fn(&str) -> bool,
    /// The messages that have [`JsonEmitter::negative_zeros`].
    zeros: &'a SortedSet<MessageId>,
    /// Stands before each item.
    allow: Option<syn::Attribute>,
}

impl<'a> JsonEmitter<'a> {
    fn new(schema: &'a Schema, module: &'a [String], base: &'static str) -> Self {
        const NONE: &SortedSet<MessageId> = &SortedSet::new();
        Self { schema, module, base, lacks: |_| false, zeros: NONE, allow: None }
    }

    fn base(&self) -> TokenStream {
        let base = tokens::ident(self.base);
        quote!(#base)
    }

    /// A field of the struct.
    fn place(&self, name: &str) -> String {
        format!("{}.{name}", self.base)
    }

    fn message_path(&self, id: MessageId) -> String {
        names::path_from(self.module, &self.schema.messages[id].rust)
    }

    /// The type that has a message's table.
    fn described_message(&self, id: MessageId) -> String {
        match &self.schema.messages[id].stand_in {
            Some(name) => format!("::rsvc::codegen::Plain<{}>", names::stand_in_path(self.module, name)),
            None => self.message_path(id),
        }
    }

    /// The type that has an enum's names.
    fn enum_path(&self, id: EnumId) -> String {
        let node = &self.schema.enums[id];
        match &node.stand_in {
            Some(name) => names::stand_in_path(self.module, name),
            None => names::path_from(self.module, &node.rust),
        }
    }

    /// A message's fields, by the index that the runtime knows them by.
    fn fields(&self, id: MessageId) -> Vec<FieldId> {
        let message = &self.schema.messages[id];
        let full_name = |field: FieldId| format!("{}.{}", message.full_name, self.schema.fields[field].name);
        message.fields.iter().copied().filter(|field| !(self.lacks)(&full_name(*field))).collect()
    }

    fn kind(&self, value: &ValueType) -> JsonKind {
        match value {
            ValueType::Scalar(scalar) => match scalar {
                Scalar::Double => JsonKind::Copied("double"),
                Scalar::Float => JsonKind::Copied("float"),
                Scalar::Int32 | Scalar::Sint32 | Scalar::Sfixed32 => JsonKind::Copied("int32"),
                Scalar::Int64 | Scalar::Sint64 | Scalar::Sfixed64 => JsonKind::Copied("int64"),
                Scalar::Uint32 | Scalar::Fixed32 => JsonKind::Copied("uint32"),
                Scalar::Uint64 | Scalar::Fixed64 => JsonKind::Copied("uint64"),
                Scalar::Bool => JsonKind::Copied("bool"),
                Scalar::String => JsonKind::String,
                Scalar::Bytes => JsonKind::Bytes,
            },
            ValueType::Enum(id) => JsonKind::Enum(self.enum_path(*id)),
            ValueType::Message(id) | ValueType::Group(id) if self.schema.messages[*id].stand_in.is_some() => {
                JsonKind::Plain
            }
            ValueType::Message(_) | ValueType::Group(_) => JsonKind::Message,
        }
    }

    fn enumeration(&self, id: EnumId) -> TokenStream {
        let node = &self.schema.enums[id];
        let path = tokens::parse(&self.enum_path(id));
        let name = &node.full_name;
        let mut values: Vec<_> = node.values.iter().collect();
        // Stable: an alias stays behind the name that it is another name of.
        sorted::sort_by_key(&mut values, |value| value.number);
        let values = values.into_iter().map(|value| {
            let (number, name) = (Literal::i32_unsuffixed(value.number), &value.name);
            quote! { (#number, #name) }
        });
        let allow = &self.allow;
        quote! {
            #allow
            impl ::rsvc::codegen::json::JsonEnum for #path {
                const INFO: &'static ::rsvc::codegen::json::EnumInfo =
                    &::rsvc::codegen::json::EnumInfo::new(#name, &[#(#values),*]);
            }
        }
    }

    fn message(&self, id: MessageId) -> String {
        const INFO: &str = "::rsvc::codegen::json::MessageInfo";
        let path = self.message_path(id);
        let name = literal(&self.schema.messages[id].full_name);
        let fields = self.fields(id);
        let mut lines = Lines::new();
        lines.line("#[allow(deprecated)]");
        if let Some(allow) = &self.allow {
            // Printed as tokens are, with all that is behind it.
            lines.line(allow.to_token_stream());
            lines.other_form();
        }
        let inside = |lines: &mut Lines| {
            let head = format!("static __RSVC_FIELDS: [::rsvc::codegen::json::Field; {}] = [", fields.len());
            if fields.is_empty() {
                lines.line(format_args!("{head}];"));
            } else {
                let table = |lines: &mut Lines| {
                    for field in &fields {
                        lines.call(&self.table_line(*field), ",");
                    }
                };
                lines.block(head, table, "];");
            }
            let new = Call::new(
                format!("static __RSVC_INFO: {INFO} = {INFO}::new::<{path}>"),
                [name, "&__RSVC_FIELDS".to_owned()],
            );
            lines.call(&new, ";");
            let items = |lines: &mut Lines| self.impl_items(&fields, lines);
            lines.block(format_args!("impl ::rsvc::codegen::json::Json for {path} {{"), items, "}");
        };
        lines.block("const _: () = {", inside, "};");
        lines.finish()
    }

    fn impl_items(&self, fields: &[FieldId], lines: &mut Lines) {
        const INFO: &str = "fn info() -> &'static ::rsvc::codegen::json::MessageInfo {";
        const WRITE: &str = "fn write_json(&self, __rsvc_w: &mut ::rsvc::codegen::json::Writer) {";
        lines.block(INFO, |lines| lines.line("&__RSVC_INFO"), "}");
        lines.line("#[inline]");
        let write = |lines: &mut Lines| {
            lines.line("let __rsvc_object = __rsvc_w.open();");
            self.write_lines(fields, lines);
            lines.line("__rsvc_w.close(__rsvc_object);");
        };
        lines.block(WRITE, write, "}");
        lines.line("::rsvc::read_json_by_table!();");
        if !fields.is_empty() {
            self.read_field(fields, lines);
        }
        self.negative_zeros(fields, lines);
    }

    fn variant(&self, oneof: OneofId, field: FieldId) -> String {
        let path = names::path_from(self.module, &self.schema.oneofs[oneof].rust);
        format!("{path}::{}", self.schema.fields[field].rust_name)
    }

    /// What the struct holds of a field that is not a member of a oneof.
    fn holds(&self, id: FieldId) -> Holds {
        match self.schema.fields[id].kind {
            FieldKind::Repeated(_) => Holds::List,
            FieldKind::Map(..) => Holds::Map,
            FieldKind::Singular(..) if access::is_optional(self.schema, id) => Holds::Optional,
            FieldKind::Singular(..) => Holds::Value,
        }
    }
}
