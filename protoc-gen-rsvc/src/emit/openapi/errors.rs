//! Errors: the body that the adapter writes, and the typed errors of a service as schemas of their own.

use rsvc_common::codes::CODES;
use serde_json::{Value, json};
use utoipa::openapi::schema::Object;
use utoipa::openapi::{RefOr, Schema};

use super::shape::{any_of, int32, list, object, one_of, one_of_texts, only, text};
use super::writer::Writer;
use crate::emit::docs;
use crate::model::{
    ErrorSetId, ErrorVariant, MessageId, Schema as Model, TemplatePart, TextTemplate, WellKnown,
};

/// What stands before the name of a message in `@type`.
pub(super) const TYPE_PREFIX: &str = "type.googleapis.com/";

impl Writer<'_> {
    /// The body of any error: `google.rpc.Status`.
    pub(super) fn error(&mut self) -> RefOr<Schema> {
        self.common("ErrorBody", |this| {
            let details = this.details();
            object(
                "An error: `google.rpc.Status` in JSON.",
                [
                    ("code*", code(None).into()),
                    ("message*", text("What went wrong, for developers.").into()),
                    ("details", details),
                ],
            )
            .into()
        })
    }

    /// The same as a problem document (RFC 9457), for clients that accept `application/problem+json`.
    pub(super) fn problem(&mut self) -> RefOr<Schema> {
        self.common("Problem", |this| {
            let details = this.details();
            object(
                "An error as a problem document, by RFC 9457.",
                [
                    ("type*", RefOr::from(text("`about:blank`: the title is that of the HTTP status."))),
                    ("title*", text("The HTTP status in words.").into()),
                    ("status*", int32("The HTTP status.").into()),
                    ("detail*", text("What went wrong, for developers.").into()),
                    ("code*", one_of_texts(CODES[1..].iter().map(|code| code.name)).into()),
                    ("details", details),
                ],
            )
            .into()
        })
    }

    fn details(&mut self) -> RefOr<Schema> {
        let violations = self.common("BadRequest", |_| bad_request().into());
        let other = self.common("ErrorDetail", |_| {
            let mut detail = object(
                "A message that says more of an error. `@type` names it.",
                [("@type*", text("Which message it is, as `type.googleapis.com/google.rpc.ErrorInfo`."))],
            );
            detail.additional_properties =
                Some(Box::new(utoipa::openapi::schema::AdditionalProperties::FreeForm(true)));
            detail.into()
        });
        list(any_of(vec![violations, other])).into()
    }

    /// One error of a set.
    pub(super) fn typed_error(&mut self, set: ErrorSetId, index: usize) -> RefOr<Schema> {
        utoipa::openapi::Ref::from_schema_name(self.name_of_error(set, index)).into()
    }

    /// The name of the component of one error of a set.
    pub(super) fn name_of_error(&mut self, set: ErrorSetId, index: usize) -> String {
        if let Some(name) = self.errors.get(&(set, index)) {
            name.clone()
        } else {
            let of = &self.schema.error_sets[set];
            let error = &of.errors[index];
            let wanted =
                format!("{}.{}", self.components.name(of.message), self.schema.fields[error.field].name);
            let name = self.components.reserve(&wanted);
            self.errors.insert((set, index), name.clone());
            let schema = self.typed_schema(&of.domain, error);
            self.components.insert(name.clone(), schema.into());
            name
        }
    }

    fn typed_schema(&mut self, domain: &str, error: &ErrorVariant) -> Object {
        let payload = self.payload(error.payload);
        let mut details: Vec<RefOr<Schema>> = vec![info(self.schema, domain, error).into(), payload.into()];
        details.extend(error.retry_after.map(|delay| retry_info(delay).into()));
        if !error.help.is_empty() {
            details.push(help(error).into());
        }
        if !error.localized.is_empty() {
            details.push(localized(error).into());
        }
        let message = format!("`{}`", template(self.schema, &error.message));
        object(
            &words(self.schema, error),
            [
                ("code*", code(Some(error)).into()),
                ("message*", text(&message).into()),
                ("details*", RefOr::from(list(one_of(details)))),
            ],
        )
    }

    /// The payload of an error as a detail.
    fn payload(&mut self, id: MessageId) -> Object {
        let message = &self.schema.messages[id];
        let mut detail = of_type(&message.full_name, docs::markdown(&message.origin.comments).as_deref());
        match message.well_known {
            None => {
                for field in message.fields.clone() {
                    let name = self.schema.fields[field].json_name.clone();
                    let schema = self.components.field(field);
                    detail.properties.insert(name, schema);
                }
            }
            Some(WellKnown::Empty) => {}
            // A message whose JSON is its own has it in a member.
            Some(_) => {
                let schema = self.components.message(id);
                detail.properties.insert("value".to_owned(), schema);
            }
        }
        detail
    }
}

