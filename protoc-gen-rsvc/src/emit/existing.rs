//! The tree of earlier calls of the same build script, whose packages stay.

use super::internal;
use super::modules::Module;
use crate::diag::{Code, Diagnostic};
use crate::names;
use crate::sorted::SortedSet;

/// What is there and stays.
pub(crate) struct Existing {
    /// The text of the root file.
    pub(crate) root: String,
    /// The text of the file with the descriptors.
    pub(crate) descriptors: String,
    /// The files of packages that stay.
    pub(crate) files: SortedSet<String>,
    /// The `.proto` files that they are made of.
    pub(crate) names: SortedSet<String>,
}

impl Existing {
    /// The modules, and the module of what stands in for types of other crates.
    pub(super) fn tree(&self) -> Result<(Module, Option<syn::Item>), Diagnostic> {
        let items = parse(&self.root)?;
        let mut tree = Module::default();
        tree.add(&items, &self.files);
        let is_stand_ins =
            |item: &syn::Item| matches!(item, syn::Item::Mod(module) if module.ident == names::STAND_INS);
        Ok((tree, items.into_iter().find(is_stand_ins)))
    }

    /// The constants of documents that stay.
    pub(super) fn documents(&self) -> Result<Vec<syn::ItemConst>, Diagnostic> {
        let constants = parse(&self.root)?.into_iter().filter_map(|item| match item {
            syn::Item::Const(constant) => Some(constant),
            _ => None,
        });
        Ok(constants
            .filter(|constant| match &*constant.expr {
                syn::Expr::Macro(include) => (include.mac.parse_body::<syn::LitStr>())
                    .is_ok_and(|file| self.files.contains(&file.value())),
                _ => false,
            })
            .collect())
    }

    /// The encoded `FileDescriptorSet`.
    pub(super) fn descriptors(&self) -> Result<Vec<u8>, Diagnostic> {
        for item in parse(&self.descriptors)? {
            if let syn::Item::Const(constant) = item
                && let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::ByteStr(bytes), .. }) = &*constant.expr
            {
                return Ok(bytes.value());
            }
        }
        Err(internal("the descriptors of an earlier call are not where they were written".to_owned()))
    }
}

fn parse(text: &str) -> Result<Vec<syn::Item>, Diagnostic> {
    super::parse(text, "what an earlier call of this build script has written")
}

/// What stands in for types of other crates is one module.
pub(super) fn two_stand_ins() -> Diagnostic {
    Diagnostic::error(
        Code::OUTPUT,
        "two calls of this build script use types of crates that have prost's code alone, and not the same",
    )
    .help("compile the files that use them in one call, or give each call an `out_dir` of its own")
}
