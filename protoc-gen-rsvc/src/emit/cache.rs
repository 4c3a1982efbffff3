//! What HTTP caches may do with the responses of a method, as an expression.

use proc_macro2::TokenStream;
use quote::quote;

use super::literals;
use crate::model::{Cache, ETag, FieldId, MessageId, Schema};
use crate::storage::access;
use crate::tokens;

/// The `rsvc::Cache` of a method whose responses are of the message `output`.
pub(super) fn cache(schema: &Schema, cache: &Cache, output: MessageId, module: &[String]) -> String {
    let max_age = cache.max_age.map(|seconds| format!(".max_age({seconds})"));
    let private = cache.private.then(|| ".private()".to_owned());
    let vary = (!cache.vary.is_empty()).then(|| format!(".vary(&[{}])", literals(&cache.vary).join(", ")));
    let etag = cache.etag.as_ref().map(|etag| match etag {
        ETag::Content => ".etag_of_content()".to_owned(),
        ETag::Field(path) => format!(".etag({})", version(schema, path, output, module)),
    });
    let parts = [max_age, private, vary, etag].into_iter().flatten();
    std::iter::once("::rsvc::Cache::new()".to_owned()).chain(parts).collect()
}

/// A closure that finds the field at `path` in a response.
fn version(schema: &Schema, path: &[FieldId], output: MessageId, module: &[String]) -> TokenStream {
    let node = &schema.messages[output];
    let (ty, message) = match &node.stand_in {
        Some(name) => {
            let name = tokens::stand_in(module, name);
            (quote!(::rsvc::codegen::Plain<#name>), quote!(__rsvc_response.0))
        }
        None => (tokens::path(module, &node.rust), quote!(__rsvc_response)),
    };
    let mut place = TokenStream::new();
    for (index, field) in path.iter().enumerate() {
        place = if index == 0 {
            access::optional(schema, *field, &message, module)
        } else {
            let value = access::optional(schema, *field, &quote!(__rsvc_message), module);
            quote!(#place.and_then(|__rsvc_message| #value))
        };
    }
    quote! {
        |__rsvc_response| {
            let __rsvc_response = ::rsvc::codegen::etag::response::<#ty>(__rsvc_response);
            ::rsvc::codegen::etag::version(#place)
        }
    }
}
