//! The tables that samples of messages are made from, for the runtime.

use quote::quote;

use super::internal;
use crate::diag::Diagnostic;
use crate::model::{MessageId, PackageId, Schema};
pub(crate) use crate::samples::{SampleTables, Samples};
use crate::{names, tokens};

/// What makes samples of messages of a package: one table for all of them and what is in them.
pub(super) fn emit(
    schema: &Schema,
    tables: &SampleTables,
    package: PackageId,
    messages: &[MessageId],
) -> Result<Vec<syn::Item>, Diagnostic> {
    let module = &schema.packages[package].module;
    let text = tables.text(messages);
    let paths =
        messages.iter().map(|id| tokens::parse(&names::path_from(module, &schema.messages[*id].rust)));
    let item = syn::parse2(quote!(::rsvc::sample_impls!(#text, #(#paths),*);)).map_err(|error| {
        let name = &schema.packages[package].name;
        internal(format!("the samples of the package `{name}` are not valid Rust: {error}"))
    })?;
    Ok(vec![item])
}
