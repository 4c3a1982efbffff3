//! The files and the constants of documents that are not Rust.

use heck::ToShoutySnakeCase as _;

use super::space::{Space, unique};
use crate::model::Schema;

/// The constant, in the tree's root, with the document of all services.
pub(crate) const DOCUMENT: &str = "OPENAPI";

/// What the files of documents are called, before their extension.
#[cfg(feature = "documents")]
pub(crate) fn document_stem(of: Option<&str>) -> String {
    of.map_or_else(|| "openapi".to_owned(), |of| format!("{of}.openapi"))
}

/// Names the constants of documents. They all stand in the root of the tree, since packages that differ in case alone are
/// one module.
pub(super) fn assign(schema: &mut Schema, root: &mut Space) {
    root.values.insert(DOCUMENT.to_owned());
    let constant = |root: &mut Space, of: &str| {
        let name = format!("{DOCUMENT}_{}", of.replace('.', "_").to_shouty_snake_case());
        unique(name.trim_end_matches('_'), |name| root.values.insert(name.to_owned()))
    };
    for id in schema.packages.ids() {
        let package = &mut schema.packages[id];
        package.openapi = constant(root, &package.name);
        for service in package.services.clone() {
            let service = &mut schema.services[service];
            service.names.openapi = constant(root, &service.full_name);
        }
    }
}
