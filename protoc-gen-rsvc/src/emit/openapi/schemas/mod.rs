//! JSON Schema of messages, as ProtoJSON has them.
//!
//! A schema describes the canonical form, which is what is written. Readers take more, as ProtoJSON asks: `null` for
//! what is not set, numbers as text and text as numbers, both names of a field, base64 of either alphabet. A document
//! that said so would give clients types that nobody wants.

mod describe;
mod names;
mod types;
mod well_known;

use std::collections::{BTreeMap, BTreeSet};

use utoipa::openapi::schema::{AdditionalProperties, Array, Object, Ref, Type};
use utoipa::openapi::{RefOr, Schema};

use crate::model::{
    EnumId, FieldId, FieldKind, MessageId, Presence, Scalar, Schema as Model, ValueType, WellKnown,
};
use describe::Notes;
use names::{Named, Names};

/// The schemas of messages, of which each becomes a component when it is asked for.
pub(crate) struct Components<'a> {
    schema: &'a Model,
    names: Names,
    /// What is a component, or becomes one.
    begun: BTreeSet<Named>,
    done: BTreeMap<String, RefOr<Schema>>,
}

impl<'a> Components<'a> {
    pub(crate) fn new(schema: &'a Model) -> Self {
        Self { schema, names: Names::new(schema), begun: BTreeSet::new(), done: BTreeMap::new() }
    }

    /// The name of a message's component, whether there is one yet or not: `[A-Za-z0-9._]+`.
    pub(crate) fn name(&self, id: MessageId) -> String {
        self.names.of(Named::Message(id)).to_owned()
    }

    /// A reference to the component of a message; the schema itself where that is short.
    pub(crate) fn message(&mut self, id: MessageId) -> RefOr<Schema> {
        if let Some(well_known) = self.schema.messages[id].well_known {
            if !well_known::is_component(well_known) {
                return well_known::schema(well_known);
            }
            return self.component(Named::Message(id), |_| well_known::schema(well_known));
        }
        self.component(Named::Message(id), |this| this.object(id, &[]))
    }

    /// A message as a body in which some fields are missing: they are elsewhere in the request.
    pub(crate) fn without(&mut self, id: MessageId, fields: &[FieldId]) -> RefOr<Schema> {
        if fields.is_empty() {
            return self.message(id);
        }
        self.object(id, fields)
    }

    /// A field of a message, with all that is said of it.
    pub(crate) fn field(&mut self, id: FieldId) -> RefOr<Schema> {
        let field = &self.schema.fields[id];
        let schema = match &field.kind {
            FieldKind::Singular(value, _) => {
                let is_wrapper = match value {
                    ValueType::Message(id) => {
                        self.schema.messages[*id].well_known.is_some_and(WellKnown::is_wrapper)
                    }
                    _ => false,
                };
                let schema = self.value(value);
                if is_wrapper { types::nullable(schema) } else { schema }
            }
            FieldKind::Repeated(item) => Array::new(self.value(item)).into(),
            FieldKind::Map(key, value) => {
                let mut map = Object::with_type(Type::Object);
                let value = self.value(value);
                map.additional_properties = Some(Box::new(AdditionalProperties::RefOr(value)));
                map.property_names = key_of_map(*key).map(|key| Box::new(key.into()));
                map.into()
            }
        };
        Notes::of_field(field, self.schema).put_on(schema)
    }

    /// The name of a component that is no message, as near to the wanted one as is free.
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

    fn value(&mut self, value: &ValueType) -> RefOr<Schema> {
        match value {
            ValueType::Scalar(scalar) => RefOr::T(types::value(*scalar, &types::NOT_FINITE)),
            ValueType::Enum(id) => self.enumeration(*id),
            ValueType::Message(id) | ValueType::Group(id) => self.message(*id),
        }
    }

    fn enumeration(&mut self, id: EnumId) -> RefOr<Schema> {
        let node = &self.schema.enums[id];
        if node.full_name == "google.protobuf.NullValue" {
            return Object::with_type(Type::Null).into();
        }
        self.component(Named::Enum(id), |_| Notes::of(&node.origin).put_on(types::enumeration(node).into()))
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

    /// A message as an object.
    fn object(&mut self, id: MessageId, without: &[FieldId]) -> RefOr<Schema> {
        let message = &self.schema.messages[id];
        let mut object = Object::with_type(Type::Object);
        object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        for field in message.fields.iter().filter(|field| !without.contains(field)) {
            let name = self.schema.fields[*field].json_name.clone();
            if self.is_required(*field) {
                object.required.push(name.clone());
            }
            let schema = self.field(*field);
            object.properties.insert(name, schema);
        }
        Notes::of(&message.origin).put_on(object.into())
    }

    /// Whether a message without the field is refused, and one that has been accepted is written with it.
    pub(crate) fn is_required(&self, id: FieldId) -> bool {
        matches!(self.schema.fields[id].kind, FieldKind::Singular(_, Presence::Required))
    }
}

/// The keys of a map are text, in which numbers and booleans are written; none is said of keys that may be any text.
fn key_of_map(key: Scalar) -> Option<Object> {
    let mut text = Object::with_type(Type::String);
    match key {
        Scalar::String => return None,
        Scalar::Bool => {
            text.enum_values = Some(vec![serde_json::json!("true"), serde_json::json!("false")]);
        }
        Scalar::Uint32 | Scalar::Fixed32 => text.pattern = Some("^(0|[1-9][0-9]{0,9})$".to_owned()),
        Scalar::Uint64 | Scalar::Fixed64 => text.pattern = Some(types::UINT64.to_owned()),
        Scalar::Int64 | Scalar::Sint64 | Scalar::Sfixed64 => text.pattern = Some(types::INT64.to_owned()),
        _ => text.pattern = Some("^-?(0|[1-9][0-9]{0,9})$".to_owned()),
    }
    Some(text)
}
