//! Rules as short English phrases, for documents and the reference.

pub(crate) mod range;
mod standard;
#[cfg(test)]
mod tests;

use crate::model::plan::Const;
use crate::model::rules::{Expression, FieldRules, Group, Part, ValueRules};
use crate::model::{EnumId, FieldId, FieldKind, MessageId, Presence, Scalar, Schema, ValueType, WellKnown};

/// A rule in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    /// What its violations have as their id: `string.max_len`. Empty for a rule of the user's that has none.
    pub(crate) id: String,
    /// A phrase: `at most 200 characters`, or what the rule says itself.
    pub(crate) text: String,
    /// The CEL of a rule of the user's.
    pub(crate) expression: Option<String>,
}

impl Rule {
    fn new(id: impl Into<String>, text: impl Into<String>) -> Self {
        Self { id: id.into(), text: text.into(), expression: None }
    }
}

/// The rules of a field, those of its items, keys and values too.
pub(crate) fn field_rules(schema: &Schema, id: FieldId) -> Vec<Rule> {
    let mut out = Vec::new();
    let rules = field(schema, id);
    if rules.is_some_and(|rules| rules.required) {
        out.push(required(schema, id));
    }
    for part in [Part::Whole, Part::Item, Part::Key, Part::Value] {
        out.extend(of_part(part_rules(schema, id, part), part));
    }
    out
}

/// The rules of a message as a whole: CEL, and how many of some fields are set.
pub(crate) fn message_rules(schema: &Schema, id: MessageId) -> Vec<Rule> {
    let mut out: Vec<Rule> = schema.rules.message_expressions(id).iter().map(expression).collect();
    let Some(rules) = schema.rules.of(id) else { return out };
    out.extend(rules.groups.iter().map(|group| Rule::new("message.oneof", group_text(schema, group))));
    out.extend(rules.required_oneofs.iter().map(|oneof| {
        let fields = &schema.oneofs[*oneof].fields;
        let text = match fields.as_slice() {
            [field] => format!("{} is set", names(schema, &[*field])),
            fields => format!("one of {} is set", names(schema, fields)),
        };
        Rule::new("required", text)
    }));
    out
}

/// The rules of a field as they are compiled, if it has any.
pub(crate) fn field(schema: &Schema, id: FieldId) -> Option<&FieldRules> {
    let rules = schema.rules.of(schema.fields[id].message)?;
    rules.fields.iter().find(|rules| rules.field == id)
}

/// Whether the zero value of a part is right whatever its other rules say.
pub(crate) fn skips_zero(schema: &Schema, id: FieldId, part: Part) -> bool {
    let Some(rules) = field(schema, id) else { return false };
    let has_presence =
        matches!(schema.fields[id].kind, FieldKind::Singular(_, Presence::Explicit | Presence::Required));
    let skips = |rules: &Option<Box<ValueRules>>| rules.as_ref().is_some_and(|rules| rules.skip_zero);
    match part {
        Part::Whole => rules.value.skip_zero || (rules.skip_unset && !has_presence),
        Part::Item => skips(&rules.value.items),
        Part::Key => skips(&rules.value.keys),
        Part::Value => skips(&rules.value.values),
    }
}

/// The rules of a part of a field.
pub(crate) fn part_rules(schema: &Schema, id: FieldId, part: Part) -> Vec<Rule> {
    let mut out = standard::phrases(schema.rules.declared(id), part, enum_of(schema, id, part), schema);
    let expressions = schema.rules.expressions(id).iter().filter(|rule| rule.part == part);
    out.extend(expressions.map(expression));
    if skips_zero(schema, id, part) {
        let zero = zero(schema, id, part);
        for rule in &mut out {
            rule.text = format!("{}, unless {zero}", rule.text);
        }
    }
    out
}

