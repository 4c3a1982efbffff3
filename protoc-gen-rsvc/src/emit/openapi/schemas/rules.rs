//! The rules of a part of a field, as keywords see them.

use std::cell::RefCell;
use std::collections::BTreeSet;

use crate::emit::words::range::{Range, order};
use crate::emit::words::{self, Rule};
use crate::model::plan::Const;
use crate::model::rules::{Declared, Part};
use crate::model::{FieldId, FieldKind, Presence, Schema};

/// The id of the rule that a field has to be there.
pub(super) const REQUIRED: &str = "required";

/// The rules of a part of a field, and which of them keywords say.
pub(super) struct Rules<'a> {
    schema: &'a Schema,
    field: FieldId,
    pub(super) part: Part,
    /// Whether the rules are tested.
    on: bool,
    /// Whether the zero value is right whatever the rules say.
    pub(super) skips_zero: bool,
    /// Whether the zero value is as if the field were not there, and that is not allowed.
    pub(super) not_zero: bool,
    said: RefCell<BTreeSet<String>>,
}

impl<'a> Rules<'a> {
    pub(super) fn of(schema: &'a Schema, field: FieldId, part: Part) -> Self {
        Self::when(true, schema, field, part)
    }

    /// The rules if they are tested, and else none.
    pub(super) fn when(on: bool, schema: &'a Schema, field: FieldId, part: Part) -> Self {
        let has_presence = matches!(
            schema.fields[field].kind,
            FieldKind::Singular(_, Presence::Explicit | Presence::Required)
        );
        let required = words::field(schema, field).is_some_and(|rules| rules.required);
        Self {
            schema,
            field,
            part,
            on,
            skips_zero: on && words::skips_zero(schema, field, part),
            not_zero: on && part == Part::Whole && required && !has_presence,
            said: RefCell::default(),
        }
    }

    /// The standard rules.
    pub(super) fn declared(&self) -> impl Iterator<Item = &'a Declared> {
        let (part, on) = (self.part, self.on);
        self.schema.rules.declared(self.field).iter().filter(move |rule| on && rule.part == part)
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a Const> {
        self.declared().find(|rule| rule.name == name).map(|rule| &rule.value)
    }

    /// A size, as far as there can be one.
    pub(super) fn size(&self, name: &str) -> Option<usize> {
        match self.get(name)? {
            Const::Uint(n) => Some(usize::try_from(*n).unwrap_or(usize::MAX)),
            _ => None,
        }
    }

    pub(super) fn is_on(&self, name: &str) -> bool {
        self.get(name) == Some(&Const::Bool(true))
    }

    /// The values of `const` or `in`: no other is allowed.
    pub(super) fn allowed(&self) -> Option<Vec<&'a Const>> {
        let list = self.get("in").map(|value| match value {
            Const::List(values) => values.iter().collect(),
            other => vec![other],
        });
        match (self.get("const"), list) {
            (Some(value), Some(list)) => Some(list.into_iter().filter(|other| *other == value).collect()),
            (Some(value), None) => Some(vec![value]),
            (None, list) => list,
        }
    }

    /// The values of `not_in`.
    pub(super) fn refused(&self) -> &'a [Const] {
        match self.get("not_in") {
            Some(Const::List(values)) => values,
            _ => &[],
        }
    }

    pub(super) fn range(&self) -> Option<Range<'a>> {
        if !self.on {
            return None;
        }
        Range::of(self.schema.rules.declared(self.field), self.part)
    }

    /// The CEL of the rules, with the value of a predefined one.
    pub(super) fn expressions(&self) -> impl Iterator<Item = (&'a str, &'a str, Option<&'a Const>)> {
        let (part, on) = (self.part, self.on);
        let rules = self.schema.rules.expressions(self.field).iter();
        let rules = rules.filter(move |rule| on && rule.part == part);
        rules.map(|rule| (rule.id.as_str(), rule.expression.as_str(), rule.rule.as_ref()))
    }

    /// Notes that a keyword says what these rules say.
    pub(super) fn say(&self, names: &[&str]) {
        for rule in self.declared().filter(|rule| names.contains(&rule.name.as_str())) {
            self.said.borrow_mut().insert(format!("{}.{}", rule.family, rule.name));
        }
    }

    /// Notes that a keyword says what the rule with this id says.
    pub(super) fn say_id(&self, id: impl Into<String>) {
        self.said.borrow_mut().insert(id.into());
    }

    /// Notes that keywords say what the range says.
    pub(super) fn say_range(&self, range: &Range<'_>) {
        if let Some(rule) =
            self.declared().find(|rule| matches!(rule.name.as_str(), "lt" | "lte" | "gt" | "gte"))
        {
            self.say_id(format!("{}.{}", rule.family, range.id));
        }
    }

    /// What no keyword says, in words.
    pub(super) fn unsaid(&self) -> Vec<Rule> {
        if !self.on {
            return Vec::new();
        }
        let said = self.said.borrow();
        let required = self.not_zero.then(|| words::required(self.schema, self.field));
        let rules = required.into_iter().chain(words::part_rules(self.schema, self.field, self.part));
        rules.filter(|rule| !said.contains(&rule.id)).collect()
    }

    /// Whether a value is in the range, where there is one.
    pub(super) fn in_range(&self, value: &Const) -> bool {
        let Some(range) = self.range() else { return true };
        let above = |bound: &crate::emit::words::range::Bound<'_>| {
            order(value, bound.value).is_some_and(|order| order.is_gt() || (bound.included && order.is_eq()))
        };
        let below = |bound: &crate::emit::words::range::Bound<'_>| {
            order(value, bound.value).is_some_and(|order| order.is_lt() || (bound.included && order.is_eq()))
        };
        let (low, high) = (range.lower.as_ref().map(above), range.upper.as_ref().map(below));
        match (low, high) {
            (Some(low), Some(high)) if range.outside => low || high,
            (low, high) => low.unwrap_or(true) && high.unwrap_or(true),
        }
    }

    /// Whether the standard rules for all kinds of values allow one.
    pub(super) fn allows(&self, value: &Const) -> bool {
        self.allowed().is_none_or(|values| values.contains(&value))
            && !self.refused().contains(value)
            && self.in_range(value)
    }
}
