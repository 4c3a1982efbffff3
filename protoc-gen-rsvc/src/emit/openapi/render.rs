//! A document as text.

use serde_json::{Map, Value};
use utoipa::openapi::OpenApi;

use crate::options::DocumentFormat;

/// What is merged into a document.
pub(super) struct Overlays<'a> {
    pub(super) all: Vec<&'a Value>,
    /// Whether the document is about a part of the package that they speak of: paths that it has not are left out.
    pub(super) is_part: bool,
}

/// The text of a document: indented, its members in the order of the specification, and each run the same.
pub(super) fn text(document: &OpenApi, overlays: &Overlays<'_>, format: DocumentFormat) -> String {
    let value = serde_json::to_value(document).expect("a document has no keys but texts");
    let mut value = in_order(value);
    for overlay in &overlays.all {
        let paths = value.get("paths").and_then(Value::as_object).map(|paths| paths.keys().cloned());
        let paths: Vec<String> = paths.into_iter().flatten().collect();
        let mut overlay = (*overlay).clone();
        if overlays.is_part
            && let Some(said) = overlay.get_mut("paths").and_then(Value::as_object_mut)
        {
            said.retain(|path, _| paths.contains(path));
        }
        merge(&mut value, overlay);
    }
    match format {
        DocumentFormat::Yaml => yaml_serde::to_string(&value).expect("JSON can be written as YAML"),
        DocumentFormat::Json | DocumentFormat::Off => {
            let mut text = serde_json::to_string_pretty(&value).expect("what was read can be written");
            text.push('\n');
            text
        }
    }
}

/// Merges a patch by RFC 7396.
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(members) = target else { return };
    for (name, value) in patch {
        if value.is_null() {
            members.shift_remove(&name);
        } else {
            merge(members.entry(name).or_insert(Value::Null), value);
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The examples of RFC 7396, appendix A.
    #[test]
    fn patches_are_merged_as_the_rfc_has_it() {
        for (mut target, patch, result) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
            (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
            (json!({"a": "foo"}), json!("bar"), json!("bar")),
            (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
            (json!([1, 2]), json!({"a": "b", "c": null}), json!({"a": "b"})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ] {
            merge(&mut target, patch.clone());
            assert_eq!(target, result, "{patch}");
        }
    }

    #[test]
    fn extensions_have_an_order() {
        let value = json!({"x-b": 1, "b": {"x-a": 1, "a": 2}, "x-a": 2, "a": 3});
        let text = serde_json::to_string(&in_order(value)).expect("is JSON");
        assert_eq!(text, r#"{"b":{"a":2,"x-a":1},"a":3,"x-a":2,"x-b":1}"#);
    }
}
