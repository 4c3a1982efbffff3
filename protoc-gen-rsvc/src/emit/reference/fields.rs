//! A field as a page shows it.

use super::comments::{Docs, phrase};
use super::link::Link;
use super::site::Site;
use crate::emit::words;
use crate::model::{Behavior, Field, FieldId, FieldKind, MessageId, Presence, Scalar, ValueType};

/// A part of the text of a type.
pub(super) struct TypePart {
    pub(super) text: String,
    pub(super) link: Option<Link>,
}

/// A rule in words.
pub(super) struct RuleView {
    pub(super) id: String,
    pub(super) text: String,
    pub(super) html: String,
    pub(super) expression: Option<String>,
}

/// Everything that a page says of a field.
pub(super) struct FieldView {
    pub(super) name: String,
    /// The name in JSON, if it is another one.
    pub(super) json_name: Option<String>,
    pub(super) link: Link,
    pub(super) types: Vec<TypePart>,
    pub(super) badges: Vec<&'static str>,
    pub(super) docs: Docs,
    pub(super) rules: Vec<RuleView>,
    pub(super) default: Option<String>,
    /// The oneof that it is a member of.
    pub(super) oneof: Option<String>,
    /// What its JSON is, where that is not plain.
    pub(super) json: Option<&'static str>,
    /// Where REST has it: `path`, `query` or `body`.
    pub(super) place: Option<&'static str>,
}

impl FieldView {
    /// The rules and what is like them, in one line of Markdown.
    pub(super) fn notes(&self) -> String {
        let rules = self.rules.iter().map(|rule| rule.text.clone());
        let badges = self.badges.iter().map(|badge| (*badge).to_owned());
        let default = self.default.iter().map(|value| format!("default `{value}`"));
        let all: Vec<_> = badges.chain(rules).chain(default).collect();
        all.join("; ").replace('|', "\\|")
    }
}

/// The fields of a message.
pub(super) fn fields(site: &Site<'_>, id: MessageId) -> Vec<FieldView> {
    site.schema.messages[id].fields.iter().map(|field| view(site, *field)).collect()
}

fn view(site: &Site<'_>, id: FieldId) -> FieldView {
    let schema = site.schema;
    let field = &schema.fields[id];
    let mut badges: Vec<_> = field.behaviors.iter().map(|of| behavior(*of)).collect();
    if is_required(field) && !badges.contains(&"required") {
        badges.insert(0, "required");
    }
    if field.oneof.is_none() && is_optional(field) {
        badges.push("optional");
    }
    if field.origin.deprecated {
        badges.push("deprecated");
    }
    FieldView {
        name: field.name.clone(),
        json_name: (field.json_name != field.name).then(|| field.json_name.clone()),
        link: site.message(field.message).part(&field.name, &field.name),
        types: types(site, &field.kind),
        badges,
        docs: Docs::of(&field.origin.comments),
        rules: words::field_rules(schema, id).into_iter().map(rule).collect(),
        default: field.default.clone(),
        oneof: field.oneof.map(|oneof| schema.oneofs[oneof].name.clone()),
        json: json(&field.kind),
        place: None,
    }
}

pub(super) fn rule(rule: words::Rule) -> RuleView {
    RuleView { id: rule.id, html: phrase(&rule.text), text: rule.text, expression: rule.expression }
}

/// Whether a scalar that is not set differs from its zero.
fn is_optional(field: &Field) -> bool {
    matches!(field.kind, FieldKind::Singular(ValueType::Scalar(_) | ValueType::Enum(_), Presence::Explicit))
}

/// Whether a request has to have it.
pub(super) fn is_required(field: &Field) -> bool {
    field.behaviors.contains(&Behavior::Required)
        || matches!(field.kind, FieldKind::Singular(_, Presence::Required))
}

/// What `google.api.field_behavior` says, in words.
fn behavior(behavior: Behavior) -> &'static str {
    match behavior {
        Behavior::Optional => "may be left out",
        Behavior::Required => "required",
        Behavior::OutputOnly => "output only",
        Behavior::InputOnly => "input only",
        Behavior::Immutable => "immutable",
        Behavior::UnorderedList => "in no order",
        Behavior::NonEmptyDefault => "chosen if empty",
        Behavior::Identifier => "identifier",
    }
}

/// A type in the words of protobuf, with links to its definition.
fn types(site: &Site<'_>, kind: &FieldKind) -> Vec<TypePart> {
    let text = |text: &str| TypePart { text: text.to_owned(), link: None };
    match kind {
        FieldKind::Singular(value, _) => vec![value_type(site, value)],
        FieldKind::Repeated(value) => vec![text("repeated "), value_type(site, value)],
        FieldKind::Map(key, value) => {
            vec![text(&format!("map<{}, ", key.name())), value_type(site, value), text(">")]
        }
    }
}

fn value_type(site: &Site<'_>, value: &ValueType) -> TypePart {
    let link = match value {
        ValueType::Scalar(of) => return TypePart { text: of.name().into(), link: None },
        ValueType::Enum(id) => site.enumeration(*id),
        ValueType::Message(id) | ValueType::Group(id) => site.message(*id),
    };
    TypePart { text: link.text.clone(), link: Some(link) }
}

fn json(kind: &FieldKind) -> Option<&'static str> {
    match kind.value() {
        ValueType::Scalar(
            Scalar::Int64 | Scalar::Uint64 | Scalar::Sint64 | Scalar::Fixed64 | Scalar::Sfixed64,
        ) => Some("text in JSON"),
        ValueType::Scalar(Scalar::Bytes) => Some("base64 in JSON"),
        _ => None,
    }
}
