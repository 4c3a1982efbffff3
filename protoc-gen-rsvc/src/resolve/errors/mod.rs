//! Error sets, and what services and methods say of them.

mod template;
mod uses;

use std::time::Duration;

use prost_reflect::{DynamicMessage, FieldDescriptor, MessageDescriptor, Value};
use rsvc_common::codes::{self, CodeRow};

use super::finding::Finding;
use super::types::Types;
use super::{EXTENSION, annotations as options};
use crate::diag::{Code, Diagnostic, Place, Sink};
use crate::model::{
    ErrorSet, ErrorVariant, FieldId, FieldKind, MessageId, Schema, TemplatePart, TextTemplate, ValueType,
};
use crate::names;

pub(super) use uses::{of_method, of_service};

/// `google.protobuf.DescriptorProto.options`
const MESSAGE_OPTIONS: i32 = 7;
/// `google.protobuf.FieldDescriptorProto.options`
const FIELD_OPTIONS: i32 = 8;

/// Where the fields of `rsvc.v1.Error` stand in it.
mod tag {
    pub(super) const CODE: i32 = 1;
    pub(super) const HTTP_STATUS: i32 = 2;
    pub(super) const MESSAGE: i32 = 3;
    pub(super) const RETRY_AFTER: i32 = 4;
    pub(super) const HELP: i32 = 5;
    pub(super) const LOCALIZED: i32 = 6;
}

/// Adds the error sets of all files.
pub(super) fn resolve(types: &mut Types<'_>, sink: &mut Sink) {
    if types.schema.pool.get_extension_by_name("rsvc.v1.error_set").is_none() {
        return;
    }
    for id in types.schema.messages.ids() {
        let descriptor = types.schema.messages[id].descriptor.clone();
        let annotated = descriptor
            .descriptor_proto()
            .options
            .is_some()
            .then(|| options::extension(&types.schema.pool, &descriptor.options(), "rsvc.v1.error_set"))
            .flatten();
        match annotated {
            Some(annotated) => ErrorSetReader { types, sink, message: id }.set(&descriptor, &annotated),
            None => outside(types, sink, id),
        }
    }
}

/// `(rsvc.v1.error)` where it means nothing.
fn outside(types: &Types<'_>, sink: &mut Sink, id: MessageId) {
    let message = &types.schema.messages[id];
    for field in &message.fields {
        let field = &types.schema.fields[*field];
        if annotation(types, &field.descriptor).is_some() {
            let path = [FIELD_OPTIONS, EXTENSION];
            sink.push(
                Diagnostic::error(
                    Code::ERROR_OUTSIDE_SET,
                    format!("`{}` is an error, but `{}` is not an error set", field.name, message.name),
                )
                .at(types.option_place(message.file, field.descriptor.path(), &path))
                .note(message.origin.place.clone(), "this message")
                .help("give the message `option (rsvc.v1.error_set) = { domain: \"…\" };`"),
            );
        }
    }
}

fn annotation(types: &Types<'_>, field: &FieldDescriptor) -> Option<DynamicMessage> {
    field.field_descriptor_proto().options.as_ref()?;
    options::extension(&types.schema.pool, &field.options(), "rsvc.v1.error")
}

/// Reads one error set.
struct ErrorSetReader<'a, 'b> {
    types: &'a mut Types<'b>,
    sink: &'a mut Sink,
    message: MessageId,
}

impl ErrorSetReader<'_, '_> {
    fn schema(&self) -> &Schema {
        &self.types.schema
    }

    fn place(&self, path: &[i32], option: &[i32]) -> Place {
        self.types.option_place(self.schema().messages[self.message].file, path, option)
    }

    fn set(mut self, descriptor: &MessageDescriptor, annotated: &DynamicMessage) {
        let place = self.place(descriptor.path(), &[MESSAGE_OPTIONS, EXTENSION]);
        let domain = self.domain(annotated, &place);
        let mut errors = Vec::new();
        for field in self.members() {
            errors.extend(self.error(field));
        }
        let set = ErrorSet { message: self.message, domain, errors, place };
        let id = self.types.schema.error_sets.push(set);
        self.types.schema.messages[self.message].error_set = Some(id);
    }

