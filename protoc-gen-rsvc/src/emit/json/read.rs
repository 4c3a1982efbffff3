//! Reading: the arm of each field.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use super::{Holds, JsonEmitter, JsonKind};
use crate::model::{FieldId, OneofId};

impl JsonEmitter<'_> {
    /// The function that reads one of the fields, by its index.
    pub(super) fn read_field(&self, fields: &[FieldId]) -> TokenStream {
        let arms = fields.iter().enumerate().map(|(index, field)| {
            let read = self.read(*field, &Self::table_entry(index));
            let index = Literal::usize_unsuffixed(index);
            quote! { #index => #read, }
        });
        quote! {
            #[inline]
            fn read_field(
                &mut self,
                __rsvc_index: usize,
                __rsvc_r: &mut ::rsvc::codegen::json::Reader<'_>,
            ) -> ::core::result::Result<(), ::rsvc::codegen::json::Error> {
                match __rsvc_index {
                    #(#arms)*
                    _ => ::core::result::Result::Ok(()),
                }
            }
        }
    }

    /// The expression that reads a field, of which `entry` is the line in the table.
    fn read(&self, id: FieldId, entry: &TokenStream) -> TokenStream {
        let field = &self.schema.fields[id];
        if let Some(oneof) = field.oneof {
            return self.read_variant(id, oneof, entry);
        }
        let place = self.place(&field.rust_name);
        let holds = self.holds(id);
        let suffix = match holds {
            Holds::List => "_list",
            Holds::Optional => "_opt",
            _ => "",
        };
        match (holds, self.kind(field.kind.value())) {
            (Holds::Map, JsonKind::Enum(path)) => quote! { __rsvc_r.enum_map::<#path, _>(&mut #place) },
            (Holds::Map, JsonKind::Plain) => quote! { __rsvc_r.plain_map(#entry, &mut #place) },
            (Holds::List, JsonKind::Plain) => quote! { __rsvc_r.plain_list(#entry, &mut #place) },
            (Holds::Optional, JsonKind::Plain) => quote! { __rsvc_r.plain_opt(#entry, &mut #place) },
            (Holds::Value, JsonKind::Plain) => quote! { __rsvc_r.plain(#entry, &mut #place) },
            (Holds::Map, _) => quote! { __rsvc_r.map(&mut #place) },
            (Holds::List, JsonKind::Message) => quote! { __rsvc_r.list(&mut #place) },
            (Holds::Optional, JsonKind::Message) => quote! { __rsvc_r.message_opt(&mut #place) },
            (_, JsonKind::Message) => {
                quote! { ::rsvc::codegen::json::Json::read_json(&mut #place, __rsvc_r) }
            }
            (holds, JsonKind::Enum(path)) => {
                let method = if holds == Holds::Value {
                    format_ident!("enumeration")
                } else {
                    format_ident!("enum{suffix}")
                };
                quote! { __rsvc_r.#method::<#path>(&mut #place) }
            }
            (_, kind) => {
                let stem = match kind {
                    JsonKind::Copied(stem) => stem,
                    JsonKind::Bytes => "bytes",
                    _ => "string",
                };
                let method = format_ident!("{stem}{suffix}");
                quote! { __rsvc_r.#method(&mut #place) }
            }
        }
    }

    /// A oneof's member: a message merges with one of the same kind, anything else replaces.
    fn read_variant(&self, id: FieldId, oneof: OneofId, entry: &TokenStream) -> TokenStream {
        let field = &self.schema.fields[id];
        let place = self.place(&self.schema.oneofs[oneof].rust_name);
        let variant = self.variant(oneof, id);
        let some = quote! { ::core::option::Option::Some };
        let body = match self.kind(field.kind.value()) {
            JsonKind::Message => quote! {
                if let #some(#variant(__rsvc_value)) = &mut #place {
                    ::rsvc::codegen::json::Json::read_json(__rsvc_value, __rsvc_r)?;
                } else {
                    #place = #some(#variant(__rsvc_r.message_value()?));
                }
            },
            JsonKind::Plain => quote! {
                if let #some(#variant(__rsvc_value)) = &mut #place {
                    __rsvc_r.plain(#entry, __rsvc_value)?;
                } else {
                    #place = #some(#variant(__rsvc_r.plain_value(#entry)?));
                }
            },
            JsonKind::Enum(path) => quote! {
                if let #some(__rsvc_value) = __rsvc_r.enum_value(<#path as ::rsvc::codegen::json::JsonEnum>::INFO)? {
                    #place = #some(#variant(__rsvc_value));
                }
            },
            JsonKind::Bytes if field.storage.shared_bytes => {
                quote! { #place = #some(#variant(__rsvc_r.bytes_value()?.into())); }
            }
            kind => {
                let method = match kind {
                    JsonKind::Copied("double") => "f64_value",
                    JsonKind::Copied("float") => "f32_value",
                    JsonKind::Copied("int32") => "i32_value",
                    JsonKind::Copied("int64") => "i64_value",
                    JsonKind::Copied("uint32") => "u32_value",
                    JsonKind::Copied("uint64") => "u64_value",
                    JsonKind::Copied(_) => "bool_value",
                    JsonKind::Bytes => "bytes_value",
                    _ => "string_value",
                };
                let method = format_ident!("{method}");
                quote! { #place = #some(#variant(__rsvc_r.#method()?)); }
            }
        };
        quote! { { #body ::core::result::Result::Ok(()) } }
    }
}
