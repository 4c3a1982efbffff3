//! Names of error sets beyond those of their messages.

use heck::{ToShoutySnakeCase, ToSnakeCase};

use super::space::unique;
use super::{camel, snake};
use crate::model::{MessageId, Schema, TypePath};
use crate::sorted::SortedSet;

/// The variant for everything that is not one of the errors.
pub(crate) const STATUS_VARIANT: &str = "Status";

/// What the enum has besides constructors, and associated functions of std's traits that one of them would hide.
const METHODS: &[&str] = &[
    "code",
    "http_status",
    "reason",
    "is_retryable",
    "from",
    "into",
    "try_from",
    "try_into",
    "clone",
    "fmt",
    "source",
    "to_string",
];

/// Reasons and constructors.
pub(super) fn assign(schema: &mut Schema) {
    for set in schema.error_sets.ids() {
        let mut taken: SortedSet<String> = METHODS.iter().map(|name| (*name).to_owned()).collect();
        for index in 0..schema.error_sets[set].errors.len() {
            let name = schema.fields[schema.error_sets[set].errors[index].field].name.clone();
            let constructor = unique(&name, &mut |p| taken.insert(snake(p)));
            let error = &mut schema.error_sets[set].errors[index];
            error.reason = name.to_shouty_snake_case();
            error.constructor = snake(&constructor);
        }
    }
}

/// Fields of a message that lives elsewhere, where prost named them by its own rules.
pub(super) fn extern_fields(schema: &mut Schema, id: MessageId) {
    let message = &schema.messages[id];
    let TypePath::Extern(path) = &message.rust else { return };
    let parent = path.rsplit_once("::").map_or("", |(parent, _)| parent);
    let module = format!("{parent}::{}", snake(&message.name));
    let (fields, oneofs) = (message.fields.clone(), message.oneofs.clone());
    for field in fields {
        let node = &mut schema.fields[field];
        node.rust_name = if node.oneof.is_some() { camel(&node.name) } else { snake(&node.name) };
    }
    for oneof in oneofs {
        let node = &mut schema.oneofs[oneof];
        node.rust_name = snake(&node.name);
        node.rust = TypePath::Extern(format!("{module}::{}", camel(&node.name)));
    }
}

/// A name in words, for a sentence: `email taken`.
pub(crate) fn words(name: &str) -> String {
    name.to_snake_case().replace('_', " ")
}
