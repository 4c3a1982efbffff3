//! The root file of an earlier call of the same build script, whose packages stay in the tree.

use std::collections::BTreeSet;

use super::internal;
use super::modules::Module;
use crate::diag::{Code, Diagnostic};
use crate::names;

/// What is there and stays.
pub(crate) struct Existing {
    /// The root file.
    pub(crate) text: String,
    /// The files of packages that stay.
    pub(crate) files: BTreeSet<String>,
    /// The `.proto` files that they are made of.
    pub(crate) names: BTreeSet<String>,
}

/// Its parts.
#[derive(Default)]
pub(super) struct ExistingRoot {
    pub(super) tree: Module,
    /// An encoded `FileDescriptorSet`.
    pub(super) descriptors: Vec<u8>,
    pub(super) routes: Option<syn::Item>,
}

impl ExistingRoot {
    pub(super) fn parse(existing: &Existing) -> Result<Self, Diagnostic> {
        let file = syn::parse_file(&existing.text).map_err(|error| {
            internal(format!("the root file of an earlier call is not valid Rust: {error}"))
        })?;
        let mut root = Self::default();
        root.tree.add(&file.items, &existing.files);
        for item in file.items {
            let syn::Item::Const(constant) = &item else { continue };
            if constant.ident == names::REST_ROUTES {
                root.routes = Some(item);
            } else if let (true, syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::ByteStr(bytes), .. })) =
                (constant.ident == names::DESCRIPTOR_SET, &*constant.expr)
            {
                root.descriptors = bytes.value();
            }
        }
        Ok(root)
    }
}

/// Two automata of routes cannot be one.
pub(super) fn two_routes() -> Diagnostic {
    Diagnostic::error(Code::OUTPUT, "two calls of this build script have services with REST")
        .help("compile the services with REST in one call, or give each call an `out_dir` of its own")
}