    fn domain(&mut self, annotated: &DynamicMessage, place: &Place) -> String {
        let message = &self.schema().messages[self.message];
        let package = &self.schema().packages[message.package].name;
        let given = options::field(annotated, "domain").and_then(|v| v.as_str().map(str::to_owned));
        let domain = given.unwrap_or_else(|| package.clone());
        let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/');
        if domain.is_empty() || !domain.chars().all(fine) {
            let text = match domain.as_str() {
                "" => {
                    format!("the error set `{}` has no domain, and no package to take it from", message.name)
                }
                _ => format!("`{domain}` is not a valid domain"),
            };
            self.sink.push(
                Diagnostic::error(Code::ERROR_DOMAIN, text)
                    .at(place.clone())
                    .help("name who defines the errors, as `domain: \"users.shop.example\"`"),
            );
        }
        domain
    }

    /// The errors: the members of the one oneof. What else there is, is reported.
    fn members(&mut self) -> Vec<FieldId> {
        let message = &self.schema().messages[self.message];
        let stray = message.fields.iter().find(|f| self.schema().fields[**f].oneof.is_none());
        let second = message.oneofs.get(1).map(|o| &self.schema().oneofs[*o].origin.place);
        let wrong = if let Some(stray) = stray {
            let stray = &self.schema().fields[*stray];
            Some((stray.origin.place.clone(), format!("the field `{}` is in no oneof", stray.name)))
        } else if let Some(place) = second {
            Some((place.clone(), "it has a second oneof".into()))
        } else if message.parent.is_some() {
            Some((message.origin.place.clone(), "it stands inside another message".into()))
        } else if message.fields.is_empty() {
            Some((message.origin.place.clone(), "it has no oneof".into()))
        } else {
            None
        };
        if let Some((place, why)) = wrong {
            let text = format!("`{}` cannot be an error set: {why}", message.name);
            self.sink.push(
                Diagnostic::error(Code::ERROR_SET_SHAPE, text).at(place).help(
                    "an error set is a message of its own with one oneof of messages and no other field",
                ),
            );
        }
        let message = &self.schema().messages[self.message];
        message.oneofs.first().map(|o| self.schema().oneofs[*o].fields.clone()).unwrap_or_default()
    }

    fn error(&mut self, id: FieldId) -> Option<ErrorVariant> {
        let field = &self.schema().fields[id];
        let (name, path, origin) =
            (field.name.clone(), field.descriptor.path().to_vec(), field.origin.place.clone());
        let FieldKind::Singular(ValueType::Message(payload) | ValueType::Group(payload), _) = field.kind
        else {
            self.sink.push(
                Diagnostic::error(
                    Code::ERROR_SET_SHAPE,
                    format!("the error `{name}` is a single value: its payload has to be a message"),
                )
                .at(origin)
                .help("put the value into a message, so that more can be said later"),
            );
            return None;
        };
        let annotated = annotation(self.types, &field.descriptor.clone());
        let place = self.place(&path, &[FIELD_OPTIONS, EXTENSION]);
        let Some(annotated) = annotated else {
            self.no_code(&name, origin, "has no code");
            return None;
        };
        let at = |this: &Self, tag: i32| this.place(&path, &[FIELD_OPTIONS, EXTENSION, tag]);
        let code_at = at(self, tag::CODE);
        let code = self.code(&annotated, &name, code_at)?;
        let http_status = options::field(&annotated, "http_status").and_then(|v| v.as_i32());
        let http_status = match http_status.filter(|status| *status != 0) {
            Some(status) => self.http_status(status, code, at(self, tag::HTTP_STATUS)),
            None => code.http,
        };
        let message = match text(&annotated, "message") {
            Some(text) => self.template(&text, payload, &at(self, tag::MESSAGE)),
            None => TextTemplate(vec![TemplatePart::Text(names::words(&name))]),
        };
        let retry_after = self.retry_after(&annotated, &name, at(self, tag::RETRY_AFTER));
        let help = self.help(&annotated, &at(self, tag::HELP));
        let localized = self.localized(&annotated, payload, &at(self, tag::LOCALIZED));
        Some(ErrorVariant {
            field: id,
            payload,
            reason: String::new(),
            code,
            http_status,
            message,
            retry_after,
            help,
            localized,
            metadata: template::printable(self.schema(), payload),
            boxed: false,
            constructor: String::new(),
            place,
        })
    }

