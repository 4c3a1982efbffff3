//! The paths of a document: each binding of `google.api.http` as an operation.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use utoipa::openapi::path::{HttpMethod, Operation, PathItem, PathItemBuilder, Paths};

use super::templates;
use super::writer::Writer;
use crate::model::ServiceId;
use crate::model::http::Verb;
use crate::model::openapi::is_shown;
use crate::options::OpenApiVersion;

/// Where the operations are that the version of the specification has no place for.
const OTHERS: &str = "x-operations";

/// Paths by what they are without the names of their variables.
#[derive(Default)]
struct Known(BTreeMap<String, (String, Vec<String>)>);

/// All operations of the services.
pub(super) fn paths(writer: &mut Writer<'_>, services: &[ServiceId]) -> Paths {
    let schema = writer.schema;
    let mut paths = Paths::new();
    let mut known = Known::default();
    for service in services {
        for method in &schema.services[*service].methods {
            let method = &schema.methods[*method];
            if !is_shown(schema, method) {
                continue;
            }
            for (index, binding) in method.bindings.iter().enumerate() {
                let mut path = templates::path(schema, binding);
                match known.0.get(&path.key()) {
                    Some((text, names)) => path.rename(names, text),
                    None => {
                        known.0.insert(path.key(), (path.text.clone(), path.names()));
                    }
                }
                let operation = writer.operation(method, index, &path);
                let item = paths.paths.entry(path.text).or_default();
                add(item, &binding.verb, operation, writer.options.version);
            }
        }
    }
    if writer.options.connect {
        super::connect::add(writer, services, &mut paths);
    }
    paths
}

/// Adds an operation. Of two with the same verb the first stays: `RSVC0504` has told of the other.
fn add(item: &mut PathItem, verb: &Verb, operation: Operation, version: OpenApiVersion) {
    let builder = PathItemBuilder::new();
    let other = match (verb, fixed(verb)) {
        (_, Some(method)) => builder.operation(method, operation),
        (Verb::Custom(name), None) if version == OpenApiVersion::V32 => match &**name {
            "QUERY" => builder.query(Some(operation)),
            name => builder.additional_operation(name, operation),
        },
        _ => {
            let others =
                item.extensions.get_or_insert_default().entry(OTHERS.to_owned()).or_insert(json!({}));
            let operation = serde_json::to_value(operation).expect("an operation is JSON");
            if let Value::Object(others) = others {
                others.entry(verb.name()).or_insert(operation);
            }
            return;
        }
    };
    item.merge_operations(other.build());
}

/// The verb, if a path has a member for it.
fn fixed(verb: &Verb) -> Option<HttpMethod> {
    Some(match verb {
        Verb::Get => HttpMethod::Get,
        Verb::Put => HttpMethod::Put,
        Verb::Post => HttpMethod::Post,
        Verb::Delete => HttpMethod::Delete,
        Verb::Patch => HttpMethod::Patch,
        Verb::Custom(name) => match &**name {
            "HEAD" => HttpMethod::Head,
            "OPTIONS" => HttpMethod::Options,
            "TRACE" => HttpMethod::Trace,
            _ => return None,
        },
        Verb::Any => return None,
    })
}
