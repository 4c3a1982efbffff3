//! Messages that fulfil their rules: examples for documents, made when a service is built.

mod literals;
mod rules;
mod tables;

use std::collections::HashMap;

use rsvc_common::sample::{Random, Solver, Tables, json};

use crate::model::rules::{MessageRules, RulePlace, ValueRules};
use crate::model::{FieldId, MessageId, Schema};

/// Examples of messages and fields. The same schema always gives the same.
pub(crate) struct Samples<'a> {
    schema: &'a Schema,
    tables: Tables,
    made: HashMap<MessageId, Option<serde_json::Value>>,
}

impl<'a> Samples<'a> {
    /// Of the messages of a schema.
    pub(crate) fn new(schema: &'a Schema) -> Self {
        Self { schema, tables: tables::tables(schema), made: HashMap::new() }
    }

    /// A message that fulfils its rules, in ProtoJSON with fields in the order of definition; none, if none was found.
    pub(crate) fn message(&mut self, id: MessageId) -> Option<serde_json::Value> {
        if let Some(made) = self.made.get(&id) {
            return made.clone();
        }
        let made = self.make(id);
        self.made.insert(id, made.clone());
        made
    }

    /// The value of a field: that of the message's example, or one by itself.
    #[allow(dead_code)] // for documents
    pub(crate) fn field(&mut self, id: FieldId) -> Option<serde_json::Value> {
        let field = &self.schema.fields[id];
        let message = self.message(field.message);
        let within = message.as_ref().and_then(|message| message.get(&field.json_name));
        if let Some(within) = within {
            return Some(within.clone());
        }
        if !self.is_said(field.message, &mut Vec::new()) {
            return None;
        }
        let (message, at) = (field.message.index(), tables::place(self.schema, id));
        let solver = Solver::new(&self.tables, None);
        let value = solver.field(message, at, &mut Random::calm(0))?;
        Some(parse(&solver.json(message, at, &value)))
    }

    fn make(&self, id: MessageId) -> Option<serde_json::Value> {
        if !self.is_said(id, &mut Vec::new()) {
            return None;
        }
        let solver = Solver::new(&self.tables, None);
        let ty = tables::message_type(self.schema, id);
        let value = match ty {
            rsvc_common::sample::Type::Message(at) => solver.message(at, &mut Random::calm(0))?,
            _ => return None,
        };
        Some(parse(&json(&self.tables, ty, &value)))
    }

    /// Whether the tables say all rules of a message and of those in it.
    fn is_said(&self, id: MessageId, seen: &mut Vec<MessageId>) -> bool {
        if seen.contains(&id) {
            return true;
        }
        seen.push(id);
        let Some(rules) = self.schema.rules.of(id) else { return true };
        let MessageRules { broken, checks, fields, .. } = rules;
        broken.is_none()
            && checks.is_empty()
            && fields.iter().all(|field| field.broken.is_none() && self.is_value_said(&field.value, seen))
    }

    fn is_value_said(&self, rules: &ValueRules, seen: &mut Vec<MessageId>) -> bool {
        let parts = [&rules.items, &rules.keys, &rules.values];
        rules.checks.iter().all(|check| check.place == RulePlace::Standard)
            && rules.message.is_none_or(|id| self.is_said(id, seen))
            && parts.into_iter().flatten().all(|part| self.is_value_said(part, seen))
    }
}

/// JSON that we have written.
fn parse(text: &str) -> serde_json::Value {
    serde_json::from_str(text).expect("the solver writes JSON")
}