/// What an error is, and what there is to do about it.
pub(super) fn words(schema: &Model, error: &ErrorVariant) -> String {
    let mut words: Vec<String> =
        docs::markdown(&schema.fields[error.field].origin.comments).into_iter().collect();
    let payload = docs::markdown(&schema.messages[error.payload].origin.comments);
    words.extend(payload.filter(|_| words.is_empty()));
    words.extend(error.help.iter().map(|(text, url)| format!("[{text}]({url})")));
    words.join("\n\n")
}

/// A text with the names of fields in braces.
pub(super) fn template(schema: &Model, template: &TextTemplate) -> String {
    let part = |part: &TemplatePart| match part {
        TemplatePart::Text(text) => text.clone(),
        TemplatePart::Field(path) => {
            let names: Vec<&str> = path.iter().map(|field| &*schema.fields[*field].name).collect();
            format!("{{{}}}", names.join("."))
        }
    };
    template.0.iter().map(part).collect()
}

fn code(error: Option<&ErrorVariant>) -> Object {
    match error {
        Some(error) => {
            let mut one = only(error.code.number);
            one.description = Some(format!("`{}`", error.code.name));
            one
        }
        None => int32("The number of a `google.rpc.Code`, as 5 for `NOT_FOUND`."),
    }
}

/// A detail of this type.
fn of_type(full_name: &str, description: Option<&str>) -> Object {
    object(description.unwrap_or(""), [("@type*", only(format!("{TYPE_PREFIX}{full_name}")))])
}

fn with(mut detail: Object, members: Vec<(&str, RefOr<Schema>)>) -> Object {
    for (name, schema) in members {
        detail.required.push(name.to_owned());
        detail.properties.insert(name.to_owned(), schema);
    }
    detail
}

fn info(schema: &Model, domain: &str, error: &ErrorVariant) -> Object {
    let detail = of_type("google.rpc.ErrorInfo", Some("Which error it is."));
    let mut detail =
        with(detail, vec![("reason", only(error.reason.as_str()).into()), ("domain", only(domain).into())]);
    if !error.metadata.is_empty() {
        let mut metadata = object("Fields of the error as text.", Vec::<(&str, Object)>::new());
        for field in &error.metadata {
            metadata.properties.insert(schema.fields[*field].name.clone(), text("").into());
        }
        detail.properties.insert("metadata".to_owned(), metadata.into());
    }
    detail
}

fn retry_info(delay: std::time::Duration) -> Object {
    let detail = of_type("google.rpc.RetryInfo", Some("When to try again."));
    with(detail, vec![("retryDelay", only(seconds(delay)).into())])
}

/// A duration as ProtoJSON writes it: with 0, 3, 6 or 9 digits of a fraction.
pub(super) fn seconds(delay: std::time::Duration) -> String {
    let (seconds, nanos) = (delay.as_secs(), delay.subsec_nanos());
    match nanos {
        0 => format!("{seconds}s"),
        n if n % 1_000_000 == 0 => format!("{seconds}.{:03}s", n / 1_000_000),
        n if n % 1_000 == 0 => format!("{seconds}.{:06}s", n / 1_000),
        n => format!("{seconds}.{n:09}s"),
    }
}

fn help(error: &ErrorVariant) -> Object {
    let detail = of_type("google.rpc.Help", Some("What to do about it."));
    let mut link = object("", [("description", text("")), ("url", text(""))]);
    let links: Vec<Value> =
        error.help.iter().map(|(description, url)| json!({"description": description, "url": url})).collect();
    link.examples = links;
    with(detail, vec![("links", list(link).into())])
}

fn localized(error: &ErrorVariant) -> Object {
    let detail = of_type(
        "google.rpc.LocalizedMessage",
        Some("A text for users, in a language that `Accept-Language` names."),
    );
    let locales = one_of_texts(error.localized.iter().map(|(locale, _)| locale.as_str()));
    with(detail, vec![("locale", locales.into()), ("message", text("").into())])
}

fn bad_request() -> Object {
    let violation = object(
        "",
        [
            ("field", text("The field, as `items[1].count`.")),
            ("description", text("What is wrong with it.")),
            ("reason", text("The id of the rule that it breaks, as `string.min_len`.")),
        ],
    );
    let detail = of_type("google.rpc.BadRequest", Some("What is wrong with a request."));
    with(detail, vec![("fieldViolations", list(violation).into())])
}
