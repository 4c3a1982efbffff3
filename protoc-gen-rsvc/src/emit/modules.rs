//! The tree of modules: one for each package, and what stands in each.

use proc_macro2::{Ident, Span};
use quote::{ToTokens as _, quote};

use super::internal;
use crate::diag::Diagnostic;
use crate::model::{MessageId, PackageId, Schema};
use crate::sorted::{SortedMap, SortedSet};

/// The modules of all packages.
#[derive(Default)]
pub(super) struct Module {
    /// The file of the package whose module it is.
    file: Option<String>,
    /// Whether it is the module of a message's nested types, in the file of the package around it.
    inline: bool,
    children: SortedMap<String, Module>,
}

impl Module {
    /// The tree of the packages that have a file.
    pub(super) fn new(schema: &Schema, packages: &[PackageId]) -> Self {
        let mut root = Self::default();
        for id in packages {
            let package = &schema.packages[*id];
            let mut at = &mut root;
            for part in &package.module {
                at = at.children.or_default(part.clone());
            }
            at.file = Some(package.file_name.clone());
        }
        for id in packages {
            let package = &schema.packages[*id];
            let way = package.module.iter().try_fold(&mut root, |at, part| at.children.get_mut(part));
            way.expect("each package has its module in the tree").find_inline(schema, &package.messages);
        }
        root
    }

    /// Adds the modules of an earlier root file, with those of its files that stay.
    pub(super) fn add(&mut self, items: &[syn::Item], files: &SortedSet<String>) {
        for item in items {
            match item {
                syn::Item::Mod(syn::ItemMod { ident, content: Some((_, inner)), .. }) => {
                    let mut child = Self::default();
                    child.add(inner, files);
                    if child.file.is_some() || !child.children.is_empty() {
                        self.children.insert(ident.to_string(), child);
                    }
                }
                syn::Item::Macro(include) => {
                    let file = include.mac.parse_body::<syn::LitStr>().map(|file| file.value());
                    if let Some(file) = file.into_iter().find(|file| files.contains(file)) {
                        self.file = Some(file);
                    }
                }
                _ => {}
            }
        }
    }

    /// Adds what is only in another tree.
    pub(super) fn merge(&mut self, other: &Self) {
        if self.file.is_none() {
            self.file.clone_from(&other.file);
        }
        self.inline |= other.inline;
        for (name, child) in &other.children {
            self.children.or_default(name.clone()).merge(child);
        }
    }

    fn find_inline(&mut self, schema: &Schema, messages: &[MessageId]) {
        if self.children.is_empty() {
            return;
        }
        for id in messages {
            let message = &schema.messages[*id];
            let child = self.children.get_mut(&message.module_name).filter(|_| has_module(schema, *id));
            if let Some(child) = child {
                child.inline = true;
                child.find_inline(schema, &message.messages);
            }
        }
    }

    fn at(&self, path: &[String]) -> &Self {
        let module = path.iter().try_fold(self, |at, part| at.children.get(part));
        module.expect("each package has its module in the tree")
    }

    /// Whether [`Module::fill`] has something to move into the modules of these messages.
    pub(super) fn fills(&self, path: &[String], schema: &Schema, messages: &[MessageId]) -> bool {
        let children = &self.at(path).children;
        messages
            .iter()
            .any(|id| children.contains_key(&schema.messages[*id].module_name) && has_module(schema, *id))
    }

    /// Moves modules of packages that are also modules of nested types into those: `items` are of the module `path`.
    pub(super) fn fill(
        &self,
        path: &[String],
        schema: &Schema,
        messages: &[MessageId],
        items: &mut [syn::Item],
    ) -> Result<(), Diagnostic> {
        self.at(path).fill_inline(schema, messages, items)
    }

    fn fill_inline(
        &self,
        schema: &Schema,
        messages: &[MessageId],
        items: &mut [syn::Item],
    ) -> Result<(), Diagnostic> {
        if self.children.is_empty() {
            return Ok(());
        }
        for id in messages {
            let message = &schema.messages[*id];
            let child = self.children.get(&message.module_name).filter(|_| has_module(schema, *id));
            let Some(child) = child else { continue };
            let inner = items.iter_mut().find_map(|item| match item {
                syn::Item::Mod(item) if item.ident == message.module_name => item.content.as_mut(),
                _ => None,
            });
            let Some((_, inner)) = inner else {
                return Err(internal(format!("there is no module for what is in `{}`", message.full_name)));
            };
            child.fill_inline(schema, &message.messages, inner)?;
            inner.extend(content(child, None)?);
        }
        Ok(())
    }
}

/// Whether prost-build writes a module for what is nested in a message.
fn has_module(schema: &Schema, id: MessageId) -> bool {
    let message = &schema.messages[id];
    let has_oneof = || message.oneofs.iter().any(|oneof| !schema.oneofs[*oneof].fields.is_empty());
    message.is_local()
        && schema.files[message.file].generate
        && (!message.messages.is_empty()
            || !message.enums.is_empty()
            || (message.error_set.is_none() && has_oneof()))
}

/// What is in a module; `allow` stands on each module in it, and holds for what is further down.
pub(super) fn content(module: &Module, allow: Option<&syn::Attribute>) -> Result<Vec<syn::Item>, Diagnostic> {
    let mut items = Vec::new();
    if let Some(file) = &module.file {
        items.push(syn::parse_quote! { include!(#file); });
    }
    for (name, child) in module.children.iter().filter(|(_, child)| !child.inline) {
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
pub(super) fn allow() -> syn::Attribute {
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
pub(super) fn allow_each(items: &mut [syn::Item]) {
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

pub(super) fn ident(name: &str) -> Ident {
    match name.strip_prefix("r#") {
        Some(raw) => Ident::new_raw(raw, Span::call_site()),
        None => Ident::new(name, Span::call_site()),
    }
}
