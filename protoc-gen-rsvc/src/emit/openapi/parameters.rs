//! Parameters: what paths, queries and headers bring.

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{Deprecated, RefOr, Required, Schema};

use super::fields::{self, NamedField, Values};
use super::shape::{as_text, take_description, text};
use super::templates::{Path, Slot, SlotOf};
use super::writer::Writer;
use crate::emit::docs;
use crate::model::http::{Binding, Verb};
use crate::model::{Cache, FieldId, Idempotency, Method};
use crate::options::OpenApiVersion;

impl Writer<'_> {
    /// All parameters of a binding.
    pub(super) fn parameters(
        &mut self,
        method: &Method,
        binding: &Binding,
        path: &Path,
    ) -> Vec<RefOr<Parameter>> {
        let mut all: Vec<RefOr<Parameter>> =
            path.slots.iter().map(|slot| RefOr::T(self.of_path(slot))).collect();
        all.extend(self.of_query(binding).into_iter().map(RefOr::T));
        all.extend(self.of_headers(method, binding));
        all
    }

    fn of_path(&mut self, slot: &Slot) -> Parameter {
        let (mut schema, mut description, deprecated) = match &slot.of {
            SlotOf::Field(field) => self.of_field(*field),
            SlotOf::Part(field, pattern) => {
                let field = &self.schema.fields[*field];
                let mut description =
                    format!("The part of `{}` that stands here: `{pattern}`.", field.json_name);
                if let Some(comment) = docs::markdown(&field.origin.comments) {
                    description = format!("{description}\n\n{comment}");
                }
                (text("").into(), Some(description), field.origin.deprecated)
            }
            SlotOf::Nothing => (text("").into(), Some("Any text: it is not looked at.".to_owned()), false),
        };
        if let RefOr::T(Schema::Object(object)) = &mut schema
            && object.schema_type == utoipa::openapi::schema::Type::String.into()
            && object.enum_values.is_none()
            && !slot.is_rest
        {
            // A segment without a character is another path.
            object.min_length = Some(object.min_length.unwrap_or(0).max(1));
        }
        if slot.is_rest {
            let words = "Any number of segments: the slashes between them are sent as they are.";
            description =
                Some(description.map_or_else(|| words.to_owned(), |text| format!("{text}\n\n{words}")));
        }
        let is_reserved = slot.is_rest && self.options.version == OpenApiVersion::V32;
        let example = match slot.of {
            SlotOf::Field(field) => self.example_of_text(field),
            SlotOf::Part(..) | SlotOf::Nothing => None,
        };
        ParameterBuilder::new()
            .example(example)
            .name(&slot.name)
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .description(description)
            .deprecated(deprecated.then_some(Deprecated::True))
            .allow_reserved(is_reserved.then_some(true))
            .schema(Some(schema))
            .build()
    }

    fn of_query(&mut self, binding: &Binding) -> Vec<Parameter> {
        let is_elsewhere = |way: &[FieldId]| binding.variables.iter().any(|variable| variable.fields == way);
        let named = fields::named(self.schema, &binding.query, Values::Texts, &is_elsewhere);
        named.iter().map(|field| self.query_parameter(binding, field)).collect()
    }

    fn query_parameter(&mut self, binding: &Binding, field: &NamedField) -> Parameter {
        let (schema, mut description, deprecated) = self.of_field(field.field());
        if binding.fill_update_mask == Some(field.field()) {
            let words = "Without it, what the body has is changed.";
            description =
                Some(description.map_or_else(|| words.to_owned(), |text| format!("{text}\n\n{words}")));
        }
        let is_required = field.path.iter().all(|field| self.components.is_required(*field));
        ParameterBuilder::new()
            .example(self.example_of_text(field.field()))
            .name(&field.name)
            .parameter_in(ParameterIn::Query)
            .required(if is_required { Required::True } else { Required::False })
            .description(description)
            .deprecated(deprecated.then_some(Deprecated::True))
            .schema(Some(schema))
            .build()
    }

    /// The schema of a field as a text, with its description and whether it is deprecated.
    pub(super) fn of_field(&mut self, field: FieldId) -> (RefOr<Schema>, Option<String>, bool) {
        let mut schema = as_text(self.components.field(field));
        let description = take_description(&mut schema);
        (schema, description, self.schema.fields[field].origin.deprecated)
    }

    fn of_headers(&mut self, method: &Method, binding: &Binding) -> Vec<RefOr<Parameter>> {
        let has_tag = matches!(method.cache, Some(Cache { etag: Some(_), .. }));
        if !has_tag && !method.openapi.if_match {
            return Vec::new();
        }
        let reads = method.idempotency == Idempotency::NoSideEffects;
        if reads && binding.verb != Verb::Get {
            return Vec::new();
        }
        let header = |name: &str, words: &str| {
            ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Header)
                .required(Required::False)
                .description(Some(words))
                .schema(Some(text("")))
                .build()
        };
        if reads && has_tag {
            let words = "Entity tags that the caller has: if one of them is that of the response, it is 304 without a body.";
            return vec![self.shared_parameter("IfNoneMatch", |_| header("If-None-Match", words))];
        }
        let words = "The entity tag that what is changed must have, or `*`: if it has another one, the response is 412.";
        vec![self.shared_parameter("IfMatch", |_| header("If-Match", words))]
    }
}

/// The fields of a request that its path sets as a whole.
pub(super) fn in_path(binding: &Binding) -> Vec<FieldId> {
    let whole = binding.variables.iter().filter(|variable| variable.fields.len() == 1);
    whole.map(|variable| variable.fields[0]).collect()
}
