//! The module tree: `mod.rs` with a module for each package, and the descriptors.

use proc_macro2::Literal;

use super::existing::{Existing, ExistingRoot, two_routes};
use super::modules::{Module, allow_each, content};
use super::{descriptor_set, rest};
use crate::diag::Diagnostic;
use crate::model::Schema;
use crate::options::Options;

/// The handshake with the runtime: goes up when generated code and an older runtime no longer fit.
const ABI: u32 = 2;

/// The root file, with what stays of an earlier one.
pub(super) fn emit(
    schema: &Schema,
    options: &Options,
    tree: &Module,
    existing: Option<&Existing>,
) -> Result<Vec<syn::Item>, Diagnostic> {
    let mut earlier = existing.map_or_else(|| Ok(ExistingRoot::default()), ExistingRoot::parse)?;
    let stays = |name: &str| existing.is_some_and(|existing| existing.names.contains(name));
    let descriptors = Literal::byte_string(&descriptor_set::bytes(schema, &earlier.descriptors, stays));
    let abi = Literal::u32_unsuffixed(ABI);
    let mut items: Vec<syn::Item> = vec![
        syn::parse_quote! { const _: () = ::rsvc::codegen::assert_abi(#abi); },
        syn::parse_quote! {
            /// The descriptors of all files as an encoded `google.protobuf.FileDescriptorSet`.
            pub const FILE_DESCRIPTOR_SET: &[u8] = #descriptors;
        },
    ];
    if options.server && options.rest {
        let mut routes: Vec<syn::Item> = rest::emit_routes(schema)?.into_iter().collect();
        allow_each(&mut routes);
        if !routes.is_empty() && earlier.routes.is_some() {
            return Err(two_routes());
        }
        items.extend(routes);
    }
    items.extend(earlier.routes.take());
    earlier.tree.merge(tree);
    items.extend(content(&earlier.tree)?);
    Ok(items)
}
