//! A document as text.

use serde_json::{Map, Value};
use utoipa::openapi::OpenApi;

use crate::options::DocumentFormat;

/// The text of a document: indented, its members in the order of the specification, and each run the same.
pub(super) fn text(document: &OpenApi, format: DocumentFormat) -> String {
    let value = serde_json::to_value(document).expect("a document has no keys but texts");
    let value = in_order(value);
    match format {
        DocumentFormat::Yaml => yaml_serde::to_string(&value).expect("JSON can be written as YAML"),
        DocumentFormat::Json | DocumentFormat::Off => {
            let mut text = serde_json::to_string_pretty(&value).expect("what was read can be written");
            text.push('\n');
            text
        }
    }
}

/// Extensions (`x-…`) go to the end of their object by name: utoipa keeps them in a map without an order.
fn in_order(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let (mut extensions, mut members) = (Vec::new(), Map::new());
            for (name, value) in map {
                let value = in_order(value);
                if name.starts_with("x-") {
                    extensions.push((name, value));
                } else {
                    members.insert(name, value);
                }
            }
            extensions.sort_by(|a, b| a.0.cmp(&b.0));
            members.extend(extensions);
            Value::Object(members)
        }
        Value::Array(items) => Value::Array(items.into_iter().map(in_order).collect()),
        value => value,
    }
}
