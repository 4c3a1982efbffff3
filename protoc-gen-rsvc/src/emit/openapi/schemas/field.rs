//! Fields: lists, maps and single values, with their rules.

use utoipa::openapi::schema::{AdditionalProperties, Array, Object, Type};
use utoipa::openapi::{RefOr, Schema};

use super::describe::Notes;
use super::rules::{REQUIRED, Rules};
use super::{Components, Form, NULL_VALUE, keywords, oneofs, types, zero};
use crate::emit::words;
use crate::model::rules::Part;
use crate::model::{Behavior, FieldId, FieldKind, Presence, Scalar, TextFormat, ValueType, WellKnown};

impl Components<'_> {
    /// Whether a message without the field is refused.
    ///
    /// Where only `google.api.field_behavior` says so it is left out of what is also in responses: there, a field that is
    /// zero is not written.
    pub(crate) fn is_required(&self, id: FieldId) -> bool {
        let field = &self.schema.fields[id];
        if matches!(field.kind, FieldKind::Singular(_, Presence::Required))
            || words::field(self.schema, id).is_some_and(|rules| rules.required)
            || (field.behaviors.contains(&Behavior::Required) && !self.in_responses.contains(&field.message))
        {
            return true;
        }
        let rules = Rules::of(self.schema, id, Part::Whole);
        if rules.skips_zero {
            return false;
        }
        !match &field.kind {
            FieldKind::Singular(_, Presence::Explicit | Presence::Required) => true,
            FieldKind::Singular(ValueType::Scalar(scalar), _) => zero::of_scalar(&rules, *scalar),
            FieldKind::Singular(ValueType::Enum(id), _) => zero::of_enum(&rules, &self.schema.enums[*id]),
            FieldKind::Singular(..) => true,
            FieldKind::Repeated(_) | FieldKind::Map(..) => zero::of_many(&rules),
        }
    }

    /// Whether a message of this form without the field is refused.
    pub(super) fn is_required_in(&self, id: FieldId, form: Form) -> bool {
        let field = &self.schema.fields[id];
        match form {
            Form::Partial => false,
            Form::Unchecked => matches!(field.kind, FieldKind::Singular(_, Presence::Required)),
            Form::Whole => self.is_required(id) || self.is_the_one(id),
        }
    }

    /// Whether one of some fields has to be set, and this is the only one.
    fn is_the_one(&self, id: FieldId) -> bool {
        let field = &self.schema.fields[id];
        let Some(rules) = self.schema.rules.of(field.message) else { return false };
        let of_oneof = field.oneof.is_some_and(|oneof| {
            rules.required_oneofs.contains(&oneof) && self.schema.oneofs[oneof].fields.len() == 1
        });
        of_oneof || rules.groups.iter().any(|group| group.required && group.fields == [id])
    }

    /// The form of a message that a part of a field is: whole if the rules are those of the field.
    fn form_of(&self, id: FieldId, part: Part, form: Form) -> Form {
        let (ValueType::Message(message) | ValueType::Group(message)) = self.schema.fields[id].kind.value()
        else {
            return form;
        };
        if form == Form::Unchecked || !self.schema.rules.of(*message).is_some_and(|rules| rules.any) {
            return form;
        }
        let rules = words::field(self.schema, id).map(|rules| &rules.value);
        let of_part = match part {
            Part::Whole => rules.map(|rules| rules.message),
            Part::Item => rules.and_then(|rules| rules.items.as_ref()).map(|rules| rules.message),
            Part::Key | Part::Value => {
                rules.and_then(|rules| rules.values.as_ref()).map(|rules| rules.message)
            }
        };
        if of_part.flatten().is_some() { form } else { Form::Unchecked }
    }

    pub(super) fn field_in(&mut self, id: FieldId, form: Form) -> RefOr<Schema> {
        let field = &self.schema.fields[id];
        let on = form != Form::Unchecked;
        let rules = |part| Rules::when(on, self.schema, id, part);
        let whole = rules(Part::Whole);
        // What is in a list or map is not changed in parts.
        let below = |part| self.form_of(id, part, if on { Form::Whole } else { form });
        let mut unsaid = Vec::new();
        let schema = match &field.kind {
            FieldKind::Singular(value, _) => {
                let form = self.form_of(id, Part::Whole, form);
                let schema = self.value(&whole, value, field.format, form);
                let is_wrapper = matches!(self.well_known(value), Some(known) if known.is_wrapper());
                if is_wrapper && !self.is_required_in(id, form) { types::nullable(schema) } else { schema }
            }
            FieldKind::Repeated(item) => {
                let (items, below) = (rules(Part::Item), below(Part::Item));
                let item = self.value(&items, item, field.format, below);
                unsaid.extend(words::of_part(items.unsaid(), Part::Item));
                list(&whole, item)
            }
            FieldKind::Map(key, value) => {
                let (keys, values) = (rules(Part::Key), rules(Part::Value));
                let below = below(Part::Value);
                let value = self.value(&values, value, field.format, below);
                let names = keys_of_map(&keys, *key);
                unsaid.extend(words::of_part(keys.unsaid(), Part::Key));
                unsaid.extend(words::of_part(values.unsaid(), Part::Value));
                map(&whole, names, value)
            }
        };
        // `null` clears a field, unless it has to be there.
        let may_clear = form == Form::Partial && !self.is_required(id);
        let schema = if may_clear { types::nullable(schema) } else { schema };
        unsaid.splice(0..0, whole.unsaid());
        let mut notes = Notes::of_field(id, self.schema, self.is_required_in(id, form));
        notes.say_rules(&unsaid, |_| true);
        notes.put_on(schema)
    }

    fn well_known(&self, value: &ValueType) -> Option<WellKnown> {
        match value {
            ValueType::Message(id) | ValueType::Group(id) => self.schema.messages[*id].well_known,
            _ => None,
        }
    }

    /// One value with its rules.
    fn value(
        &mut self,
        rules: &Rules<'_>,
        value: &ValueType,
        info: Option<TextFormat>,
        form: Form,
    ) -> RefOr<Schema> {
        if let Some(scalar) = self.well_known(value).and_then(WellKnown::wrapped) {
            return keywords::scalar(rules, scalar, info, &mut || self.not_finite());
        }
        match value {
            ValueType::Scalar(scalar) => keywords::scalar(rules, *scalar, info, &mut || self.not_finite()),
            ValueType::Enum(id) if self.schema.enums[*id].full_name == NULL_VALUE => self.enumeration(*id),
            ValueType::Enum(id) => match keywords::enumeration(rules, &self.schema.enums[*id]) {
                Some(some) => some.into(),
                None => self.enumeration(*id),
            },
            ValueType::Message(id) | ValueType::Group(id) => self.message_in(*id, form),
        }
    }

    /// What a field is that is set, without its rules: for the cases of a oneof.
    pub(super) fn set(&mut self, id: FieldId) -> RefOr<Schema> {
        let field = &self.schema.fields[id];
        let part = match field.kind {
            FieldKind::Singular(..) => Part::Whole,
            FieldKind::Repeated(_) => Part::Item,
            FieldKind::Map(..) => Part::Value,
        };
        let form = self.form_of(id, part, Form::Whole);
        let mut bare = |value: &ValueType| match value {
            ValueType::Scalar(scalar) => types::value(*scalar, &mut || self.not_finite()),
            ValueType::Enum(id) => self.enumeration(*id),
            ValueType::Message(id) | ValueType::Group(id) => self.message_in(*id, form),
        };
        match &field.kind {
            FieldKind::Singular(value, Presence::Explicit | Presence::Required) => bare(value),
            FieldKind::Singular(value, Presence::Implicit) => oneofs::not_zero(bare(value)),
            FieldKind::Repeated(item) => oneofs::not_zero(Array::new(bare(item)).into()),
            FieldKind::Map(_, value) => {
                let mut map = Object::with_type(Type::Object);
                map.additional_properties = Some(Box::new(AdditionalProperties::RefOr(bare(value))));
                oneofs::not_zero(map.into())
            }
        }
    }
}

