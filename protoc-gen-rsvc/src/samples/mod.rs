//! Messages that fulfil their rules: examples for documents, made when a service is built.

mod author;
mod check;
mod eval;
#[cfg(feature = "documents")]
mod examples;
mod json;
mod literals;
mod rules;
mod tables;

use rsvc_common::sample::{Random, Solver, Tables, Type, Value, Verdict, encode, solve};

use crate::diag::Place;
use crate::model::{FieldId, MessageId, SampleOf, Schema};
use crate::sorted::SortedMap;
use check::Checker;
use json::Json;

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
    made: SortedMap<MessageId, Option<String>>,
}

impl<'a> Samples<'a> {
    /// Of the messages of a schema.
    pub(crate) fn new(schema: &'a Schema) -> Self {
        Self { schema, tables: all(schema), checker: Checker::new(schema), made: SortedMap::new() }
    }

    /// An example of each message that is generated, by its name; `null`, where none was found.
    pub(crate) fn all(mut self) -> String {
        let messages = self.schema.messages.iter().filter(|(_, message)| message.is_generated());
        let all = messages.map(|(id, message)| {
            let made = self.text(id);
            let made = made.map_or(Json::Null, |made| Json::parse(&made).expect("the solver writes JSON"));
            (message.full_name.clone(), made)
        });
        let all = Json::Object(all.collect());
        let mut out = String::new();
        all.pretty(&mut out, 0);
        out.push('\n');
        out
    }

    /// A message that fulfils its rules, in ProtoJSON with fields in the order of definition; none, if none was found.
    fn text(&mut self, id: MessageId) -> Option<String> {
        if let Some(made) = self.made.get(&id) {
            return made.clone();
        }
        let made = self.make(id);
        self.made.insert(id, made.clone());
        made
    }

    fn make(&mut self, id: MessageId) -> Option<String> {
        let ty = tables::message_type(self.schema, id);
        let Type::Message(at) = ty else { return None };
        let checker = &mut self.checker;
        let mut check = |value: &Value| checker.message(id, value);
        let value = solve(Solver::new(&self.tables, None), at, 0, &mut check)?;
        Some(rsvc_common::sample::json(&self.tables, ty, &value))
    }

    /// The value of a field by itself.
    #[cfg_attr(not(feature = "documents"), allow(dead_code))] // documents alone ask for fields
    fn alone(&mut self, id: FieldId) -> Option<String> {
        let field = &self.schema.fields[id];
        let (message, at) = (field.message.index(), tables::place(self.schema, id));
        let solver = Solver::new(&self.tables, None);
        let value = solver.field(message, at, &mut Random::calm(0))?;
        let valid = self.checker.field(id, &value) == Verdict::Valid;
        valid.then(|| solver.json(message, at, &value))
    }
}
