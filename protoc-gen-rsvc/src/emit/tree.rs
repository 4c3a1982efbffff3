//! The module tree: `mod.rs` with a module for each package, and the descriptors.

use proc_macro2::Literal;

use super::existing::{Existing, two_stand_ins};
use super::modules::{Module, allow, allow_each, content, ident};
use super::{descriptor_set, json, pretty};
use crate::diag::Diagnostic;
use crate::model::Schema;
use crate::names;

/// The handshake with the runtime: goes up when generated code and an older runtime no longer fit.
const ABI: u32 = 3;

/// The root file, with what stays of an earlier one. `documents` are the constants of documents with their files.
pub(super) fn emit(
    schema: &Schema,
    tree: &Module,
    documents: &[(&str, &str)],
    existing: Option<&Existing>,
) -> Result<Vec<syn::Item>, Diagnostic> {
    let (mut all, earlier) = existing.map_or_else(|| Ok((Module::default(), None)), Existing::tree)?;
    all.merge(tree);
    let descriptors = names::DESCRIPTORS_FILE;
    let abi = Literal::u32_unsuffixed(ABI);
    let mut items: Vec<syn::Item> = vec![
        syn::parse_quote! { const _: () = ::rsvc::codegen::assert_abi(#abi); },
        syn::parse_quote! { include!(#descriptors); },
    ];
    let own = documents.iter().map(|(constant, file)| document(constant, file));
    let stay = existing.map_or_else(|| Ok(Vec::new()), Existing::documents)?;
    let of = |constant: &syn::ItemConst| documents.iter().any(|(name, _)| constant.ident == name);
    items.extend(own.chain(stay.into_iter().filter(|constant| !of(constant))).map(syn::Item::Const));
    let mut stand_ins: Vec<syn::Item> = json::emit_plain(schema)?.into_iter().collect();
    allow_each(&mut stand_ins);
    match (earlier, stand_ins.first()) {
        (Some(earlier), Some(own)) if pretty(earlier.clone()) != pretty(own.clone()) => {
            return Err(two_stand_ins());
        }
        (Some(earlier), None) => items.push(earlier),
        _ => {}
    }
    items.extend(stand_ins);
    items.extend(content(&all, Some(&allow()))?);
    Ok(items)
}

/// A document that stands beside the root file, as a constant.
fn document(constant: &str, file: &str) -> syn::ItemConst {
    let name = ident(constant);
    let text = format!(" The document `{file}`.");
    syn::parse_quote! {
        #[doc = #text]
        #[allow(dead_code, unreachable_pub)]
        pub const #name: &str = include_str!(#file);
    }
}

/// The descriptors, in a file of their own: nobody reads them. What stays of an earlier one comes first.
pub(super) fn descriptors(schema: &Schema, existing: Option<&Existing>) -> Result<syn::Item, Diagnostic> {
    let name = ident(names::DESCRIPTOR_SET);
    let earlier = existing.map_or_else(|| Ok(Vec::new()), Existing::descriptors)?;
    let stays = |name: &str| existing.is_some_and(|existing| existing.names.contains(name));
    let descriptors = Literal::byte_string(&descriptor_set::bytes(schema, &earlier, stays));
    Ok(syn::parse_quote! {
        /// The descriptors of all files as an encoded `google.protobuf.FileDescriptorSet`.
        #[allow(dead_code, unreachable_pub)]
        pub const #name: &[u8] = #descriptors;
    })
}