fn list(rules: &Rules<'_>, item: RefOr<Schema>) -> RefOr<Schema> {
    let mut list = Array::new(item);
    let not_empty = rules.not_zero.then_some(1);
    rules.say_id(REQUIRED);
    list.min_items = rules.size("min_items").into_iter().chain(not_empty).max().filter(|n| *n > 0);
    list.max_items = rules.size("max_items");
    list.unique_items = rules.is_on("unique");
    rules.say(&["min_items", "max_items", "unique"]);
    if rules.skips_zero && list.min_items.is_some() {
        let mut empty = Array::new(types::anything());
        empty.max_items = Some(0);
        return keywords::either(list.into(), empty.into());
    }
    list.into()
}

fn map(rules: &Rules<'_>, names: Option<RefOr<Schema>>, value: RefOr<Schema>) -> RefOr<Schema> {
    let mut map = Object::with_type(Type::Object);
    let not_empty = rules.not_zero.then_some(1);
    rules.say_id(REQUIRED);
    map.min_properties = rules.size("min_pairs").into_iter().chain(not_empty).max().filter(|n| *n > 0);
    map.max_properties = rules.size("max_pairs");
    rules.say(&["min_pairs", "max_pairs"]);
    map.additional_properties = Some(Box::new(AdditionalProperties::RefOr(value)));
    if let Some(RefOr::T(names)) = names {
        map.property_names = Some(Box::new(names));
    }
    if rules.skips_zero && map.min_properties.is_some() {
        let mut empty = Object::with_type(Type::Object);
        empty.max_properties = Some(0);
        return keywords::either(map.into(), empty.into());
    }
    map.into()
}

/// The keys of a map are text, in which numbers and booleans are written; nothing is said of keys that may be any text.
fn keys_of_map(rules: &Rules<'_>, key: Scalar) -> Option<RefOr<Schema>> {
    match key {
        Scalar::String if rules.declared().next().is_none() => return None,
        Scalar::String => return Some(keywords::scalar(rules, key, None, &mut || types::anything().into())),
        _ => {}
    }
    let mut text = Object::with_type(Type::String);
    match key {
        Scalar::Bool => {
            let values = rules.allowed().map_or_else(
                || vec!["true".to_owned(), "false".to_owned()],
                |values| values.into_iter().map(keywords::key).collect(),
            );
            rules.say(&["const"]);
            text.enum_values = Some(values.into_iter().map(Into::into).collect());
        }
        _ => keywords::number_as_text(rules, key, &mut text),
    }
    if rules.skips_zero && !zero::of_scalar(rules, key) {
        let zero = if key == Scalar::Bool { "false" } else { "0" };
        let mut other = Object::with_type(Type::String);
        other.enum_values = Some(vec![zero.into()]);
        return Some(keywords::either(text.into(), other.into()));
    }
    Some(text.into())
}
