//! What stands beside a schema: descriptions, what a field is for, its default.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as STANDARD;
use prost_reflect::Value as ProtoValue;
use serde_json::{Map, Value, json};
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::schema::{AllOf, Object, SchemaType};
use utoipa::openapi::{Deprecated, RefOr, Schema};

use crate::emit::docs;
use crate::emit::words::{Rule, code};
use crate::model::{
    Behavior, Enum, EnumValue, Field, FieldId, FieldKind, Origin, Schema as Model, ValueType,
};

/// What is said beside a schema.
#[derive(Default)]
pub(super) struct Notes {
    pub(super) description: Option<String>,
    pub(super) deprecated: bool,
    pub(super) read_only: bool,
    pub(super) write_only: bool,
    pub(super) default: Option<Value>,
    /// Rules that no keyword says.
    pub(super) rules: Option<Value>,
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
    pub(super) fn of_field(id: FieldId, schema: &Model, is_required: bool) -> Self {
        let field = &schema.fields[id];
        let mut notes = Self::of(&field.origin);
        notes.read_only = field.behaviors.contains(&Behavior::OutputOnly);
        notes.write_only = field.behaviors.contains(&Behavior::InputOnly);
        if let Some(default) = default(field, schema) {
            // A default may break the rules. The schema then does not allow it as a value.
            if schema.rules.declared(id).is_empty() {
                notes.default = Some(default);
            } else {
                notes.say(&format!("Where it is not set, it is {}.", code(&default.to_string())));
            }
        }
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
            self.rules = Some(listed.into());
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
        let flag = |on: bool| on.then_some(true);
        let is_flagged = self.deprecated || self.read_only || self.write_only;
        match schema {
            RefOr::Ref(mut to) if !self.deprecated && self.rules.is_none() => {
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
                object.deprecated = self.deprecated.then_some(Deprecated::True);
                object.read_only = flag(self.read_only);
                object.write_only = flag(self.write_only);
                object.description = self.description.or(object.description);
                object.default = self.default.or(object.default);
                add(&mut object.extensions, RULES, self.rules);
                object.into()
            }
            RefOr::T(Schema::Array(mut array)) => {
                array.deprecated = self.deprecated.then_some(Deprecated::True);
                array.description = self.description.or(array.description);
                array.default = self.default.or(array.default);
                add(&mut array.extensions, RULES, self.rules);
                add(&mut array.extensions, "readOnly", self.read_only.then(|| json!(true)));
                add(&mut array.extensions, "writeOnly", self.write_only.then(|| json!(true)));
                array.into()
            }
            RefOr::T(Schema::AllOf(mut all)) if !is_flagged => {
                all.description = self.description.or(all.description);
                all.default = self.default.or(all.default);
                add(&mut all.extensions, RULES, self.rules);
                RefOr::T(all.into())
            }
            RefOr::T(Schema::AnyOf(mut any)) if !is_flagged => {
                any.description = self.description.or(any.description);
                any.default = self.default.or(any.default);
                add(&mut any.extensions, RULES, self.rules);
                RefOr::T(any.into())
            }
            // The types of compositions have no members for the rest.
            RefOr::T(Schema::AllOf(all)) => self.put_on(composed("allOf", &all.items)),
            RefOr::T(Schema::AnyOf(any)) => self.put_on(composed("anyOf", &any.items)),
            // Kinds of schema that no field has.
            other @ RefOr::T(_) => other,
        }
    }
}

/// The keyword of rules that no other keyword says.
const RULES: &str = "x-rules";

fn add(extensions: &mut Option<Extensions>, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        extensions.get_or_insert_default().insert(name.to_owned(), value);
    }
}

/// A composition as an object that has all members.
fn composed(keyword: &str, items: &[RefOr<Schema>]) -> RefOr<Schema> {
    let mut object = Object::with_type(SchemaType::AnyValue);
    let items = serde_json::to_value(items).expect("a schema has no keys but texts");
    add(&mut object.extensions, keyword, Some(items));
    object.into()
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
