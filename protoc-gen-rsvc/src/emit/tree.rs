//! The module tree: `mod.rs` with a module for each package, and the descriptors.

use std::collections::BTreeMap;

use proc_macro2::{Ident, Literal, Span};
use quote::{ToTokens as _, quote};

use super::{Emitted, descriptor_set, internal, json};
use crate::diag::Diagnostic;
use crate::model::{PackageId, Schema};
use crate::names;

/// The handshake with the runtime: goes up when generated code and an older runtime no longer fit.
const ABI: u32 = 3;

#[derive(Default)]
struct Module {
    file: Option<String>,
    children: BTreeMap<String, Module>,
}

/// The root file. Modules of packages that are also modules of nested types move into those.
pub(super) fn emit(
    schema: &Schema,
    packages: &mut BTreeMap<PackageId, Vec<syn::Item>>,
) -> Result<Emitted, Diagnostic> {
    let mut root = Module::default();
    for id in packages.keys() {
        let package = &schema.packages[*id];
        let mut at = &mut root;
        for part in &package.module {
            at = at.children.entry(part.clone()).or_default();
        }
        at.file = Some(package.file_name.clone());
    }
    // From the leaves up, so that what moves takes along what has moved into it.
    let mut deepest_first: Vec<PackageId> = packages.keys().copied().collect();
    deepest_first.sort_by_key(|id| std::cmp::Reverse(schema.packages[*id].module.len()));
    for id in deepest_first {
        let path = schema.packages[id].module.iter();
        let module = path.into_iter().try_fold(&mut root, |at, part| at.children.get_mut(part));
        let module = module.expect("each package has its module in the tree");
        merge(module, packages.get_mut(&id).expect("the packages are those of the tree"))?;
    }
    for (id, items) in packages.iter_mut() {
        if schema.packages[*id].module.is_empty() {
            allow_each(items);
        }
    }
    let descriptors = names::DESCRIPTORS_FILE;
    let abi = Literal::u32_unsuffixed(ABI);
    let mut items: Vec<syn::Item> = vec![
        syn::parse_quote! { const _: () = ::rsvc::codegen::assert_abi(#abi); },
        syn::parse_quote! { include!(#descriptors); },
    ];
    let mut stand_ins: Vec<syn::Item> = json::emit_plain(schema)?.into_iter().collect();
    allow_each(&mut stand_ins);
    items.extend(stand_ins);
    items.extend(content(&root, Some(&allow()))?);
    Ok(Emitted { name: names::ROOT_FILE.into(), items })
}

/// The descriptors, in a file of their own: nobody reads them.
pub(super) fn descriptors(schema: &Schema) -> syn::Item {
    let name = ident(names::DESCRIPTOR_SET);
    let descriptors = Literal::byte_string(&descriptor_set::bytes(schema));
    syn::parse_quote! {
        /// The descriptors of all files as an encoded `google.protobuf.FileDescriptorSet`.
        #[allow(dead_code, unreachable_pub)]
        pub const #name: &[u8] = #descriptors;
    }
}

/// Moves child modules that exist in `items` already into them.
fn merge(module: &mut Module, items: &mut [syn::Item]) -> Result<(), Diagnostic> {
    for item in items {
        let syn::Item::Mod(item) = item else { continue };
        let Some((_, inner)) = &mut item.content else { continue };
        if let Some(mut child) = module.children.remove(&item.ident.to_string()) {
            merge(&mut child, inner)?;
            inner.extend(content(&child, None)?);
        }
    }
    Ok(())
}

/// What is in a module; `allow` stands on each module in it, and holds for what is further down.
fn content(module: &Module, allow: Option<&syn::Attribute>) -> Result<Vec<syn::Item>, Diagnostic> {
    let mut items = Vec::new();
    if let Some(file) = &module.file {
        items.push(syn::parse_quote! { include!(#file); });
    }
    for (name, child) in &module.children {
        let inner = content(child, None)?;
        let name = ident(name);
        let tokens = quote!(#allow pub mod #name { #(#inner)* });
        items.push(
            syn::parse2(tokens.to_token_stream()).map_err(|e| internal(format!("the module tree: {e}")))?,
        );
    }
    Ok(items)
}

/// Generated code is not for lints to judge.
fn allow() -> syn::Attribute {
    syn::parse_quote! {
        #[allow(
            clippy::all,
            clippy::nursery,
            clippy::pedantic,
            clippy::restriction,
            deprecated,
            missing_docs,
            non_camel_case_types,
            noop_method_call,
            suspicious_double_ref_op,
            unreachable_pub,
            unused,
            unused_comparisons
        )]
    }
}

/// What is in no package is in no module either, so every item says for itself what a module says for all.
fn allow_each(items: &mut [syn::Item]) {
    for item in items {
        let attributes = match item {
            syn::Item::Const(item) => &mut item.attrs,
            syn::Item::Enum(item) => &mut item.attrs,
            syn::Item::Impl(item) => &mut item.attrs,
            syn::Item::Mod(item) => &mut item.attrs,
            syn::Item::Static(item) => &mut item.attrs,
            syn::Item::Struct(item) => &mut item.attrs,
            syn::Item::Trait(item) => &mut item.attrs,
            // A macro takes no attributes, and what it expands to is not judged.
            _ => continue,
        };
        attributes.push(allow());
    }
}

fn ident(name: &str) -> Ident {
    match name.strip_prefix("r#") {
        Some(raw) => Ident::new_raw(raw, Span::call_site()),
        None => Ident::new(name, Span::call_site()),
    }
}
