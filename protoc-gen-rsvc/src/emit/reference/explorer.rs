//! What the page needs to call the methods of a service: bindings, samples, and the types of their requests.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::access;
use super::call::{self, PathPart};
use super::comments::Docs;
use super::fields;
use super::site::Site;
use crate::emit::words;
use crate::model::http::{Binding, Body};
use crate::model::{
    Behavior, EnumId, FieldId, FieldKind, Idempotency, MessageId, Method, MethodKind, Presence, ServiceId,
    ValueType,
};

/// The file of a service.
pub(super) fn data(site: &Site<'_>, id: ServiceId) -> (String, String) {
    let service = &site.schema.services[id];
    let mut types = Types::default();
    let mut methods = Map::new();
    for id in &service.methods {
        let method = &site.schema.methods[*id];
        types.need(site, method.input);
        methods.insert(method.name.clone(), describe(site, method));
    }
    let messages: BTreeMap<_, _> = (types.messages.iter())
        .map(|id| (&site.schema.messages[*id].full_name, message(site, *id)))
        .collect();
    let enums: BTreeMap<_, _> = (types.enums.iter())
        .map(|id| {
            let node = &site.schema.enums[*id];
            let values = node.values.iter().map(|value| {
                json!({ "name": value.name, "number": value.number, "text": Docs::of(&value.origin.comments).summary })
            });
            (&node.full_name, Value::Array(values.collect()))
        })
        .collect();
    let data =
        json!({ "service": service.full_name, "methods": methods, "messages": messages, "enums": enums });
    (format!("data/{}.json", service.full_name), format!("{data}\n"))
}

/// The types that forms need.
#[derive(Default)]
struct Types {
    messages: BTreeSet<MessageId>,
    enums: BTreeSet<EnumId>,
}

impl Types {
    fn need(&mut self, site: &Site<'_>, id: MessageId) {
        let mut left = vec![id];
        while let Some(id) = left.pop() {
            if !self.messages.insert(id) {
                continue;
            }
            for field in &site.schema.messages[id].fields {
                match site.schema.fields[*field].kind.value() {
                    ValueType::Message(of) | ValueType::Group(of) => left.push(*of),
                    ValueType::Enum(of) => {
                        self.enums.insert(*of);
                    }
                    ValueType::Scalar(_) => {}
                }
            }
        }
    }
}

fn describe(site: &Site<'_>, method: &Method) -> Value {
    let kind = match method.kind {
        MethodKind::Unary => "unary",
        MethodKind::ClientStreaming => "client",
        MethodKind::ServerStreaming => "server",
        MethodKind::BidiStreaming => "bidi",
    };
    let bindings: Vec<Value> = method.bindings.iter().map(|of| binding(site, of, method)).collect();
    json!({
        "kind": kind,
        "path": method.path(&site.schema.services[method.service]),
        "input": site.schema.messages[method.input].full_name,
        "reads": method.idempotency == Idempotency::NoSideEffects,
        "open": access::access(method).is_open,
        "bindings": bindings,
        "sample": site.request(method.input),
    })
}

fn binding(site: &Site<'_>, binding: &Binding, method: &Method) -> Value {
    let parts = call::path_parts(&binding.template, &binding.variables).into_iter().map(|part| match part {
        PathPart::Text(text) => json!(text),
        PathPart::Variable(index) => {
            let variable = &binding.variables[index];
            json!({ "field": site.json_path(&variable.fields), "multi": variable.multi })
        }
    });
    let parts: Vec<Value> = parts.collect();
    let name = |id: FieldId| site.schema.fields[id].json_name.as_str();
    let of_field = |id: FieldId| match site.schema.fields[id].kind.value() {
        ValueType::Message(id) => site.schema.messages[*id].is_http_body(),
        _ => false,
    };
    let is_raw = match binding.body {
        Body::None => false,
        Body::Whole => site.schema.messages[method.input].is_http_body(),
        Body::Field(field) => of_field(field),
    };
    let is_download =
        binding.response_body.map_or_else(|| site.schema.messages[method.output].is_http_body(), of_field);
    json!({
        "verb": binding.verb.name(),
        "template": binding.template.text,
        "parts": parts,
        "query": binding.query.iter().map(|id| name(*id)).collect::<Vec<_>>(),
        "body": match binding.body {
            Body::None => Value::Null,
            Body::Whole => json!("*"),
            Body::Field(field) => json!(name(field)),
        },
        "raw": is_raw,
        "download": is_download,
    })
}

fn message(site: &Site<'_>, id: MessageId) -> Value {
    let message = &site.schema.messages[id];
    let fields: Vec<Value> = message.fields.iter().map(|id| field(site, *id)).collect();
    json!({ "known": message.well_known.map(|known| format!("{known:?}")), "fields": fields })
}

fn field(site: &Site<'_>, id: FieldId) -> Value {
    let schema = site.schema;
    let field = &schema.fields[id];
    let (shape, key) = match &field.kind {
        FieldKind::Singular(..) => ("one", None),
        FieldKind::Repeated(_) => ("list", None),
        FieldKind::Map(key, _) => ("map", Some(key.name())),
    };
    let (kind, of) = match field.kind.value() {
        ValueType::Scalar(scalar) => (scalar.name(), None),
        ValueType::Enum(id) => ("enum", Some(&schema.enums[*id].full_name)),
        ValueType::Message(id) | ValueType::Group(id) => ("message", Some(&schema.messages[*id].full_name)),
    };
    let is_optional = matches!(field.kind, FieldKind::Singular(_, Presence::Explicit));
    let rules: Vec<_> = words::field_rules(schema, id).into_iter().map(|rule| rule.text).collect();
    json!({
        "name": field.name,
        "json": field.json_name,
        "shape": shape,
        "key": key,
        "kind": kind,
        "of": of,
        "oneof": field.oneof.map(|oneof| &schema.oneofs[oneof].name),
        "optional": is_optional,
        "required": fields::is_required(field),
        "output": field.behaviors.contains(&Behavior::OutputOnly),
        "text": Docs::of(&field.origin.comments).summary,
        "rules": rules,
    })
}
