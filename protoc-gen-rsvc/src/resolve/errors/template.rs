//! Templates: text with fields of the payload in braces.

use crate::input::closest;
use crate::model::{
    FieldId, FieldKind, MessageId, Scalar, Schema, TemplatePart, TextTemplate, ValueType, WellKnown,
};

/// What is wrong with a template, and what to do about it.
pub(super) struct TextTemplateError {
    pub(super) message: String,
    pub(super) help: String,
}

/// Splits a template into its parts and finds the fields. What is wrong is left out of the parts.
pub(super) fn parse(
    schema: &Schema,
    text: &str,
    payload: MessageId,
) -> (TextTemplate, Vec<TextTemplateError>) {
    let (mut parts, mut wrong) = (Vec::new(), Vec::new());
    let mut literal = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        literal.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            literal.push_str(brace);
            rest = after;
            continue;
        }
        let Some((path, after)) =
            rest.split_once('}').filter(|(path, _)| brace == "{" && !path.contains('{'))
        else {
            wrong.push(TextTemplateError {
                message: format!("the template `{text}` has a `{brace}` without its other half"),
                help: format!("a field is `{{name}}`, a brace itself is `{brace}{brace}`"),
            });
            continue;
        };
        rest = after;
        if !literal.is_empty() {
            parts.push(TemplatePart::Text(std::mem::take(&mut literal)));
        }
        match field(schema, path, payload) {
            Ok(path) => parts.push(TemplatePart::Field(path)),
            Err(error) => wrong.push(error),
        }
    }
    literal.push_str(rest);
    if !literal.is_empty() {
        parts.push(TemplatePart::Text(literal));
    }
    (TextTemplate(parts), wrong)
}

/// Follows a path of names from the payload to a field that can be printed.
fn field(schema: &Schema, path: &str, payload: MessageId) -> Result<Vec<FieldId>, TextTemplateError> {
    let mut found = Vec::new();
    let mut message = payload;
    let mut names = path.split('.').peekable();
    while let Some(name) = names.next() {
        let id = member(schema, path, name, message)?;
        found.push(id);
        let field = &schema.fields[id];
        let bad = |why: &str, help: String| {
            Err(TextTemplateError { message: format!("`{{{path}}}` in a template: `{name}` {why}"), help })
        };
        match (&field.kind, names.peek().is_some()) {
            (FieldKind::Repeated(_), _) => {
                return bad(
                    "is repeated",
                    "name a field with one value; a list belongs into the payload alone".into(),
                );
            }
            (FieldKind::Map(..), _) => {
                return bad(
                    "is a map",
                    "name a field with one value; a map belongs into the payload alone".into(),
                );
            }
            (FieldKind::Singular(value, _), true) => match value {
                ValueType::Message(next) | ValueType::Group(next) if wrapped(schema, *next).is_none() => {
                    message = *next;
                }
                _ => {
                    return bad("has no fields", format!("end the name there: `{{{}}}`", prefix(path, name)));
                }
            },
            (FieldKind::Singular(..), false) if is_printable(schema, id) => {}
            (FieldKind::Singular(ValueType::Message(inner) | ValueType::Group(inner), _), false)
                if wrapped(schema, *inner).is_none() =>
            {
                let inner = candidates(schema, *inner);
                let help = match inner.iter().map(|id| &schema.fields[*id].name).next() {
                    Some(first) => format!("name a field of it, as `{{{path}.{first}}}`"),
                    None => "name another field".into(),
                };
                return bad("is a message", help);
            }
            (FieldKind::Singular(..), false) => {
                return bad("is bytes, which are not text", "name a field that can be read".into());
            }
        }
    }
    Ok(found)
}

fn member(schema: &Schema, path: &str, name: &str, message: MessageId) -> Result<FieldId, TextTemplateError> {
    let candidates = candidates(schema, message);
    if let Some(id) = candidates.iter().find(|id| schema.fields[**id].name == name) {
        return Ok(*id);
    }
    let names: Vec<&str> = candidates.iter().map(|id| &*schema.fields[*id].name).collect();
    let full_name = &schema.messages[message].full_name;
    Err(TextTemplateError {
        message: format!("`{{{path}}}` in a template: `{full_name}` has no field `{name}`"),
        help: match closest(name, names.iter().copied()) {
            Some(hint) => format!("did you mean `{hint}`?"),
            None if names.is_empty() => {
                "the message has no fields: write plain text, `{{` for a brace".into()
            }
            None => format!("its fields are {}; a brace itself is `{{{{`", names.join(", ")),
        },
    })
}

/// The path up to and with its part `name`.
fn prefix<'a>(path: &'a str, name: &str) -> &'a str {
    path.find(name).map_or(path, |at| &path[..at + name.len()])
}

/// The fields that code can reach: wrappers are bare values in Rust.
fn candidates(schema: &Schema, message: MessageId) -> &[FieldId] {
    if wrapped(schema, message).is_some() { &[] } else { &schema.messages[message].fields }
}

/// The fields of a message that have one value which can be printed.
pub(super) fn printable(schema: &Schema, message: MessageId) -> Vec<FieldId> {
    candidates(schema, message).iter().copied().filter(|id| is_printable(schema, *id)).collect()
}

fn is_printable(schema: &Schema, id: FieldId) -> bool {
    match &schema.fields[id].kind {
        FieldKind::Singular(ValueType::Scalar(scalar), _) => *scalar != Scalar::Bytes,
        FieldKind::Singular(ValueType::Enum(_), _) => true,
        FieldKind::Singular(ValueType::Message(message), _) => {
            wrapped(schema, *message).is_some_and(|wrapper| wrapper != WellKnown::BytesValue)
        }
        _ => false,
    }
}

/// The wrapper that a message is, if it is one.
fn wrapped(schema: &Schema, message: MessageId) -> Option<WellKnown> {
    schema.messages[message].well_known.filter(|w| w.is_wrapper())
}
