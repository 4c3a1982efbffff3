//! Schema -> Rust. Nothing here can fail on a user's input: what could was found before the barrier.
//!
//! An emitter whose text does not parse is a mistake of ours and is reported as [`Code::INTERNAL`] with its name.

mod descriptor_set;
mod docs;
mod errors;
pub(crate) mod json;
mod messages;
mod parens;
mod project;
mod rest;
mod service;
mod tree;
mod validate;
mod verify;

use std::collections::BTreeMap;

use crate::diag::{Code, Diagnostic};
use crate::model::{PackageId, Schema};
use crate::names;
use crate::options::Options;

/// Lets the user reach prost-build's own configuration.
pub(crate) type ProstHook<'a> = &'a dyn Fn(&mut prost_build::Config);

/// One generated file, not formatted yet.
pub(crate) struct Emitted {
    pub(crate) name: String,
    pub(crate) items: Vec<syn::Item>,
}

/// All files of the output: one a package, and the module tree.
pub(crate) fn emit(
    schema: &Schema,
    options: &Options,
    hook: ProstHook<'_>,
) -> Result<Vec<Emitted>, Diagnostic> {
    let mut packages: BTreeMap<PackageId, Vec<syn::Item>> = messages::emit(schema, options, hook)?;
    let zeros = json::with_zeros(schema);
    for (id, package) in schema.packages.iter() {
        let mut items = json::emit(schema, id, &zeros, options.serde)?;
        for set in package.messages.iter().filter_map(|m| schema.messages[*m].error_set) {
            items.extend(errors::emit(schema, options, set)?);
        }
        items.extend(validate::emit(schema, id)?);
        for service in &package.services {
            items.extend(service::emit(schema, options, *service)?);
        }
        if !items.is_empty() {
            packages.entry(id).or_default().extend(items);
        }
    }
    let root = tree::emit(schema, &mut packages)?;
    let descriptors =
        Emitted { name: names::DESCRIPTORS_FILE.into(), items: vec![tree::descriptors(schema)] };
    let files = packages
        .into_iter()
        .map(|(id, items)| Emitted { name: schema.packages[id].file_name.clone(), items });
    Ok([root, descriptors].into_iter().chain(files).collect())
}

/// Parses what an emitter wrote; `what` says which one, and for what.
fn parse(text: &str, what: &str) -> Result<Vec<syn::Item>, Diagnostic> {
    let file =
        syn::parse_file(text).map_err(|error| internal(format!("{what} is not valid Rust: {error}")))?;
    Ok(file.items)
}

/// Texts as Rust string literals.
fn literals(texts: impl IntoIterator<Item = impl AsRef<str>>) -> Vec<String> {
    texts.into_iter().map(|text| literal(text.as_ref())).collect()
}

fn literal(text: &str) -> String {
    proc_macro2::Literal::string(text).to_string()
}

fn internal(message: String) -> Diagnostic {
    Diagnostic::error(Code::INTERNAL, message)
        .help("this is a mistake in the generator; please report it with the `.proto` that leads to it")
}
