//! OpenAPI documents of the schema's services.

#[allow(dead_code)] // the documents that use it come with the next change
pub(crate) mod schemas;