/// The rules of a part, each with what part it is.
pub(crate) fn of_part(rules: Vec<Rule>, part: Part) -> Vec<Rule> {
    let whose = match part {
        Part::Whole => return rules,
        Part::Item => "each item",
        Part::Key => "each key",
        Part::Value => "each value",
    };
    rules.into_iter().map(|rule| Rule { text: format!("{whose}: {}", rule.text), ..rule }).collect()
}

fn expression(rule: &Expression) -> Rule {
    let mut text = if rule.message.is_empty() {
        format!("fulfils {}", code(&rule.expression))
    } else {
        rule.message.trim().trim_end_matches('.').to_owned()
    };
    if let Some(value) = rule.rule.as_ref().filter(|value| **value != Const::Bool(true)) {
        text = format!("{text} (`rule` is {})", standard::show(value));
    }
    Rule { id: rule.id.clone(), text, expression: Some(rule.expression.clone()) }
}

fn group_text(schema: &Schema, group: &Group) -> String {
    let count = if group.required { "exactly" } else { "at most" };
    format!("{count} one of {} is set", names(schema, &group.fields))
}

/// The names of fields in JSON.
fn names(schema: &Schema, fields: &[FieldId]) -> String {
    list(fields.iter().map(|field| code(&schema.fields[*field].json_name)), "and")
}

/// What `required` means: a field without presence is set when it is not zero.
pub(crate) fn required(schema: &Schema, id: FieldId) -> Rule {
    let text = match &schema.fields[id].kind {
        FieldKind::Singular(_, Presence::Implicit) => {
            format!("required: not {}", zero(schema, id, Part::Whole).trim_start_matches("it is "))
        }
        FieldKind::Singular(..) => "required".to_owned(),
        FieldKind::Repeated(_) => "required: at least one item".to_owned(),
        FieldKind::Map(..) => "required: at least one entry".to_owned(),
    };
    Rule::new("required", text)
}

/// The zero value of a part, as the end of a sentence.
fn zero(schema: &Schema, id: FieldId, part: Part) -> String {
    let field = &schema.fields[id];
    let key;
    let value = match (&field.kind, part) {
        (FieldKind::Repeated(_) | FieldKind::Map(..), Part::Whole) => return "it is empty".to_owned(),
        (FieldKind::Map(scalar, _), Part::Key) => {
            key = ValueType::Scalar(*scalar);
            &key
        }
        (kind, _) => kind.value(),
    };
    let scalar = match value {
        ValueType::Scalar(scalar) => Some(*scalar),
        ValueType::Enum(id) => {
            let zero = schema.enums[*id].values.iter().find(|value| value.number == 0);
            return format!("it is {}", zero.map_or("0".to_owned(), |value| code(&value.name)));
        }
        ValueType::Message(id) | ValueType::Group(id) => {
            schema.messages[*id].well_known.and_then(WellKnown::wrapped)
        }
    };
    match scalar {
        None | Some(Scalar::String | Scalar::Bytes) => "it is empty".to_owned(),
        Some(Scalar::Bool) => "it is false".to_owned(),
        Some(_) => "it is 0".to_owned(),
    }
}

/// The enum whose values a part has.
fn enum_of(schema: &Schema, id: FieldId, part: Part) -> Option<EnumId> {
    match (schema.fields[id].kind.value(), &schema.fields[id].kind, part) {
        (ValueType::Enum(id), FieldKind::Singular(..), Part::Whole)
        | (ValueType::Enum(id), _, Part::Item | Part::Value) => Some(*id),
        _ => None,
    }
}

/// A text as code in Markdown, whatever is in it.
pub(crate) fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    if longest == 0 && !text.is_empty() {
        return format!("`{text}`");
    }
    let fence = "`".repeat(longest + 1);
    format!("{fence} {text} {fence}")
}

/// `a, b and c`
fn list(items: impl IntoIterator<Item = String>, and: &str) -> String {
    let items: Vec<String> = items.into_iter().collect();
    match items.as_slice() {
        [] => String::new(),
        [item] => item.clone(),
        [first @ .., last] => format!("{} {and} {last}", first.join(", ")),
    }
}
