//! Fields that a text can set by a name with dots: parameters of a query, and inputs of a form.

use crate::model::{Behavior, FieldId, FieldKind, MessageId, Schema, ValueType, WellKnown};

/// As many names as a person would read. Deeper fields can be given, too.
const MAX_FIELDS: usize = 200;
/// What the adapter takes.
const MAX_DEPTH: usize = 32;

/// A field, by the fields that lead to it.
pub(super) struct NamedField {
    /// Their JSON names, with dots.
    pub(super) name: String,
    pub(super) path: Vec<FieldId>,
}

impl NamedField {
    /// The field itself.
    pub(super) fn field(&self) -> FieldId {
        *self.path.last().expect("a path has a field")
    }
}

/// What can be set by name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Values {
    /// Texts.
    Texts,
    /// Texts and files.
    TextsAndFiles,
}

/// All that can be set below `fields`, without what `is_elsewhere`. Messages that hold themselves are entered once, and the
/// deepest levels are left out where there are very many.
pub(super) fn named(
    schema: &Schema,
    fields: &[FieldId],
    values: Values,
    is_elsewhere: &dyn Fn(&[FieldId]) -> bool,
) -> Vec<NamedField> {
    let mut found = Vec::new();
    for depth in 1..=MAX_DEPTH {
        let mut walk =
            Walk { schema, values, is_elsewhere, depth, found: Vec::new(), cut: false, way: Vec::new() };
        walk.fields(fields, &mut Vec::new());
        let Walk { found: all, cut, .. } = walk;
        if depth > 1 && all.len() > MAX_FIELDS {
            break;
        }
        found = all;
        if !cut {
            break;
        }
    }
    found
}

struct Walk<'a> {
    schema: &'a Schema,
    values: Values,
    is_elsewhere: &'a dyn Fn(&[FieldId]) -> bool,
    depth: usize,
    found: Vec<NamedField>,
    /// Whether there are deeper levels.
    cut: bool,
    /// The fields that lead here.
    way: Vec<FieldId>,
}

impl Walk<'_> {
    fn fields(&mut self, fields: &[FieldId], above: &mut Vec<MessageId>) {
        for id in fields {
            self.way.push(*id);
            if !(self.is_elsewhere)(&self.way) {
                self.field(*id, above);
            }
            self.way.pop();
        }
    }

    fn field(&mut self, id: FieldId, above: &mut Vec<MessageId>) {
        let field = &self.schema.fields[id];
        if field.behaviors.contains(&Behavior::OutputOnly) {
            return;
        }
        match &field.kind {
            FieldKind::Map(..) => {}
            kind if is_text(self.schema, kind.value()) => self.add(),
            kind if self.values == Values::TextsAndFiles && is_raw(self.schema, kind.value()) => self.add(),
            FieldKind::Repeated(_) => {}
            FieldKind::Singular(value, _) => {
                let (ValueType::Message(message) | ValueType::Group(message)) = value else { return };
                if self.schema.messages[*message].well_known.is_some() || above.contains(message) {
                    return;
                }
                if self.way.len() >= self.depth {
                    self.cut = true;
                    return;
                }
                above.push(*message);
                let fields = &self.schema.messages[*message].fields;
                self.fields(fields, above);
                above.pop();
            }
        }
    }

    fn add(&mut self) {
        let names: Vec<&str> = self.way.iter().map(|id| &*self.schema.fields[*id].json_name).collect();
        self.found.push(NamedField { name: names.join("."), path: self.way.clone() });
    }
}

/// Whether a value is written as one text.
pub(super) fn is_text(schema: &Schema, value: &ValueType) -> bool {
    match value {
        ValueType::Scalar(_) => true,
        ValueType::Enum(id) => schema.enums[*id].full_name != "google.protobuf.NullValue",
        ValueType::Message(id) | ValueType::Group(id) => {
            schema.messages[*id].well_known.is_some_and(|known| {
                known.is_wrapper()
                    || matches!(known, WellKnown::Timestamp | WellKnown::Duration | WellKnown::FieldMask)
            })
        }
    }
}

/// Whether a value is raw content.
pub(super) fn is_raw(schema: &Schema, value: &ValueType) -> bool {
    matches!(value, ValueType::Message(id) if schema.messages[*id].is_http_body())
}
