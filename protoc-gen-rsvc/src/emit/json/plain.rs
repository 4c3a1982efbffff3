//! What stands in for messages and enums of crates that have prost's code alone: the tables of their JSON.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use super::{Diagnostic, EnumId, JsonEmitter, MessageId, Schema, internal, names, tokens};

/// The module with all of them; `None` where there are none.
pub(in crate::emit) fn emit(schema: &Schema) -> Result<Option<syn::Item>, Diagnostic> {
    let module = [names::STAND_INS.to_owned()];
    let cx = JsonEmitter::new(schema, &module, "self");
    let messages: Vec<(MessageId, &str)> =
        schema.messages.iter().filter_map(|(id, message)| Some((id, message.stand_in.as_deref()?))).collect();
    let enums = schema.enums.iter().filter_map(|(id, node)| Some((id, node.stand_in.as_deref()?)));
    let mut items: Vec<TokenStream> = enums.map(|(id, name)| cx.enum_stand_in(id, name)).collect();
    items.extend(messages.iter().map(|(id, name)| cx.message_stand_in(*id, name)));
    if items.is_empty() {
        return Ok(None);
    }
    let registered = messages.iter().map(|(id, _)| tokens::parse(&cx.described_message(*id)));
    let registered = (!messages.is_empty()).then(|| quote! { ::rsvc::register_messages!(#(#registered),*); });
    let name = format_ident!("{}", names::STAND_INS);
    let module = syn::parse2(quote! {
        /// What stands in for messages and enums of other crates.
        mod #name {
            #(#items)*
            #registered
        }
    });
    module
        .map(Some)
        .map_err(|error| internal(format!("the tables of other crates are not valid Rust: {error}")))
}

impl JsonEmitter<'_> {
    fn enum_stand_in(&self, id: EnumId, name: &str) -> TokenStream {
        let (name, names) = (format_ident!("{name}"), self.enumeration(id));
        quote! {
            pub enum #name {}
            #names
        }
    }

    fn message_stand_in(&self, id: MessageId, name: &str) -> TokenStream {
        let node = &self.schema.messages[id];
        let (name, ty) = (format_ident!("{name}"), tokens::parse(&self.message_path(id)));
        if let Some(well_known) = node.well_known {
            // Its form in JSON is the runtime's, by its bytes.
            let known = tokens::well_known(well_known);
            return quote! {
                pub enum #name {}
                impl ::rsvc::codegen::PlainMessage for #name {
                    type Message = #ty;
                    fn info() -> &'static ::rsvc::codegen::json::MessageInfo {
                        <#known as ::rsvc::codegen::json::Json>::info()
                    }
                }
            };
        }
        let fields = self.fields(id);
        let count = Literal::usize_unsuffixed(fields.len());
        let table = fields.iter().map(|field| tokens::parse(&self.table_line(*field).to_string()));
        let full_name = &node.full_name;
        quote! {
            pub enum #name {}
            const _: () = {
                static __RSVC_FIELDS: [::rsvc::codegen::json::Field; #count] = [#(#table),*];
                static __RSVC_INFO: ::rsvc::codegen::json::MessageInfo =
                    ::rsvc::codegen::json::MessageInfo::new::<#ty>(#full_name, &__RSVC_FIELDS);

                impl ::rsvc::codegen::PlainMessage for #name {
                    type Message = #ty;
                    fn info() -> &'static ::rsvc::codegen::json::MessageInfo {
                        &__RSVC_INFO
                    }
                }
            };
        }
    }
}
