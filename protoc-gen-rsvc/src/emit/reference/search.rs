//! The index by which pages search: a script, so that it works from files as well.

use serde_json::{Value, json};

use super::comments::Docs;
use super::site::Site;
use crate::model::{Comments, FieldId};

/// `globalThis.rsvcIndex`: for each definition its kind, name, package, page, text, and the parts of its page with theirs.
pub(super) fn index(site: &Site<'_>) -> String {
    let schema = site.schema;
    let mut entries = Vec::new();
    for id in &site.services {
        let service = &schema.services[*id];
        let methods = service.methods.iter().map(|id| {
            let method = &schema.methods[*id];
            let paths = method.bindings.iter().map(|b| format!(" {} {}", b.verb.name(), b.template.text));
            json!([method.name, plain(&method.origin.comments) + &paths.collect::<String>()])
        });
        let methods: Vec<Value> = methods.collect();
        let link = site.service(*id);
        entries.push(json!([
            "service",
            link.text,
            service.full_name,
            link.page,
            plain(&service.origin.comments),
            methods
        ]));
    }
    for id in &site.error_sets {
        let set = &schema.error_sets[*id];
        let (message, link) = (&schema.messages[set.message], site.error_set(*id));
        let errors = set.errors.iter().map(|error| {
            let origin = &schema.messages[error.payload].origin;
            json!([error.reason, format!("{} {}", error.code.name, plain(&origin.comments))])
        });
        let errors: Vec<Value> = errors.collect();
        entries.push(json!([
            "errors",
            link.text,
            message.full_name,
            link.page,
            plain(&message.origin.comments),
            errors
        ]));
    }
    for id in &site.messages {
        let (message, link) = (&schema.messages[*id], site.message(*id));
        let fields: Vec<Value> = message.fields.iter().map(|id| field(site, *id)).collect();
        entries.push(json!([
            "message",
            link.text,
            message.full_name,
            link.page,
            plain(&message.origin.comments),
            fields
        ]));
    }
    for id in &site.enums {
        let (node, link) = (&schema.enums[*id], site.enumeration(*id));
        let values = node.values.iter().map(|value| json!([value.name, plain(&value.origin.comments)]));
        let values: Vec<Value> = values.collect();
        entries.push(json!([
            "enum",
            link.text,
            node.full_name,
            link.page,
            plain(&node.origin.comments),
            values
        ]));
    }
    format!("globalThis.rsvcIndex = {};\n", Value::Array(entries))
}

fn field(site: &Site<'_>, id: FieldId) -> Value {
    let field = &site.schema.fields[id];
    json!([field.name, plain(&field.origin.comments)])
}

fn plain(comments: &Comments) -> String {
    Docs::of(comments).line()
}
