//! JSON Schema of messages, as ProtoJSON has them.
//!
//! A schema describes the canonical form, which is what is written. Readers take more, as ProtoJSON asks: `null` for
//! what is not set, numbers as text and text as numbers, both names of a field, base64 of either alphabet, numbers of
//! enums. A document that said so would give clients types that nobody wants.
//!
//! A message has one schema for requests and responses. A field without presence that is zero is not written, so that only
//! those are `required` without which the rules refuse a message: a message that keeps its rules is written with them.

mod describe;
mod digits;
mod ecma;
mod field;
mod keywords;
mod names;
mod oneofs;
mod rules;
mod text;
mod types;
mod well_known;
mod zero;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::schema::{Object, OneOf, Ref, Type};
use utoipa::openapi::{RefOr, Schema};

use crate::emit::{docs, words};
use crate::model::{EnumId, FieldId, MessageId, Method, Schema as Model, ValueType};
use describe::Notes;
use names::{Named, Names};
use oneofs::Case;

/// What a message has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    /// All of its rules hold.
    Whole,
    /// Any part may be missing, and `null` clears a field: the message says what changes.
    Partial,
    /// Its rules are not tested: a field that it is in has `IGNORE_ALWAYS`.
    Unchecked,
}

impl Form {
    /// What the name of a component has behind that of the message.
    fn suffix(self) -> &'static str {
        match self {
            Self::Whole => "",
            Self::Partial => ".Partial",
            Self::Unchecked => ".Unchecked",
        }
    }
}

/// The component of the words for numbers that are not finite.
const NOT_FINITE: &str = "NotFinite";

/// The schemas of messages, of which each becomes a component when it is asked for.
pub(crate) struct Components<'a> {
    schema: &'a Model,
    names: Names,
    /// What is a component, or becomes one.
    begun: BTreeSet<Named>,
    done: BTreeMap<String, RefOr<Schema>>,
    /// The components of messages in forms that are not whole.
    others: BTreeMap<(MessageId, Form), String>,
    /// The component of the words for what is not finite.
    not_finite: Option<String>,
    /// The messages that responses and errors have in them.
    in_responses: BTreeSet<MessageId>,
}

impl<'a> Components<'a> {
    pub(crate) fn new(schema: &'a Model) -> Self {
        Self {
            schema,
            names: Names::new(schema),
            begun: BTreeSet::new(),
            done: BTreeMap::new(),
            others: BTreeMap::new(),
            not_finite: None,
            in_responses: in_responses(schema),
        }
    }

    /// The name of a message's component, whether there is one yet or not: `[A-Za-z0-9._]+`.
    pub(crate) fn name(&self, id: MessageId) -> String {
        self.names.of(Named::Message(id)).to_owned()
    }

    /// A reference to the component of a message; the schema itself where that is short.
    pub(crate) fn message(&mut self, id: MessageId) -> RefOr<Schema> {
        if let Some(well_known) = self.schema.messages[id].well_known {
            let is_component = well_known::is_component(well_known);
            let schema = well_known::schema(well_known, &mut || self.not_finite());
            if !is_component {
                return schema;
            }
            return self.component(Named::Message(id), |_| schema);
        }
        self.component(Named::Message(id), |this| this.object(id, Form::Whole, &[]))
    }

    /// A message as a body in which some fields are missing: they are elsewhere in the request.
    pub(crate) fn without(&mut self, id: MessageId, fields: &[FieldId]) -> RefOr<Schema> {
        if fields.is_empty() {
            return self.message(id);
        }
        self.object(id, Form::Whole, fields)
    }

    /// The body of a method's requests: a field of its input, or all of the input but some fields. Of the resource of a
    /// request that goes by a mask there is only what changes.
    pub(crate) fn body(
        &mut self,
        method: &Method,
        field: Option<FieldId>,
        without: &[FieldId],
    ) -> RefOr<Schema> {
        match (field, &method.masked) {
            (Some(field), Some(masked)) if masked.resource == field => self.field_in(field, Form::Partial),
            (Some(field), _) => self.field(field),
            (None, Some(masked)) if !without.contains(&masked.resource) => {
                let RefOr::T(Schema::Object(mut object)) = self.object(method.input, Form::Whole, without)
                else {
                    unreachable!("the schema of a message is an object")
                };
                let name = &self.schema.fields[masked.resource].json_name;
                let resource = self.field_in(masked.resource, Form::Partial);
                object.properties.insert(name.clone(), resource);
                object.into()
            }
            (None, _) => self.without(method.input, without),
        }
    }

    /// A field of a message, with all that is said of it.
    pub(crate) fn field(&mut self, id: FieldId) -> RefOr<Schema> {
        self.field_in(id, Form::Whole)
    }

    /// The name of a component that is not a message: the wanted one, or the next one that is free.
    pub(crate) fn reserve(&mut self, wanted: &str) -> String {
        self.names.reserve(wanted)
    }

    /// Adds a component whose name was reserved.
    pub(crate) fn insert(&mut self, name: String, schema: RefOr<Schema>) {
        self.done.insert(name, schema);
    }

    /// All components that were asked for, and those that they name.
    pub(crate) fn finish(self) -> BTreeMap<String, RefOr<Schema>> {
        self.done
    }

