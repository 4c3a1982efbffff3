//! Names of components: short where that is clear, else with their package.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{EnumId, FieldId, MessageId, Schema, ValueType};

/// Packages whose messages have their full names, so that they leave the short ones to others.
const BUILTIN: &[&str] = &["buf.validate", "google.api", "google.protobuf", "google.rpc", "rsvc.v1"];

/// A type that has a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Named {
    Message(MessageId),
    Enum(EnumId),
}

/// The names of all components that there can be.
pub(super) struct Names {
    of: BTreeMap<Named, String>,
    /// All of them, as identifiers keep them.
    taken: BTreeSet<String>,
}

impl Names {
    /// The names are those of the whole schema, whatever a document has of it: they are the same in all documents.
    pub(super) fn new(schema: &Schema) -> Self {
        let served = served(schema);
        let mut all: Vec<(&str, String, Named)> = Vec::new();
        for (id, message) in schema.messages.iter() {
            all.push((&message.full_name, package(schema, Named::Message(id)), Named::Message(id)));
        }
        for (id, node) in schema.enums.iter() {
            all.push((&node.full_name, package(schema, Named::Enum(id)), Named::Enum(id)));
        }
        all.sort();
        let short = |full: &str, package: &str| {
            full.strip_prefix(package).map_or(full, |rest| rest.trim_start_matches('.')).to_owned()
        };
        let is_short = |package: &str, named: &Named| served.contains(named) && !BUILTIN.contains(&package);
        // Tools make identifiers of names, in which neither dots nor the case of letters tell them apart.
        let mut count: BTreeMap<String, usize> = BTreeMap::new();
        for (full, package, named) in &all {
            if is_short(package, named) {
                *count.entry(folded(&short(full, package))).or_default() += 1;
            }
        }
        let mut taken = BTreeSet::new();
        let mut out = BTreeMap::new();
        // The short names come first: whoever comes later has to be another.
        let (first, second): (Vec<_>, Vec<_>) = all.into_iter().partition(|(full, package, named)| {
            is_short(package, named) && count[&folded(&short(full, package))] == 1
        });
        let first = first.into_iter().map(|(full, package, named)| (short(full, &package), named));
        let second = second.into_iter().map(|(full, _, named)| (full.to_owned(), named));
        for (wanted, named) in first.chain(second) {
            out.insert(named, free(&mut taken, &wanted));
        }
        Self { of: out, taken }
    }

    /// A name for what is not a type of the schema.
    pub(super) fn reserve(&mut self, wanted: &str) -> String {
        free(&mut self.taken, wanted)
    }

    pub(super) fn of(&self, named: Named) -> &str {
        &self.of[&named]
    }
}

/// The first of `wanted`, `wanted_2`, … that nothing else is called.
fn free(taken: &mut BTreeSet<String>, wanted: &str) -> String {
    let mut name = wanted.to_owned();
    let mut number = 2;
    while !taken.insert(folded(&name)) {
        name = format!("{wanted}_{number}");
        number += 1;
    }
    name
}

/// What identifiers keep of a name.
fn folded(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

fn package(schema: &Schema, named: Named) -> String {
    let package = match named {
        Named::Message(id) => schema.messages[id].package,
        Named::Enum(id) => schema.enums[id].package,
    };
    schema.packages[package].name.clone()
}

/// What can be in a document: the types of generated files, and all that methods and errors reach.
fn served(schema: &Schema) -> BTreeSet<Named> {
    let mut seen = BTreeSet::new();
    let mut todo: Vec<Named> = Vec::new();
    for (id, message) in schema.messages.iter() {
        if schema.files[message.file].generate {
            todo.push(Named::Message(id));
        }
    }
    for (id, node) in schema.enums.iter() {
        if schema.files[node.file].generate {
            todo.push(Named::Enum(id));
        }
    }
    for (_, method) in schema.methods.iter() {
        todo.extend([Named::Message(method.input), Named::Message(method.output)]);
    }
    while let Some(named) = todo.pop() {
        if !seen.insert(named) {
            continue;
        }
        if let Named::Message(id) = named {
            let of_field = |field: &FieldId| match schema.fields[*field].kind.value() {
                ValueType::Scalar(_) => None,
                ValueType::Enum(id) => Some(Named::Enum(*id)),
                ValueType::Message(id) | ValueType::Group(id) => Some(Named::Message(*id)),
            };
            todo.extend(schema.messages[id].fields.iter().filter_map(of_field));
        }
    }
    seen
}
