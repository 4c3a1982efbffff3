//! Writing: one call for each field, one `match` for each oneof.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use super::{Holds, JsonEmitter, JsonKind};
use crate::model::{FieldId, FieldKind, MessageId, OneofId, Presence};

impl JsonEmitter<'_> {
    /// A statement for each field, and one for each oneof at the place of its first member.
    pub(super) fn write_lines(&self, id: MessageId) -> Vec<TokenStream> {
        let mut lines = Vec::new();
        for (index, field) in self.fields(id).iter().enumerate() {
            match self.schema.fields[*field].oneof {
                None => {
                    let call = self.write(&Self::table_entry(index), *field);
                    lines.push(quote! { __rsvc_w.#call; });
                }
                Some(oneof) if self.schema.oneofs[oneof].fields.first() == Some(field) => {
                    lines.push(self.write_oneof(id, oneof));
                }
                Some(_) => {}
            }
        }
        lines
    }

    pub(super) fn table_entry(index: usize) -> TokenStream {
        let index = Literal::usize_unsuffixed(index);
        quote! { &__RSVC_FIELDS[#index] }
    }

    fn write_oneof(&self, message: MessageId, id: OneofId) -> TokenStream {
        let oneof = &self.schema.oneofs[id];
        let place = self.place(&oneof.rust_name);
        let fields = self.fields(message);
        let arms = oneof.fields.iter().map(|field| {
            let index = fields.iter().position(|f| f == field).expect("a member is a field of the message");
            self.write_variant(&Self::table_entry(index), id, *field)
        });
        quote! {
            match &#place {
                #(#arms)*
                ::core::option::Option::None => {}
            }
        }
    }

    /// The arm that writes a member of a oneof.
    fn write_variant(&self, entry: &TokenStream, oneof: OneofId, field: FieldId) -> TokenStream {
        let variant = self.variant(oneof, field);
        let call = match self.kind(self.schema.fields[field].kind.value()) {
            JsonKind::Copied(stem) => {
                let method = format_ident!("{stem}_set");
                quote! { #method(#entry, *__rsvc_value) }
            }
            JsonKind::String => quote! { string_set(#entry, __rsvc_value) },
            JsonKind::Bytes => quote! { bytes_set(#entry, __rsvc_value) },
            JsonKind::Enum(_) => quote! { enum_set(#entry, *__rsvc_value) },
            JsonKind::Message => quote! { message_set(#entry, __rsvc_value) },
            JsonKind::Plain => quote! { plain_set(#entry, __rsvc_value) },
        };
        quote! { ::core::option::Option::Some(#variant(__rsvc_value)) => __rsvc_w.#call, }
    }

    /// The call that writes a field of the struct.
    fn write(&self, entry: &TokenStream, id: FieldId) -> TokenStream {
        let field = &self.schema.fields[id];
        let place = self.place(&field.rust_name);
        let kind = self.kind(field.kind.value());
        match (self.holds(id), kind) {
            (Holds::List, JsonKind::Copied(stem)) => {
                let method = format_ident!("{stem}_list");
                quote! { #method(#entry, &#place) }
            }
            (Holds::List, JsonKind::String) => quote! { string_list(#entry, &#place) },
            (Holds::List, JsonKind::Bytes | JsonKind::Message) => quote! { list(#entry, &#place) },
            (Holds::List, JsonKind::Plain) => quote! { plain_list(#entry, &#place) },
            (Holds::Map, JsonKind::Plain) => quote! { plain_map(#entry, &#place) },
            (Holds::Optional, JsonKind::Plain) => quote! { plain_opt(#entry, &#place) },
            (Holds::Value, JsonKind::Plain) => quote! { plain_set(#entry, &#place) },
            (Holds::List, JsonKind::Enum(_)) => quote! { enum_list(#entry, &#place) },
            (Holds::Map, JsonKind::Enum(_)) => quote! { enum_map(#entry, &#place) },
            (Holds::Map, _) => quote! { map(#entry, &#place) },
            (Holds::Optional, JsonKind::Copied(stem)) => {
                let method = format_ident!("{stem}_opt");
                quote! { #method(#entry, #place) }
            }
            (Holds::Optional, JsonKind::String) => quote! { string_opt(#entry, &#place) },
            (Holds::Optional, JsonKind::Bytes) => quote! { bytes_opt(#entry, &#place) },
            (Holds::Optional, JsonKind::Enum(_)) => quote! { enum_opt(#entry, #place) },
            (Holds::Optional, JsonKind::Message) => quote! { message_opt(#entry, &#place) },
            (Holds::Value, JsonKind::Message) => quote! { message_set(#entry, &#place) },
            (Holds::Value, kind) => {
                let required = matches!(field.kind, FieldKind::Singular(_, Presence::Required));
                let suffix = if required { "_set" } else { "" };
                match kind {
                    JsonKind::Copied(stem) => {
                        let method = format_ident!("{stem}{suffix}");
                        quote! { #method(#entry, #place) }
                    }
                    JsonKind::Enum(_) => {
                        let method = format_ident!("{}", if required { "enum_set" } else { "enumeration" });
                        quote! { #method(#entry, #place) }
                    }
                    JsonKind::String | JsonKind::Bytes | JsonKind::Message | JsonKind::Plain => {
                        let stem = if matches!(kind, JsonKind::String) { "string" } else { "bytes" };
                        let method = format_ident!("{stem}{suffix}");
                        quote! { #method(#entry, &#place) }
                    }
                }
            }
        }
    }
}
