//! Types of crates that prost-build or tonic generated: which of them are met here, and what they cannot have.

use std::collections::VecDeque;

use prost_reflect::DynamicMessage;

use super::annotations;
use super::types::Types;
use crate::diag::{Code, Diagnostic, Place, Sink};
use crate::model::{EnumId, MessageId, Schema, ValueType};
use crate::sorted::SortedMap;

/// Marks the messages and enums of such crates that are reached from here, and reports their rules.
pub(super) fn resolve(types: &mut Types<'_>, sink: &mut Sink) {
    if types.externs.plain.is_empty() {
        return;
    }
    let mut walk = Walk { types, seen: SortedMap::new(), enums: Vec::new(), open: VecDeque::new() };
    walk.start();
    walk.finish();
    let Walk { seen, enums, .. } = walk;
    for (&message, use_place) in &seen {
        report_rules(&types.schema, message, use_place, sink);
    }
    // Their names come with all others.
    for id in seen.into_keys() {
        types.schema.messages[id].stand_in = Some(String::new());
    }
    for id in enums {
        types.schema.enums[id].stand_in = Some(String::new());
    }
}

struct Walk<'a, 't> {
    types: &'a Types<'t>,
    /// Each with the place here that leads to it.
    seen: SortedMap<MessageId, Place>,
    enums: Vec<EnumId>,
    open: VecDeque<(MessageId, Place)>,
}

impl Walk<'_, '_> {
    fn start(&mut self) {
        let schema = &self.types.schema;
        for (_, field) in schema.fields.iter() {
            let message = &schema.messages[field.message];
            if message.is_local() && schema.files[message.file].generate {
                self.value(field.kind.value(), &field.origin.place);
            }
        }
        for (_, method) in schema.methods.iter() {
            self.message(method.input, &method.origin.place);
            self.message(method.output, &method.origin.place);
        }
    }

    fn finish(&mut self) {
        while let Some((id, place)) = self.open.pop_front() {
            let schema = &self.types.schema;
            for field in &schema.messages[id].fields {
                self.value(schema.fields[*field].kind.value(), &place);
            }
        }
    }

    fn value(&mut self, value: &ValueType, place: &Place) {
        match value {
            ValueType::Scalar(_) => {}
            ValueType::Enum(id) => {
                let is_plain = self.types.externs.is_plain(&self.types.schema.enums[*id].full_name);
                if is_plain && !self.enums.contains(id) {
                    self.enums.push(*id);
                }
            }
            ValueType::Message(id) | ValueType::Group(id) => self.message(*id, place),
        }
    }

    fn message(&mut self, id: MessageId, place: &Place) {
        let is_plain = self.types.externs.is_plain(&self.types.schema.messages[id].full_name);
        if is_plain && !self.seen.contains_key(&id) {
            self.seen.insert(id, place.clone());
            self.open.push_back((id, place.clone()));
        }
    }
}

fn report_rules(schema: &Schema, id: MessageId, used: &Place, sink: &mut Sink) {
    let message = &schema.messages[id];
    if !has_rules(schema, id) {
        return;
    }
    let text = format!("the rules of `{}` are not tested: prost generated its crate", message.full_name);
    sink.push(
        Diagnostic::warning(Code::PLAIN_TYPE, text)
            .at(used.clone())
            .note(message.origin.place.clone(), "this message")
            .help("give its crate to `extern_path` once it is made by this generator, or write what you need as a rule here"),
    );
}

/// Whether the message itself says something of `buf.validate`.
fn has_rules(schema: &Schema, id: MessageId) -> bool {
    let message = &schema.messages[id];
    let has = |options: DynamicMessage, name| annotations::extension(&schema.pool, &options, name).is_some();
    has(message.descriptor.options(), "buf.validate.message")
        || message.descriptor.oneofs().any(|oneof| has(oneof.options(), "buf.validate.oneof"))
        || message.descriptor.fields().any(|field| has(field.options(), "buf.validate.field"))
}
