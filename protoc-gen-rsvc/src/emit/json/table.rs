//! The line of a field in its message's table.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use super::JsonEmitter;
use crate::model::{FieldId, FieldKind, Presence, ValueType, WellKnown};
use crate::storage::access;

impl JsonEmitter<'_> {
    pub(super) fn table_line(&self, id: FieldId) -> TokenStream {
        let field = &self.schema.fields[id];
        let escaped = escape(&field.json_name);
        let json = &field.json_name;
        let proto = if field.name == *json { "" } else { &field.name };
        let raw = if escaped == *json { String::new() } else { format!(":{json}") };
        let names = format!(",\"{escaped}\":{proto}{raw}");
        let number = Literal::u32_unsuffixed(field.number);
        let new = self.constructor(field.kind.value());
        let cardinality = match &field.kind {
            FieldKind::Map(key, _) => {
                let key = format_ident!("{key:?}");
                quote! { .map(::rsvc::codegen::json::Type::#key) }
            }
            FieldKind::Repeated(_) if field.packed => quote! { .packed() },
            FieldKind::Repeated(_) => quote! { .repeated() },
            FieldKind::Singular(..) if field.oneof.is_some() => {
                let oneofs = &self.schema.messages[field.message].oneofs;
                let index = oneofs.iter().position(|oneof| Some(*oneof) == field.oneof);
                let index = index.expect("the oneof of a field is one of its message");
                let index = Literal::usize_unsuffixed(index);
                quote! { .in_oneof(#index) }
            }
            FieldKind::Singular(_, Presence::Explicit) => quote! { .optional() },
            FieldKind::Singular(_, Presence::Required) => quote! { .required() },
            FieldKind::Singular(_, Presence::Implicit) => quote! {},
        };
        let nullable = match &field.kind {
            FieldKind::Singular(value, _) if self.takes_null(value) => quote! { .nullable() },
            _ => quote! {},
        };
        let boxed = field.storage.boxed.then(|| quote! { .boxed() });
        let sorted = access::is_sorted_map(self.schema, id).then(|| quote! { .sorted() });
        quote! { ::rsvc::codegen::json::Field::#new(#names, #number) #cardinality #nullable #boxed #sorted }
    }

    /// The constructor for a type.
    fn constructor(&self, value: &ValueType) -> TokenStream {
        match value {
            ValueType::Scalar(kind) => {
                let name = format_ident!("{}", format!("{kind:?}").to_lowercase());
                quote! { #name }
            }
            ValueType::Enum(id) => {
                let path = self.enum_path(*id);
                quote! { enumeration::<#path> }
            }
            ValueType::Message(id) => {
                let path = self.described_message(*id);
                quote! { message::<#path> }
            }
            ValueType::Group(id) => {
                let path = self.described_message(*id);
                quote! { group::<#path> }
            }
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