    fn code(&mut self, annotated: &DynamicMessage, name: &str, place: Place) -> Option<&'static CodeRow> {
        let Some(number) = options::field(annotated, "code").and_then(|v| v.as_enum_number()) else {
            self.no_code(name, place, "has no code, or the code OK");
            return None;
        };
        match codes::by_number(number) {
            Some(row) if row.number != 0 => Some(row),
            Some(_) => {
                self.no_code(name, place, "has the code OK");
                None
            }
            None => {
                self.no_code(name, place, &format!("has the code {number}, which does not exist"));
                None
            }
        }
    }

    fn no_code(&mut self, name: &str, place: Place, why: &str) {
        self.sink.push(
            Diagnostic::error(Code::ERROR_CODE, format!("the error `{name}` {why}"))
                .at(place)
                .help("say how it is told from others: `[(rsvc.v1.error) = { code: NOT_FOUND }]`"),
        );
    }

    /// A status that is not that of the code has to be of its class at least: a client's mistake stays one.
    fn http_status(&mut self, status: i32, code: &CodeRow, place: Place) -> u16 {
        let class = code.http / 100;
        match u16::try_from(status) {
            Ok(status) if status / 100 == class => return status,
            _ => {}
        }
        self.sink.push(
            Diagnostic::error(
                Code::ERROR_HTTP_STATUS,
                format!("the HTTP status {status} contradicts the code {}", code.name),
            )
            .at(place)
            .help(format!(
                "{} is {}: choose a status from {class}00 to {class}99, or leave it out",
                code.name, code.http
            )),
        );
        code.http
    }

    fn template(&mut self, text: &str, payload: MessageId, place: &Place) -> TextTemplate {
        let (template, wrong) = template::parse(self.schema(), text, payload);
        for template::TextTemplateError { message, help } in wrong {
            self.sink.push(Diagnostic::error(Code::ERROR_TEMPLATE, message).at(place.clone()).help(help));
        }
        template
    }

    fn retry_after(&mut self, annotated: &DynamicMessage, name: &str, place: Place) -> Option<Duration> {
        match options::duration(annotated, "retry_after")? {
            Ok(delay) => Some(delay),
            Err(why) => {
                self.detail(format!("the `retry_after` of `{name}` is of no use: {why}"), place)
                    .help("give a positive duration, as `retry_after: { seconds: 5 }`");
                None
            }
        }
    }

    fn help(&mut self, annotated: &DynamicMessage, place: &Place) -> Vec<(String, String)> {
        let links = messages(annotated, "help");
        links
            .iter()
            .map(|link| {
                let (description, url) = (text(link, "description"), text(link, "url").unwrap_or_default());
                let address = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
                if !address.is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace)) {
                    self.detail(format!("`{url}` is not an address of a page"), place.clone())
                        .help("write it in full: `url: \"https://shop.example/help\"`");
                }
                (description.unwrap_or_default(), url)
            })
            .collect()
    }

    fn localized(
        &mut self,
        annotated: &DynamicMessage,
        payload: MessageId,
        place: &Place,
    ) -> Vec<(String, TextTemplate)> {
        let mut localized: Vec<(String, TextTemplate)> = Vec::new();
        for message in messages(annotated, "localized") {
            let locale = text(&message, "locale").unwrap_or_default();
            let part = |p: &str| (1..=8).contains(&p.len()) && p.chars().all(|c| c.is_ascii_alphanumeric());
            if !locale.split('-').all(part) {
                self.detail(format!("`{locale}` is not a language tag"), place.clone())
                    .help("name it as BCP 47 does: `de`, `fr-CH`");
            } else if localized.iter().any(|(l, _)| l.eq_ignore_ascii_case(&locale)) {
                self.detail(format!("there are two texts for the language `{locale}`"), place.clone())
                    .help("one of them would never be seen: remove it");
            }
            let text = text(&message, "message").unwrap_or_default();
            if text.is_empty() {
                self.detail(format!("the text for the language `{locale}` is empty"), place.clone())
                    .help("write what a user is to read, or remove the language");
            }
            localized.push((locale, self.template(&text, payload, place)));
        }
        localized
    }

    /// Reports a detail that cannot be sent.
    fn detail(&mut self, message: String, place: Place) -> Finding<'_> {
        Finding::new(self.sink, Diagnostic::error(Code::ERROR_DETAIL, message).at(place))
    }
}

fn text(message: &DynamicMessage, name: &str) -> Option<String> {
    options::field(message, name)?.as_str().map(str::to_owned)
}

fn messages(message: &DynamicMessage, name: &str) -> Vec<DynamicMessage> {
    let list = options::field(message, name);
    let list = list.as_ref().and_then(Value::as_list).unwrap_or(&[]);
    list.iter().filter_map(|value| value.as_message().cloned()).collect()
}
