//! Names in documents and of documents: files, constants, tags and the ids of operations.

use heck::ToShoutySnakeCase as _;

use super::space::{Space, unique};
use crate::model::{Method, Schema, ServiceId};

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
        unique(name.trim_end_matches('_'), &mut |name| root.values.insert(name.to_owned()))
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

/// The name of a service in documents: the short one, unless another package has a service of that name.
pub(crate) fn service_name(schema: &Schema, id: ServiceId) -> &str {
    let service = &schema.services[id];
    let mut others = schema.services.iter().filter(|(other, _)| *other != id);
    let is_taken = others.any(|(_, other)| other.name == service.name);
    if is_taken { &service.full_name } else { &service.name }
}

/// The id of the operation that is the first binding of a method.
pub(crate) fn operation_id(schema: &Schema, method: &Method) -> String {
    let derived = || {
        let service = service_name(schema, method.service).replace('.', "_");
        format!("{service}_{}", method.name)
    };
    method.openapi.id.clone().unwrap_or_else(derived)
}

/// What the `index`-th binding of a method has behind the id of the first.
pub(crate) fn operation_suffix(index: usize) -> String {
    if index == 0 { String::new() } else { format!("_{}", index + 1) }
}
