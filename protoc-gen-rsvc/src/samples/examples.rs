//! Samples as documents take them.

use rsvc_common::sample::Tables;
use serde_json::Value;

use super::Samples;
use crate::model::{Behavior, FieldId, FieldKind, MessageId, Schema, ValueType};

impl Samples<'_> {
    /// A message that fulfils its rules, in ProtoJSON with fields in the order of definition; none, if none was found.
    pub(crate) fn message(&mut self, id: MessageId) -> Option<Value> {
        self.text(id).map(|text| parse(&text))
    }

    /// The same for a request: without what only responses have, unless a rule requires it.
    pub(crate) fn request(&mut self, id: MessageId) -> Option<Value> {
        let mut request = self.message(id)?;
        without_outputs(self.schema, &self.tables, id, &mut request);
        Some(request)
    }

    /// The value of a field: that of the message's example, or one by itself.
    pub(crate) fn field(&mut self, id: FieldId) -> Option<Value> {
        let field = &self.schema.fields[id];
        let message = self.message(field.message);
        let within = message.as_ref().and_then(|message| message.get(&field.json_name));
        match within {
            Some(within) => Some(within.clone()),
            None => self.alone(id).map(|text| parse(&text)),
        }
    }
}

/// JSON that we have written.
fn parse(text: &str) -> Value {
    serde_json::from_str(text).expect("the solver writes JSON")
}

/// Takes out what only responses have, except for what rules require.
fn without_outputs(schema: &Schema, tables: &Tables, message: MessageId, value: &mut Value) {
    let Value::Object(members) = value else { return };
    let known = &tables.messages[message.index()].fields;
    for (id, known) in schema.messages[message].fields.iter().zip(known) {
        let field = &schema.fields[*id];
        if field.behaviors.contains(&Behavior::OutputOnly) && !known.required {
            members.shift_remove(&field.json_name);
            continue;
        }
        let (ValueType::Message(inner) | ValueType::Group(inner)) = field.kind.value() else { continue };
        if schema.messages[*inner].well_known.is_some() {
            continue;
        }
        match (&field.kind, members.get_mut(&field.json_name)) {
            (FieldKind::Singular(..), Some(value)) => without_outputs(schema, tables, *inner, value),
            (FieldKind::Repeated(_), Some(Value::Array(items))) => {
                for item in items {
                    without_outputs(schema, tables, *inner, item);
                }
            }
            (FieldKind::Map(..), Some(Value::Object(entries))) => {
                for (_, value) in entries.iter_mut() {
                    without_outputs(schema, tables, *inner, value);
                }
            }
            _ => {}
        }
    }
}
