//! The fields that paths and queries set.

use super::template::ParsedVariable;
use super::{Body, Code, FieldId, FieldKind, HttpRuleReader, MessageId, Schema, ValueType, WellKnown};
use crate::model::http::PathVariable;

/// The field of a message by its proto name.
pub(super) fn named(schema: &Schema, message: MessageId, name: &str) -> Option<FieldId> {
    schema.messages[message].fields.iter().copied().find(|field| schema.fields[*field].name == name)
}

/// What to write instead of a field that is not there.
pub(super) fn suggestion(schema: &Schema, message: MessageId, name: &str) -> String {
    let fields = &schema.messages[message].fields;
    let names = || fields.iter().map(|field| schema.fields[*field].name.as_str());
    if let Some(field) = fields.iter().find(|field| schema.fields[**field].json_name == name) {
        return format!("use its name in the `.proto`, `{}`", schema.fields[*field].name);
    }
    match names().count() {
        0 => "the message has no fields".into(),
        1..=12 => format!("its fields are {}", names().collect::<Vec<_>>().join(", ")),
        more => format!("it has {more} fields, none of that name"),
    }
}

impl HttpRuleReader<'_> {
    /// The fields of a template's variables; `None` when one of them is wrong.
    pub(super) fn variables(
        &mut self,
        input: MessageId,
        tag: i32,
        variables: &[ParsedVariable],
    ) -> Option<Vec<PathVariable>> {
        let mut all: Option<Vec<PathVariable>> = Some(Vec::new());
        for variable in variables {
            let fields = self.path(input, tag, &variable.path);
            let (Some(found), Some(fields)) = (&mut all, fields) else {
                all = None;
                continue;
            };
            if found.iter().any(|v| v.fields == fields) {
                let text = format!("the path sets `{}` twice", variable.path);
                self.wrong(Code::HTTP_VARIABLE, tag, text)
                    .help("use the second field only once, or `*` in its place");
                all = None;
                continue;
            }
            let &ParsedVariable { start, end, multi, .. } = variable;
            found.push(PathVariable { fields, start, end, multi });
        }
        all
    }

    /// The fields along `path`, the last of which a text can set.
    fn path(&mut self, input: MessageId, tag: i32, path: &str) -> Option<Vec<FieldId>> {
        let schema = self.schema();
        let mut message = input;
        let mut fields = Vec::new();
        let mut names = path.split('.').peekable();
        while let Some(name) = names.next() {
            let Some(field) = named(schema, message, name) else {
                let node = &schema.messages[message];
                let text =
                    format!("the variable `{path}` is not a field: `{}` has no `{name}`", node.full_name);
                let (origin, help) = (node.origin.place.clone(), suggestion(schema, message, name));
                self.wrong(Code::HTTP_VARIABLE, tag, text).note(origin, "this message").help(help);
                return None;
            };
            fields.push(field);
            let last = names.peek().is_none();
            let unfit = match &schema.fields[field].kind {
                FieldKind::Repeated(_) => Some("is repeated"),
                FieldKind::Map(..) => Some("is a map"),
                FieldKind::Singular(ValueType::Group(inner) | ValueType::Message(inner), _) if !last => {
                    message = *inner;
                    None
                }
                FieldKind::Singular(_, _) if !last => Some("is not a message"),
                FieldKind::Singular(value, _) if !is_text(schema, value) => Some("is a message"),
                FieldKind::Singular(..) => None,
            };
            if let Some(unfit) = unfit {
                let text = format!("the variable `{path}` cannot be a part of a path: `{name}` {unfit}");
                let origin = schema.fields[field].origin.place.clone();
                self.wrong(Code::HTTP_VARIABLE, tag, text)
                    .note(origin, "this field")
                    .help("a variable is a single value: a scalar, an enum, a timestamp, a duration, a field mask or a wrapper, also one inside of a message, as `user.id`");
                return None;
            }
        }
        Some(fields)
    }

    /// The fields that are left for the query.
    pub(super) fn query(&self, input: MessageId, variables: &[PathVariable], body: Body) -> Vec<FieldId> {
        let taken =
            |field: &FieldId| body == Body::Field(*field) || variables.iter().any(|v| v.fields == [*field]);
        self.schema().messages[input].fields.iter().copied().filter(|field| !taken(field)).collect()
    }
}

/// Whether the JSON of a value is a string, a number or a bool.
fn is_text(schema: &Schema, value: &ValueType) -> bool {
    match value {
        ValueType::Scalar(_) | ValueType::Enum(_) => true,
        ValueType::Group(_) => false,
        ValueType::Message(message) => schema.messages[*message].well_known.is_some_and(|known| {
            known.is_wrapper()
                || matches!(known, WellKnown::Timestamp | WellKnown::Duration | WellKnown::FieldMask)
        }),
    }
}
