//! Path templates as OpenAPI has them: each variable is one segment.

use std::collections::BTreeSet;

use crate::model::http::{Binding, PathTemplate, PathVariable, Segment};
use crate::model::{FieldId, Schema};

/// A path, and what stands in braces in it.
pub(super) struct Path {
    /// `/v1/{name}:cancel`
    pub(super) text: String,
    pub(super) slots: Vec<Slot>,
}

/// A part of a path that the caller fills.
pub(super) struct Slot {
    pub(super) name: String,
    pub(super) of: SlotOf,
    /// Whether it takes any number of segments.
    pub(super) is_rest: bool,
}

/// What a part of a path sets.
pub(super) enum SlotOf {
    /// A field.
    Field(FieldId),
    /// A part of a text field, whose pattern this is: `shelves/*/books/*`.
    Part(FieldId, String),
    /// Nothing: any text fits.
    Nothing,
}

impl Path {
    /// Paths that differ in the names of their variables alone are one path.
    pub(super) fn key(&self) -> String {
        let mut key = self.text.clone();
        for slot in &self.slots {
            key = key.replacen(&format!("{{{}}}", slot.name), "{}", 1);
        }
        key
    }

    /// Gives the variables the names that the same path has elsewhere.
    pub(super) fn rename(&mut self, names: &[String], text: &str) {
        for (slot, name) in self.slots.iter_mut().zip(names) {
            slot.name.clone_from(name);
        }
        text.clone_into(&mut self.text);
    }

    /// The names of the variables.
    pub(super) fn names(&self) -> Vec<String> {
        self.slots.iter().map(|slot| slot.name.clone()).collect()
    }
}

/// The path of a binding. A variable of several segments becomes one variable for each `*` in it, since a client that fills
/// in one would escape the slashes.
pub(super) fn path(schema: &Schema, binding: &Binding) -> Path {
    let PathTemplate { segments, verb, .. } = &binding.template;
    let mut path = Path { text: String::new(), slots: Vec::new() };
    let mut taken = BTreeSet::new();
    for (at, segment) in segments.iter().enumerate() {
        path.text.push('/');
        let is_rest = *segment == Segment::Rest;
        if let Segment::Literal(text) = segment {
            path.text.push_str(text);
            continue;
        }
        let variable = binding.variables.iter().find(|v| (v.start..v.end).contains(&at));
        let (wanted, of) = match variable {
            None => ("segment".to_owned(), SlotOf::Nothing),
            Some(variable) if variable.end - variable.start == 1 => {
                (name(schema, variable), SlotOf::Field(last(variable)))
            }
            Some(variable) => {
                let before = at.checked_sub(1).filter(|before| *before >= variable.start);
                let word = match before.and_then(|before| segments.get(before)) {
                    Some(Segment::Literal(text)) if text.bytes().all(|b| b.is_ascii_alphanumeric()) => text,
                    _ => "part",
                };
                let pattern = pattern(&segments[variable.start..variable.end]);
                (format!("{}_{word}", name(schema, variable)), SlotOf::Part(last(variable), pattern))
            }
        };
        let mut name = wanted.clone();
        let mut number = 2;
        while !taken.insert(name.clone()) {
            name = format!("{wanted}{number}");
            number += 1;
        }
        path.text.extend(["{", &name, "}"]);
        path.slots.push(Slot { name, of, is_rest });
    }
    if path.text.is_empty() {
        path.text.push('/');
    }
    if let Some(verb) = verb {
        path.text.extend([":", verb]);
    }
    path
}

fn last(variable: &PathVariable) -> FieldId {
    *variable.fields.last().expect("a variable names a field")
}

/// The name of a variable as the template has it, `user.user_id`, with what generators of clients take in a name: `user_user_id`.
fn name(schema: &Schema, variable: &PathVariable) -> String {
    let names: Vec<&str> = variable.fields.iter().map(|field| &*schema.fields[*field].name).collect();
    names.join("_")
}

fn pattern(segments: &[Segment]) -> String {
    let text = |segment: &Segment| match segment {
        Segment::Literal(text) => text.clone(),
        Segment::Single => "*".to_owned(),
        Segment::Rest => "**".to_owned(),
    };
    segments.iter().map(text).collect::<Vec<_>>().join("/")
}
