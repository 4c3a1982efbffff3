//! Examples: samples of messages, and errors as the server would send them for such a sample.

use serde_json::{Map, Value, json};
use utoipa::openapi::content::{Content, ContentBuilder};

use super::errors::{TYPE_PREFIX, seconds};
use super::parameters::in_path;
use super::writer::Writer;
use crate::emit::errors::default;
use crate::model::http::{Binding, Body};
use crate::model::{
    ErrorSetId, FieldId, MessageId, Method, Scalar, Schema, TemplatePart, TextTemplate, ValueType, WellKnown,
};

impl Writer<'_> {
    /// A request's body, or a message of its stream.
    pub(super) fn example_of_body(&mut self, method: &Method, binding: &Binding) -> Option<Value> {
        let mut request = self.samples.request(method.input)?;
        let Value::Object(members) = &mut request else { return Some(request) };
        match binding.body {
            Body::None => None,
            Body::Field(field) => members.remove(&self.schema.fields[field].json_name),
            Body::Whole => {
                for field in in_path(binding) {
                    members.shift_remove(&self.schema.fields[field].json_name);
                }
                Some(request)
            }
        }
    }

    /// A response, or a message of its stream.
    pub(super) fn example_of_response(&mut self, method: &Method, binding: &Binding) -> Option<Value> {
        let mut response = self.samples.message(method.output)?;
        match binding.response_body {
            None => Some(response),
            Some(field) => response.as_object_mut()?.remove(&self.schema.fields[field].json_name),
        }
    }

    /// A value of a field that a text of a URL can be.
    pub(super) fn example_of_text(&mut self, field: FieldId) -> Option<Value> {
        let is_text = |value: &Value| !value.is_object() && !value.is_null();
        self.samples.field(field).filter(is_text)
    }

    /// The examples of errors of one status, by their reasons: as the body is, or as a problem document.
    pub(super) fn examples_of_errors(
        &mut self,
        errors: &[(ErrorSetId, usize)],
        is_problem: bool,
    ) -> ContentBuilder {
        let mut examples = Vec::new();
        for (set, index) in errors {
            let reason = self.schema.error_sets[*set].errors[*index].reason.clone();
            let kind = if is_problem { ".problem" } else { "" };
            let name = format!("{}{kind}", self.name_of_error(*set, *index));
            let example = self.shared_example(&name, |this| this.example_of_error(*set, *index, is_problem));
            examples.extend(example.map(|example| (reason, example)));
        }
        ContentBuilder::new().examples_from_iter(examples)
    }

    /// An error as the server sends it to a caller that names no language.
    fn example_of_error(&mut self, set: ErrorSetId, index: usize, is_problem: bool) -> Option<Value> {
        let schema = self.schema;
        let (set, error) = (&schema.error_sets[set], &schema.error_sets[set].errors[index]);
        let payload = self.samples.message(error.payload)?;
        let message = fill(schema, &error.message, &payload)?;
        let mut info = json!({
            "@type": type_url("google.rpc.ErrorInfo"),
            "reason": error.reason,
            "domain": set.domain,
        });
        let mut metadata = Map::new();
        for field in &error.metadata {
            if let Some(value) = payload.get(&schema.fields[*field].json_name) {
                metadata.insert(schema.fields[*field].name.clone(), json!(text(schema, *field, value)?));
            }
        }
        if !metadata.is_empty() {
            info["metadata"] = Value::Object(metadata);
        }
        let mut details = vec![info, detail(schema, error.payload, payload)];
        details.extend(
            error.retry_after.map(
                |delay| json!({"@type": type_url("google.rpc.RetryInfo"), "retryDelay": seconds(delay)}),
            ),
        );
        if !error.help.is_empty() {
            let links = error.help.iter().map(|(text, url)| json!({"description": text, "url": url}));
            let links: Vec<Value> = links.collect();
            details.push(json!({"@type": type_url("google.rpc.Help"), "links": links}));
        }
        if let Some((locale, template)) = error.localized.first() {
            let payload = self.samples.message(error.payload)?;
            let message = fill(schema, template, &payload)?;
            details.push(json!({
                "@type": type_url("google.rpc.LocalizedMessage"), "locale": locale, "message": message,
            }));
        }
        if !is_problem {
            return Some(json!({"code": error.code.number, "message": message, "details": details}));
        }
        Some(json!({
            "type": "about:blank",
            "title": title(error.http_status)?,
            "status": error.http_status,
            "detail": message,
            "code": error.code.name,
            "details": details,
        }))
    }
}

/// A body with an example, if there is one.
pub(super) fn with_example(mut content: Content, example: Option<Value>) -> Content {
    content.example = example;
    content
}

/// A message as a detail: with its type, and in a member of its own if its JSON is.
fn detail(schema: &Schema, message: MessageId, payload: Value) -> Value {
    let node = &schema.messages[message];
    let mut detail = Map::new();
    detail.insert("@type".to_owned(), json!(type_url(&node.full_name)));
    match (node.well_known, payload) {
        (None | Some(WellKnown::Empty), Value::Object(members)) => detail.extend(members),
        (_, value) => {
            detail.insert("value".to_owned(), value);
        }
    }
    Value::Object(detail)
}

fn type_url(full_name: &str) -> String {
    format!("{TYPE_PREFIX}{full_name}")
}

/// A template with the fields of a payload.
fn fill(schema: &Schema, template: &TextTemplate, payload: &Value) -> Option<String> {
    let mut out = String::new();
    for part in &template.0 {
        match part {
            TemplatePart::Text(text) => out.push_str(text),
            TemplatePart::Field(path) => {
                let last = *path.last()?;
                let member =
                    |value: &'_ Value, field: &FieldId| value.get(&schema.fields[*field].json_name).cloned();
                let value = path.iter().try_fold(payload.clone(), |value, field| member(&value, field));
                out.push_str(&match value {
                    Some(value) => text(schema, last, &value)?,
                    None => default(schema, last),
                });
            }
        }
    }
    Some(out)
}

/// A value as a template prints it; `None` where JSON writes it otherwise.
fn text(schema: &Schema, field: FieldId, value: &Value) -> Option<String> {
    let is_exact = |scalar: Scalar| !matches!(scalar, Scalar::Bytes | Scalar::Double | Scalar::Float);
    match schema.fields[field].kind.value() {
        ValueType::Enum(_) => {}
        ValueType::Scalar(scalar) if is_exact(*scalar) => {}
        _ => return None,
    }
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

/// The words of an HTTP status; `None` for one that nobody sends.
fn title(status: u16) -> Option<&'static str> {
    Some(match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        409 => "Conflict",
        410 => "Gone",
        412 => "Precondition Failed",
        413 => "Payload Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Entity",
        423 => "Locked",
        424 => "Failed Dependency",
        428 => "Precondition Required",
        429 => "Too Many Requests",
        451 => "Unavailable For Legal Reasons",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        507 => "Insufficient Storage",
        _ => return None,
    })
}
