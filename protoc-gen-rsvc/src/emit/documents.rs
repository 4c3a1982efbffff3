//! The files that are not Rust: documents of OpenAPI, and the packed reference. Without the feature `documents` there are none:
//! options that ask for them are refused before.

use crate::diag::Diagnostic;
use crate::model::Schema;
#[cfg(feature = "documents")]
use crate::names;
use crate::options::Options;

/// A file to write.
pub(super) struct DocumentPlan {
    /// Its name, beside `mod.rs`.
    pub(super) file: String,
    /// The constant of the generated root that holds it.
    pub(super) constant: String,
    content: Content,
}

#[cfg(feature = "documents")]
enum Content {
    OpenApi(super::openapi::Plan),
    Reference,
}

#[cfg(not(feature = "documents"))]
enum Content {}

/// The files that the options ask for.
#[cfg(feature = "documents")]
pub(super) fn plans(schema: &Schema, options: &Options) -> Vec<DocumentPlan> {
    let documents = super::openapi::plans(schema, options).into_iter().map(|plan| DocumentPlan {
        file: plan.file.clone(),
        constant: plan.constant.clone(),
        content: Content::OpenApi(plan),
    });
    let reference = options.docs.then(|| DocumentPlan {
        file: names::DOCS_FILE.to_owned(),
        constant: names::DOCS.to_owned(),
        content: Content::Reference,
    });
    documents.chain(reference).collect()
}

#[cfg(not(feature = "documents"))]
pub(super) fn plans(_: &Schema, _: &Options) -> Vec<DocumentPlan> {
    Vec::new()
}

/// All of a file.
#[cfg(feature = "documents")]
pub(super) fn text(schema: &Schema, options: &Options, plan: &DocumentPlan) -> Result<String, Diagnostic> {
    match &plan.content {
        Content::OpenApi(plan) => Ok(super::openapi::document(schema, options, plan).text),
        Content::Reference => super::reference::packed(schema),
    }
}

#[cfg(not(feature = "documents"))]
pub(super) fn text(_: &Schema, _: &Options, plan: &DocumentPlan) -> Result<String, Diagnostic> {
    match plan.content {}
}
