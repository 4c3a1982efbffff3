//! What stands beside a schema: descriptions, what a field is for, its default.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as STANDARD;
use prost_reflect::Value as ProtoValue;
use serde_json::{Map, Value, json};
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::schema::AllOf;
use utoipa::openapi::{Deprecated, RefOr, Schema};

use crate::emit::docs;
use crate::emit::words::Rule;
use crate::model::{Behavior, Enum, EnumValue, Field, FieldKind, Origin, Schema as Model, ValueType};

/// What is said beside a schema.
#[derive(Default)]
pub(super) struct Notes {
    pub(super) description: Option<String>,
    pub(super) deprecated: bool,
    pub(super) read_only: bool,
    pub(super) write_only: bool,
    pub(super) default: Option<Value>,
    /// Further keywords.
    pub(super) more: BTreeMap<String, Value>,
}

impl Notes {
    /// Comments and deprecation.
    pub(super) fn of(origin: &Origin) -> Self {
        Self {
            description: docs::markdown(&origin.comments),
            deprecated: origin.deprecated,
            ..Self::default()
        }
    }

    /// Those of an enum and of its values.
    pub(super) fn of_enum(node: &Enum) -> Self {
        let mut notes = Self::of(&node.origin);
        let value = |value: &EnumValue| {
            let comment = docs::markdown(&value.origin.comments).map(|text| text.replace('\n', "\n  "));
            let deprecated = if value.origin.deprecated { " Deprecated." } else { "" };
            match comment {
                None if deprecated.is_empty() => None,
                comment => Some(format!(
                    "- `{}`: {}{deprecated}",
                    value.name,
                    comment.unwrap_or_else(String::new).trim()
                )),
            }
        };
        let values: Vec<String> = node.values.iter().filter_map(value).collect();
        if !values.is_empty() {
            notes.say(&values.join("\n"));
        }
        notes
    }

    /// Comments, deprecation, and what `google.api` says of a field. That it is required is said where no keyword does.
    pub(super) fn of_field(field: &Field, schema: &Model, is_required: bool) -> Self {
        let mut notes = Self::of(&field.origin);
        notes.read_only = field.behaviors.contains(&Behavior::OutputOnly);
        notes.write_only = field.behaviors.contains(&Behavior::InputOnly);
        notes.default = default(field, schema);
        for behavior in &field.behaviors {
            if *behavior == Behavior::Required && is_required {
                continue;
            }
            if let Some(words) = words(*behavior) {
                notes.say(words);
            }
        }
        notes
    }

    /// Says rules in words, and those that are `listed` for programs, too.
    pub(super) fn say_rules(&mut self, rules: &[Rule], listed: impl Fn(&Rule) -> bool) {
        if rules.is_empty() {
            return;
        }
        let words: Vec<String> =
            rules.iter().map(|rule| format!("- {}", rule.text.replace('\n', "\n  "))).collect();
        self.say(&format!("Rules:\n\n{}", words.join("\n")));
        let listed: Vec<Value> = rules.iter().filter(|rule| listed(rule)).map(for_programs).collect();
        if !listed.is_empty() {
            self.more.insert("x-rules".to_owned(), listed.into());
        }
    }

    /// Adds a paragraph to the description.
    pub(super) fn say(&mut self, text: &str) {
        let description = self.description.get_or_insert_default();
        if !description.is_empty() {
            description.push_str("\n\n");
        }
        description.push_str(text);
    }

