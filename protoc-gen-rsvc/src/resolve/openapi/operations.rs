//! `openapi` of `rsvc.v1.service` and `rsvc.v1.method`: what documents say of services and methods.

use prost_reflect::{DynamicMessage, Value};

use super::super::types::Types;
use super::super::{EXTENSION, annotations as options};
use super::{Reader, text};
use crate::diag::{Code, Diagnostic, Place, Sink};
use crate::model::openapi::{Operation, Tag};
use crate::model::{FileId, MethodId};
use crate::names;
use crate::sorted::{SortedMap, SortedSet};

/// `google.protobuf.ServiceDescriptorProto.options`
const SERVICE_OPTIONS: i32 = 3;
/// `rsvc.v1.ServiceOptions.openapi`
const OF_SERVICE: i32 = 6;
/// `google.protobuf.MethodDescriptorProto.options`
const METHOD_OPTIONS: i32 = 4;
/// `rsvc.v1.MethodOptions.openapi`
const OF_METHOD: i32 = 9;

/// The numbers of the fields of `rsvc.v1.DocumentTag` and `rsvc.v1.DocumentOperation`.
mod tag {
    pub(super) const TAG_DOCS: i32 = 3;
    pub(super) const ID: i32 = 3;
    pub(super) const TAGS: i32 = 4;
    pub(super) const DOCS: i32 = 5;
}

/// Adds to services and methods what documents say of them. Their bindings are known by then.
pub(super) fn resolve(types: &mut Types<'_>, sink: &mut Sink) {
    let pool = types.schema.pool.clone();
    let mut ids = Vec::new();
    for service in types.schema.services.ids() {
        let node = &types.schema.services[service];
        let (file, methods) = (node.file, node.methods.clone());
        let descriptor =
            pool.get_service_by_name(&node.full_name).expect("the services are those of the pool");
        let annotated = options::extension(&pool, &descriptor.options(), "rsvc.v1.service");
        if let Some(said) = annotated.as_ref().and_then(|a| options::message(a, "openapi")) {
            let mut reader =
                reader(types, file, descriptor.path(), [SERVICE_OPTIONS, EXTENSION, OF_SERVICE], sink);
            let tag = reader.tag(&said);
            types.schema.services[service].openapi = tag;
        }
        for method in methods {
            let rpc = descriptor.methods().find(|rpc| rpc.name() == types.schema.methods[method].name);
            let rpc = rpc.expect("the methods are those of the pool");
            let annotated = options::extension(&pool, &rpc.options(), "rsvc.v1.method");
            let Some(said) = annotated.as_ref().and_then(|a| options::message(a, "openapi")) else {
                continue;
            };
            let mut reader = reader(types, file, rpc.path(), [METHOD_OPTIONS, EXTENSION, OF_METHOD], sink);
            let operation = reader.operation(&said);
            if operation.id.is_some() {
                ids.push((method, reader.place(&[tag::ID])));
            }
            types.schema.methods[method].openapi = operation;
        }
    }
    unique(types, &ids, sink);
}

/// No operation has the id of another one.
fn unique(types: &Types<'_>, said: &[(MethodId, Place)], sink: &mut Sink) {
    let schema = &types.schema;
    let ids = |id: MethodId| {
        let method = &schema.methods[id];
        let base = names::operation_id(schema, method);
        (0..method.bindings.len().max(1))
            .map(move |index| format!("{base}{}", names::operation_suffix(index)))
    };
    let mut known: SortedMap<String, (MethodId, Option<&Place>)> = SortedMap::new();
    if said.is_empty() {
        return;
    }
    for (method, _) in schema.methods.iter().filter(|(_, method)| method.openapi.id.is_none()) {
        known.extend(ids(method).map(|id| (id, (method, None))));
    }
    for (method, place) in said {
        let mut told = false;
        for id in ids(*method) {
            if let Some((other, first)) = known.insert(id.clone(), (*method, Some(place)))
                && !std::mem::replace(&mut told, true)
            {
                let text =
                    format!("the operation id `{id}` is also that of `{}`", schema.methods[other].full_name);
                let found = Diagnostic::error(Code::OPENAPI_OPTION, text).at(place.clone());
                let found = match first {
                    Some(first) => found.note(first.clone(), "here"),
                    None => found.note(schema.methods[other].origin.place.clone(), "here"),
                };
                sink.push(found.help("give each operation an id of its own"));
            }
        }
    }
}

fn reader<'a, 'b>(
    types: &'a Types<'b>,
    file: FileId,
    owner: &[i32],
    option: [i32; 3],
    sink: &'a mut Sink,
) -> Reader<'a, 'b> {
    Reader { types, file, owner: owner.to_vec(), option: option.to_vec(), sink }
}

impl Reader<'_, '_> {
    fn tag(&mut self, from: &DynamicMessage) -> Tag {
        Tag {
            name: text(from, "name"),
            description: text(from, "description"),
            external_docs: options::message(from, "external_docs")
                .map(|docs| self.link(&docs, &[tag::TAG_DOCS])),
            hidden: is_on(from, "hidden"),
        }
    }

    fn operation(&mut self, from: &DynamicMessage) -> Operation {
        let id = text(from, "operation_id");
        let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if let Some(id) = id.as_ref().filter(|id| !id.chars().all(fine)) {
            self.wrong(
                &[tag::ID],
                format!("`{id}` cannot be an operation id"),
                "clients make names from it: use letters, digits, `_`, `-` and `.`",
            );
        }
        Operation {
            summary: text(from, "summary"),
            description: text(from, "description"),
            id,
            tags: self.tags(from),
            external_docs: options::message(from, "external_docs").map(|docs| self.link(&docs, &[tag::DOCS])),
            hidden: is_on(from, "hidden"),
            if_match: is_on(from, "if_match"),
        }
    }

    fn tags(&mut self, from: &DynamicMessage) -> Vec<String> {
        let tags = options::strings(from, "tags");
        let mut seen = SortedSet::new();
        for (index, tag) in (0..).zip(&tags) {
            if tag.is_empty() {
                self.wrong(&[tag::TAGS, index], "a tag has no name".to_owned(), "name it, or leave it out");
            } else if !seen.insert(tag) {
                let text = format!("the tag `{tag}` is there twice");
                self.wrong(&[tag::TAGS, index], text, "name it once");
            }
        }
        tags
    }
}

fn is_on(from: &DynamicMessage, name: &str) -> bool {
    options::field(from, name).as_ref().and_then(Value::as_bool) == Some(true)
}