    fn enumeration(&mut self, id: EnumId) -> RefOr<Schema> {
        let node = &self.schema.enums[id];
        if node.full_name == NULL_VALUE {
            return Object::with_type(Type::Null).into();
        }
        self.component(Named::Enum(id), |_| Notes::of_enum(node).put_on(types::enumeration(node).into()))
    }

    /// A reference to a component, which is made if there is none yet.
    fn component(&mut self, named: Named, make: impl FnOnce(&mut Self) -> RefOr<Schema>) -> RefOr<Schema> {
        let name = self.names.of(named).to_owned();
        if self.begun.insert(named) {
            let schema = make(self);
            self.done.insert(name.clone(), schema);
        }
        Ref::from_schema_name(name).into()
    }

    /// A reference to a message in one of its forms.
    fn message_in(&mut self, id: MessageId, form: Form) -> RefOr<Schema> {
        if form == Form::Whole || self.schema.messages[id].well_known.is_some() {
            return self.message(id);
        }
        if let Some(name) = self.others.get(&(id, form)) {
            return Ref::from_schema_name(name.clone()).into();
        }
        let wanted = format!("{}{}", self.names.of(Named::Message(id)), form.suffix());
        let name = self.names.reserve(&wanted);
        self.others.insert((id, form), name.clone());
        let schema = self.object(id, form, &[]);
        self.done.insert(name.clone(), schema);
        Ref::from_schema_name(name).into()
    }

    /// A reference to the words for what is not finite.
    fn not_finite(&mut self) -> RefOr<Schema> {
        if let Some(name) = &self.not_finite {
            return Ref::from_schema_name(name.clone()).into();
        }
        let name = self.names.reserve(NOT_FINITE);
        self.not_finite = Some(name.clone());
        self.done.insert(name.clone(), types::not_finite().into());
        Ref::from_schema_name(name).into()
    }

    /// A message as an object. Further properties are not forbidden: servers ignore them in requests, and a newer server may send
    /// some in responses.
    fn object(&mut self, id: MessageId, form: Form, without: &[FieldId]) -> RefOr<Schema> {
        let message = &self.schema.messages[id];
        let mut object = Object::with_type(Type::Object);
        for field in message.fields.iter().filter(|field| !without.contains(field)) {
            let name = self.schema.fields[*field].json_name.clone();
            if self.is_required_in(*field, form) {
                object.required.push(name.clone());
            }
            let schema = self.field_in(*field, form);
            object.properties.insert(name, schema);
        }
        let cases = self.oneofs(id, form, without);
        if !cases.is_empty() {
            let cases = serde_json::to_value(cases).expect("a schema has no keys but texts");
            object.extensions = Some(Extensions::from_iter([("allOf", cases)]));
        }
        let mut notes = Notes::of(&message.origin);
        if form != Form::Unchecked {
            let rules = words::message_rules(self.schema, id);
            notes.say_rules(&rules, |rule| rule.expression.is_some());
        }
        notes.put_on(object.into())
    }

    /// How many of some fields are set.
    fn oneofs(&mut self, id: MessageId, form: Form, without: &[FieldId]) -> Vec<OneOf> {
        let message = &self.schema.messages[id];
        let rules = self.schema.rules.of(id);
        let mut out = Vec::new();
        // What is elsewhere in the request decides, too: nothing is said of it here.
        let is_here = |fields: &[FieldId]| !fields.iter().any(|field| without.contains(field));
        for oneof in &message.oneofs {
            let node = &self.schema.oneofs[*oneof];
            let required =
                form == Form::Whole && rules.is_some_and(|rules| rules.required_oneofs.contains(oneof));
            if is_here(&node.fields) && node.fields.len() > 1 {
                let comments = docs::markdown(&node.origin.comments);
                out.push(self.one_of(&node.fields, required, comments));
            }
        }
        let groups = rules.map_or(&[][..], |rules| &rules.groups);
        for group in groups.iter().filter(|_| form == Form::Whole) {
            if is_here(&group.fields) && group.fields.len() > 1 {
                out.push(self.one_of(&group.fields, group.required, None));
            }
        }
        out
    }

    fn one_of(&mut self, fields: &[FieldId], required: bool, comments: Option<String>) -> OneOf {
        let cases = fields.iter().map(|field| {
            let schema = if required { self.set(*field) } else { types::anything().into() };
            Case { name: self.schema.fields[*field].json_name.clone(), schema }
        });
        let cases: Vec<Case> = cases.collect();
        let words = if required { "Exactly one of these is set." } else { "At most one of these is set." };
        let description = comments.map_or_else(|| words.to_owned(), |text| format!("{text}\n\n{words}"));
        oneofs::schema(cases, required, Some(description))
    }
}

/// The enum whose one value is `null`.
const NULL_VALUE: &str = "google.protobuf.NullValue";

/// The messages that responses and errors have in them.
fn in_responses(schema: &Model) -> BTreeSet<MessageId> {
    let mut todo: Vec<MessageId> = schema.methods.iter().map(|(_, method)| method.output).collect();
    todo.extend(schema.error_sets.iter().map(|(_, set)| set.message));
    let mut seen = BTreeSet::new();
    while let Some(id) = todo.pop() {
        if seen.insert(id) {
            let messages = schema.messages[id].fields.iter().filter_map(|field| {
                match schema.fields[*field].kind.value() {
                    ValueType::Message(id) | ValueType::Group(id) => Some(*id),
                    _ => None,
                }
            });
            todo.extend(messages);
        }
    }
    seen
}
