//! Bodies of requests.

use utoipa::openapi::content::{Content, ContentBuilder};
use utoipa::openapi::encoding::EncodingBuilder;
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{Object, Type};
use utoipa::openapi::{RefOr, Required, Schema};

use super::examples::with_example;
use super::fields::{self, Values};
use super::media::{JSON, MULTIPART, RAW, URLENCODED};
use super::parameters::in_path;
use super::shape::{anything, as_text, list};
use super::streams;
use super::writer::Writer;
use crate::model::http::{Binding, Body, Forms};
use crate::model::{FieldId, FieldKind, MessageId, Method, Scalar, ValueType};

impl Writer<'_> {
    /// The body of a binding's requests, if it has one.
    pub(super) fn request_body(&mut self, method: &Method, binding: &Binding) -> Option<RequestBody> {
        if binding.body == Body::None {
            return None;
        }
        let mut body = RequestBodyBuilder::new();
        if self.is_raw_body(method, binding) {
            return Some(body.content(RAW, Content::new(Some(anything()))).build());
        }
        let schema = self.body_schema(method, binding);
        let example = self.example_of_body(method, binding);
        if method.kind.client_streams() {
            body = body.description(Some(streams::REQUESTS));
            for (media, content) in streams::requests(schema, example, self.options.version) {
                body = body.content(media, content);
            }
        } else {
            body = body.content(JSON, with_example(Content::new(Some(schema)), example));
            let is_required = self.is_body_required(method, binding);
            body = body.required(Some(if is_required { Required::True } else { Required::False }));
        }
        if let Some(forms) = &binding.forms {
            body = self.forms(body, method, binding, forms);
        }
        Some(body.build())
    }

    fn is_raw_body(&self, method: &Method, binding: &Binding) -> bool {
        match binding.body {
            Body::Field(field) => fields::is_raw(self.schema, self.schema.fields[field].kind.value()),
            _ => self.schema.messages[method.input].is_http_body(),
        }
    }

    /// What each message of a body is.
    pub(super) fn message_of_body(&mut self, method: &Method, binding: &Binding) -> RefOr<Schema> {
        if self.is_raw_body(method, binding) {
            return anything().into();
        }
        self.body_schema(method, binding)
    }

    fn body_schema(&mut self, method: &Method, binding: &Binding) -> RefOr<Schema> {
        match binding.body {
            Body::Field(field) => self.components.body(method, Some(field), &[]),
            Body::None | Body::Whole => self.components.body(method, None, &in_path(binding)),
        }
    }

    /// Without a body the message is empty, which is as good as any unless something in it is required.
    fn is_body_required(&self, method: &Method, binding: &Binding) -> bool {
        let has_required = |message: MessageId, elsewhere: &[FieldId]| {
            let fields = self.schema.messages[message].fields.iter();
            fields.filter(|field| !elsewhere.contains(field)).any(|field| self.components.is_required(*field))
        };
        match binding.body {
            Body::None => false,
            Body::Whole => has_required(method.input, &in_path(binding)),
            // What is not sent does not change, but the whole may have to be there.
            Body::Field(field) if method.masked.as_ref().is_some_and(|masked| masked.resource == field) => {
                self.components.is_required(field)
            }
            Body::Field(field) => match &self.schema.fields[field].kind {
                FieldKind::Singular(ValueType::Message(message), _) => has_required(*message, &[]),
                _ => self.components.is_required(field),
            },
        }
    }

    /// The message whose fields the inputs of a form are, with its fields.
    fn of_form(&self, method: &Method, binding: &Binding) -> Option<MessageId> {
        match binding.body {
            Body::None => None,
            Body::Whole => Some(method.input),
            Body::Field(field) => match self.schema.fields[field].kind.value() {
                ValueType::Message(message) | ValueType::Group(message) => Some(*message),
                _ => None,
            },
        }
    }

    fn forms(
        &mut self,
        mut body: RequestBodyBuilder,
        method: &Method,
        binding: &Binding,
        forms: &Forms,
    ) -> RequestBodyBuilder {
        let Some(message) = self.of_form(method, binding) else { return body };
        if forms.urlencoded {
            let (schema, _) = self.form(message, binding, Values::Texts);
            body = body.content(URLENCODED, Content::new(Some(schema)));
        }
        if forms.multipart {
            let (schema, files) = self.form(message, binding, Values::TextsAndFiles);
            let any = || EncodingBuilder::new().content_type(Some("*/*")).build();
            let content =
                files.into_iter().fold(ContentBuilder::new().schema(Some(schema)), |content, file| {
                    content.encoding(file, any())
                });
            body = body.content(MULTIPART, content);
        }
        body
    }

    /// The inputs of a form, and which of them take files.
    fn form(&mut self, message: MessageId, binding: &Binding, values: Values) -> (Object, Vec<String>) {
        let elsewhere: Vec<Vec<FieldId>> = match binding.body {
            Body::Field(body) => (binding.variables.iter())
                .filter(|variable| variable.fields.first() == Some(&body))
                .map(|variable| variable.fields[1..].to_vec())
                .collect(),
            _ => binding.variables.iter().map(|variable| variable.fields.clone()).collect(),
        };
        let is_elsewhere = |way: &[FieldId]| elsewhere.iter().any(|other| other == way);
        let fields = self.schema.messages[message].fields.clone();
        let mut object = Object::with_type(Type::Object);
        let mut files = Vec::new();
        for input in fields::named(self.schema, &fields, values, &is_elsewhere) {
            let kind = &self.schema.fields[input.field()].kind;
            let takes_file = values == Values::TextsAndFiles
                && (fields::is_raw(self.schema, kind.value())
                    || *kind.value() == ValueType::Scalar(Scalar::Bytes));
            let schema = if takes_file {
                files.push(input.name.clone());
                let file: RefOr<Schema> = anything().into();
                if matches!(kind, FieldKind::Repeated(_)) { list(file).into() } else { file }
            } else {
                as_text(self.components.field(input.field()))
            };
            if input.path.iter().all(|field| self.components.is_required(*field)) {
                object.required.push(input.name.clone());
            }
            object.properties.insert(input.name, schema);
        }
        (object, files)
    }
}