    /// Puts the notes beside a schema. They take the place of those that it has.
    pub(super) fn put_on(self, schema: RefOr<Schema>) -> RefOr<Schema> {
        let deprecated = || self.deprecated.then_some(Deprecated::True);
        let flag = |on: bool| on.then_some(true);
        match schema {
            RefOr::Ref(mut to) if !self.deprecated && self.more.is_empty() => {
                to.description = self.description.unwrap_or(to.description);
                to.read_only = flag(self.read_only);
                to.write_only = flag(self.write_only);
                to.default = self.default;
                RefOr::Ref(to)
            }
            to @ RefOr::Ref(_) => {
                let all = AllOf { items: vec![to], ..AllOf::default() };
                self.put_on(RefOr::T(all.into()))
            }
            RefOr::T(Schema::Object(mut object)) => {
                object.deprecated = deprecated();
                object.read_only = flag(self.read_only);
                object.write_only = flag(self.write_only);
                object.description = self.description.or(object.description);
                object.default = self.default.or(object.default);
                extend(&mut object.extensions, self.more);
                object.into()
            }
            RefOr::T(Schema::Array(mut array)) => {
                array.deprecated = deprecated();
                array.description = self.description.clone().or(array.description);
                array.default = self.default.clone().or(array.default);
                extend(&mut array.extensions, self.access());
                array.into()
            }
            RefOr::T(Schema::AllOf(mut all)) => {
                all.description = self.description.clone().or(all.description);
                all.default = self.default.clone().or(all.default);
                extend(&mut all.extensions, self.untyped());
                RefOr::T(all.into())
            }
            RefOr::T(Schema::AnyOf(mut any)) => {
                any.description = self.description.clone().or(any.description);
                any.default = self.default.clone().or(any.default);
                extend(&mut any.extensions, self.untyped());
                RefOr::T(any.into())
            }
            RefOr::T(Schema::OneOf(mut one)) => {
                one.description = self.description.clone().or(one.description);
                one.default = self.default.clone().or(one.default);
                extend(&mut one.extensions, self.untyped());
                RefOr::T(one.into())
            }
            // Kinds of schema that nothing here makes.
            other => other,
        }
    }

    /// What the type of a list has no member for.
    fn access(self) -> BTreeMap<String, Value> {
        let mut more = self.more;
        for (name, on) in [("readOnly", self.read_only), ("writeOnly", self.write_only)] {
            if on {
                more.insert(name.to_owned(), json!(true));
            }
        }
        more
    }

    /// What the types of compositions have no members for.
    fn untyped(self) -> BTreeMap<String, Value> {
        let deprecated = self.deprecated;
        let mut more = self.access();
        if deprecated {
            more.insert("deprecated".to_owned(), json!(true));
        }
        more
    }
}

fn extend(extensions: &mut Option<Extensions>, more: BTreeMap<String, Value>) {
    if !more.is_empty() {
        extensions.get_or_insert_default().extend(more);
    }
}

/// A rule with its id, what it says, and its CEL.
fn for_programs(rule: &Rule) -> Value {
    let mut out = Map::new();
    if !rule.id.is_empty() {
        out.insert("id".to_owned(), json!(rule.id));
    }
    out.insert("message".to_owned(), json!(rule.text));
    if let Some(expression) = &rule.expression {
        out.insert("expression".to_owned(), json!(expression));
    }
    out.into()
}

/// What has no keyword.
fn words(behavior: Behavior) -> Option<&'static str> {
    Some(match behavior {
        Behavior::Optional | Behavior::InputOnly | Behavior::OutputOnly => return None,
        Behavior::Required => "Required.",
        Behavior::Immutable => "Cannot be changed once it is set.",
        Behavior::UnorderedList => "The order of the items has no meaning.",
        Behavior::NonEmptyDefault => "Where it is not set, the service chooses a value that is not empty.",
        Behavior::Identifier => {
            "The name of the resource: it is chosen when that is created, and does not change."
        }
    })
}

/// The default of a proto2 field.
fn default(field: &Field, schema: &Model) -> Option<Value> {
    field.default.as_ref()?;
    let FieldKind::Singular(kind, _) = &field.kind else { return None };
    Some(match (field.descriptor.default_value(), kind) {
        (ProtoValue::EnumNumber(number), ValueType::Enum(id)) => {
            let value = schema.enums[*id].values.iter().find(|value| value.number == number)?;
            json!(value.name)
        }
        (ProtoValue::Bool(value), _) => json!(value),
        (ProtoValue::I32(value), _) => json!(value),
        (ProtoValue::U32(value), _) => json!(value),
        (ProtoValue::I64(value), _) => json!(value.to_string()),
        (ProtoValue::U64(value), _) => json!(value.to_string()),
        (ProtoValue::F32(value), _) => float(f64::from(value)),
        (ProtoValue::F64(value), _) => float(value),
        (ProtoValue::String(value), _) => json!(value),
        (ProtoValue::Bytes(value), _) => json!(STANDARD.encode(value)),
        _ => return None,
    })
}

/// A double as ProtoJSON has it.
pub(super) fn float(value: f64) -> Value {
    match value {
        f64::INFINITY => json!("Infinity"),
        f64::NEG_INFINITY => json!("-Infinity"),
        value if value.is_nan() => json!("NaN"),
        value => json!(value),
    }
}
