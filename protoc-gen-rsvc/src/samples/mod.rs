//! Messages that fulfil their rules: examples for documents, made when a service is built.

mod author;
mod check;
mod eval;
mod literals;
mod rules;
mod tables;

use std::collections::HashMap;

use rsvc_common::sample::{Random, Solver, Tables, Type, Value, Verdict, encode, json, solve};

use crate::diag::Place;
use crate::model::{Behavior, FieldId, FieldKind, MessageId, SampleOf, Schema, ValueType};
use check::Checker;

/// The tables of all messages, with the samples of the author's.
fn all(schema: &Schema) -> Tables {
    let mut tables = tables::tables(schema);
    for sample in &schema.samples {
        // What is not a sample was reported before.
        let Ok(value) = author::value(schema, sample) else { continue };
        match sample.of {
            SampleOf::Message(id) => tables.messages[id.index()].samples.push(value),
            SampleOf::Field(id) => {
                let message = schema.fields[id].message.index();
                tables.messages[message].fields[tables::place(schema, id)].samples.push(value);
            }
        }
    }
    tables
}

/// The samples of the author's that are wrong, and why.
pub(crate) fn wrong(schema: &Schema) -> Vec<(Place, String)> {
    let mut checker = Checker::new(schema);
    let mut out = Vec::new();
    for sample in &schema.samples {
        let (verdict, what) = match (author::value(schema, sample), sample.of) {
            (Err(why), _) => {
                out.push((sample.place.clone(), why));
                continue;
            }
            (Ok(value), SampleOf::Field(id)) => (checker.field(id, &value), &schema.fields[id].full_name),
            (Ok(value), SampleOf::Message(id)) => {
                (checker.message(id, &value), &schema.messages[id].full_name)
            }
        };
        let rules = match verdict {
            Verdict::Broken(broken) => broken,
            Verdict::Fails(rule) => vec![rule],
            // Of rules that are not evaluated here the author knows more.
            Verdict::Valid | Verdict::Unknown => continue,
        };
        let mut rules: Vec<String> = rules.into_iter().map(|broken| format!("`{}`", broken.rule)).collect();
        rules.dedup();
        let plural = if rules.len() == 1 { "the rule" } else { "the rules" };
        out.push((
            sample.place.clone(),
            format!("the sample of `{what}` breaks {plural} {}", rules.join(", ")),
        ));
    }
    out
}

/// What messages may be, for who makes samples at run time.
pub(crate) struct SampleTables(Tables);

impl SampleTables {
    /// Of the messages of a schema.
    pub(crate) fn new(schema: &Schema) -> Self {
        Self(all(schema))
    }

    /// The tables of some messages and of what is in them, as the runtime reads them.
    pub(crate) fn text(&self, messages: &[MessageId]) -> String {
        let roots: Vec<usize> = messages.iter().map(|id| id.index()).collect();
        encode(&self.0.of(&roots))
    }
}

/// Examples of messages and fields. The same schema always gives the same.
pub(crate) struct Samples<'a> {
    schema: &'a Schema,
    tables: Tables,
    checker: Checker<'a>,
    made: HashMap<MessageId, Option<serde_json::Value>>,
}

impl<'a> Samples<'a> {
    /// Of the messages of a schema.
    pub(crate) fn new(schema: &'a Schema) -> Self {
        Self { schema, tables: all(schema), checker: Checker::new(schema), made: HashMap::new() }
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

    /// The same for a request: without what only responses have, unless a rule requires it.
    #[cfg_attr(not(feature = "documents"), allow(dead_code))] // documents alone have requests
    pub(crate) fn request(&mut self, id: MessageId) -> Option<serde_json::Value> {
        let mut request = self.message(id)?;
        without_outputs(self.schema, &self.tables, id, &mut request);
        Some(request)
    }

    /// The value of a field: that of the message's example, or one by itself.
    #[cfg_attr(not(feature = "documents"), allow(dead_code))] // documents alone ask for fields
    pub(crate) fn field(&mut self, id: FieldId) -> Option<serde_json::Value> {
        let field = &self.schema.fields[id];
        let message = self.message(field.message);
        let within = message.as_ref().and_then(|message| message.get(&field.json_name));
        if let Some(within) = within {
            return Some(within.clone());
        }
        let (message, at) = (field.message.index(), tables::place(self.schema, id));
        let solver = Solver::new(&self.tables, None);
        let value = solver.field(message, at, &mut Random::calm(0))?;
        let valid = self.checker.field(id, &value) == Verdict::Valid;
        valid.then(|| parse(&solver.json(message, at, &value)))
    }

    fn make(&mut self, id: MessageId) -> Option<serde_json::Value> {
        let ty = tables::message_type(self.schema, id);
        let Type::Message(at) = ty else { return None };
        let checker = &mut self.checker;
        let mut check = |value: &Value| checker.message(id, value);
        let value = solve(Solver::new(&self.tables, None), at, 0, &mut check)?;
        Some(parse(&json(&self.tables, ty, &value)))
    }
}

/// JSON that we have written.
fn parse(text: &str) -> serde_json::Value {
    serde_json::from_str(text).expect("the solver writes JSON")
}

/// Takes out what only responses have, except for what rules require.
fn without_outputs(schema: &Schema, tables: &Tables, message: MessageId, value: &mut serde_json::Value) {
    let serde_json::Value::Object(members) = value else { return };
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
            (FieldKind::Repeated(_), Some(serde_json::Value::Array(items))) => {
                for item in items {
                    without_outputs(schema, tables, *inner, item);
                }
            }
            (FieldKind::Map(..), Some(serde_json::Value::Object(entries))) => {
                for (_, value) in entries.iter_mut() {
                    without_outputs(schema, tables, *inner, value);
                }
            }
            _ => {}
        }
    }
}
