//! Pages of error sets: what goes wrong, how it arrives, and what helps.

use askama::Template;

use super::comments::Docs;
use super::fields::{self, FieldView};
use super::link::Link;
use super::page::Frame;
use super::site::Site;
use super::words::duration;
use crate::model::{ErrorSetId, ErrorVariant, TemplatePart, TextTemplate};
use crate::options::DocsFormat;

/// An error as the page of its set and its methods show it.
pub(super) struct ErrorView {
    pub(super) link: Link,
    pub(super) reason: String,
    pub(super) code: &'static str,
    pub(super) http: u16,
    pub(super) message: String,
    pub(super) docs: Docs,
    /// What the payload says of itself.
    payload_docs: Docs,
    payload: Link,
    fields: Vec<FieldView>,
    /// Names of the fields in `ErrorInfo.metadata`.
    metadata: String,
    pub(super) retry: Option<String>,
    pub(super) help: Vec<HelpView>,
    localized: Vec<(String, String)>,
    deprecated: bool,
    /// The methods that return it.
    methods: Vec<Link>,
}

/// A page that helps.
pub(super) struct HelpView {
    pub(super) text: String,
    pub(super) url: String,
    /// Whether a browser may be led there.
    pub(super) is_link: bool,
}

struct SetView {
    name: String,
    full_name: String,
    file: String,
    docs: Docs,
    domain: String,
    errors: Vec<ErrorView>,
    services: Vec<Link>,
}

#[derive(Template)]
#[template(path = "reference/errors.html.askama", escape = "html")]
struct SetHtml<'v> {
    page: &'v Frame,
    view: &'v SetView,
}

#[derive(Template)]
#[template(path = "reference/errors.md.askama", escape = "none")]
struct SetMarkdown<'v> {
    page: &'v Frame,
    view: &'v SetView,
}

/// The page of an error set.
pub(super) fn page(site: &Site<'_>, id: ErrorSetId, format: DocsFormat) -> askama::Result<String> {
    let schema = site.schema;
    let (set, link) = (&schema.error_sets[id], site.error_set(id));
    let message = &schema.messages[set.message];
    let services = site.services.iter().filter(|service| schema.services[**service].error == Some(id));
    let view = SetView {
        name: link.text,
        full_name: message.full_name.clone(),
        file: schema.files[message.file].name.to_string(),
        docs: Docs::of(&message.origin.comments),
        domain: set.domain.clone(),
        errors: (0..set.errors.len()).map(|index| error(site, id, index)).collect(),
        services: services.map(|id| site.service(*id)).collect(),
    };
    let (page, view) = (&Frame::new(site, &view.name, Some(&link.page), format), &view);
    match format {
        DocsFormat::Html => SetHtml { page, view }.render(),
        DocsFormat::Markdown => SetMarkdown { page, view }.render(),
    }
}

/// An error of a set.
pub(super) fn error(site: &Site<'_>, id: ErrorSetId, index: usize) -> ErrorView {
    let schema = site.schema;
    let error = &schema.error_sets[id].errors[index];
    let (field, payload) = (&schema.fields[error.field], &schema.messages[error.payload]);
    let text = |template: &TextTemplate| text(site, template);
    ErrorView {
        link: site.error_set(id).part(&error.reason, &error.reason),
        reason: error.reason.clone(),
        code: error.code.name,
        http: error.http_status,
        message: text(&error.message),
        docs: Docs::of(&field.origin.comments),
        payload_docs: Docs::of(&payload.origin.comments),
        payload: site.message(error.payload),
        fields: fields::fields(site, error.payload),
        metadata: error.metadata.iter().map(|id| &*schema.fields[*id].name).collect::<Vec<_>>().join(", "),
        retry: error.retry_after.map(duration),
        help: help(error),
        localized: error.localized.iter().map(|(language, of)| (language.clone(), text(of))).collect(),
        deprecated: field.origin.deprecated,
        methods: methods(site, id, index),
    }
}

fn help(error: &ErrorVariant) -> Vec<HelpView> {
    let view = |(text, url): &(String, String)| HelpView {
        text: if text.is_empty() { url.clone() } else { text.clone() },
        url: url.clone(),
        is_link: url.starts_with("https://") || url.starts_with("http://"),
    };
    error.help.iter().map(view).collect()
}

/// A text with the names of fields in braces, as it is written.
fn text(site: &Site<'_>, template: &TextTemplate) -> String {
    let part = |part: &TemplatePart| match part {
        TemplatePart::Text(text) => text.clone(),
        TemplatePart::Field(fields) => format!("{{{}}}", site.path(fields)),
    };
    template.0.iter().map(part).collect()
}

/// The methods that return an error.
fn methods(site: &Site<'_>, id: ErrorSetId, index: usize) -> Vec<Link> {
    let schema = site.schema;
    let services = site.services.iter().map(|id| &schema.services[*id]).filter(|s| s.error == Some(id));
    let methods = services.flat_map(|service| &service.methods);
    let returning = methods.filter(|id| {
        let errors = &schema.methods[**id].errors;
        errors.is_empty() || errors.contains(&index)
    });
    returning
        .map(|id| {
            let method = &schema.methods[*id];
            let mut link = site.method(*id);
            link.text = format!("{}.{}", schema.services[method.service].name, method.name);
            link
        })
        .collect()
}
