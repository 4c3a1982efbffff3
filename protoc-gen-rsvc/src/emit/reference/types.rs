//! Pages of messages and enums.

use askama::Template;

use super::comments::Docs;
use super::fields::{self, FieldView, RuleView};
use super::page::Frame;
use super::site::{Site, Use};
use super::snippets;
use crate::emit::words;
use crate::model::{EnumId, MessageId, WellKnown};
use crate::options::DocsFormat;

struct MessageView {
    name: String,
    full_name: String,
    file: String,
    docs: Docs,
    deprecated: bool,
    /// What its JSON is, for those that have a form of their own.
    json: Option<&'static str>,
    fields: Vec<FieldView>,
    rules: Vec<RuleView>,
    sample: Option<String>,
    users: Vec<Use>,
}

#[derive(Template)]
#[template(path = "reference/message.html.askama", escape = "html")]
struct MessageHtml<'v> {
    page: &'v Frame,
    view: &'v MessageView,
}

#[derive(Template)]
#[template(path = "reference/message.md.askama", escape = "none")]
struct MessageMarkdown<'v> {
    page: &'v Frame,
    view: &'v MessageView,
}

/// The page of a message.
pub(super) fn message(site: &Site<'_>, id: MessageId, format: DocsFormat) -> askama::Result<String> {
    let (schema, node, link) = (site.schema, &site.schema.messages[id], site.message(id));
    let view = MessageView {
        name: link.text,
        full_name: node.full_name.clone(),
        file: schema.files[node.file].name.to_string(),
        docs: Docs::of(&node.origin.comments),
        deprecated: node.origin.deprecated,
        json: node.well_known.map(json),
        fields: fields::fields(site, id),
        rules: words::message_rules(schema, id).into_iter().map(fields::rule).collect(),
        sample: site.sample(id).map(|value| snippets::pretty(&value)),
        users: site.message_users(id),
    };
    let (page, view) = (&Frame::new(site, &view.name, Some(&link.page), format), &view);
    match format {
        DocsFormat::Html => MessageHtml { page, view }.render(),
        DocsFormat::Markdown => MessageMarkdown { page, view }.render(),
    }
}

/// What the JSON of a well-known type is (<https://protobuf.dev/programming-guides/json/>).
fn json(known: WellKnown) -> &'static str {
    match known {
        WellKnown::Any => "An object with the fields of the message and its type in `@type`.",
        WellKnown::Duration => "Text: seconds and an `s`, as `\"1.5s\"`.",
        WellKnown::Empty => "An empty object.",
        WellKnown::FieldMask => "Text: paths with commas between them, as `\"name,email\"`.",
        WellKnown::ListValue => "An array of any values.",
        WellKnown::Struct => "An object of any values.",
        WellKnown::Timestamp => "Text of RFC 3339, as `\"2026-01-02T15:04:05Z\"`.",
        WellKnown::Value => "Any value.",
        _ => "The value itself, or `null`.",
    }
}

struct EnumView {
    name: String,
    full_name: String,
    file: String,
    docs: Docs,
    deprecated: bool,
    values: Vec<ValueView>,
    users: Vec<Use>,
}

struct ValueView {
    name: String,
    number: i32,
    docs: Docs,
    deprecated: bool,
}

#[derive(Template)]
#[template(path = "reference/enum.html.askama", escape = "html")]
struct EnumHtml<'v> {
    page: &'v Frame,
    view: &'v EnumView,
}

#[derive(Template)]
#[template(path = "reference/enum.md.askama", escape = "none")]
struct EnumMarkdown<'v> {
    page: &'v Frame,
    view: &'v EnumView,
}

/// The page of an enum.
pub(super) fn enumeration(site: &Site<'_>, id: EnumId, format: DocsFormat) -> askama::Result<String> {
    let (node, link) = (&site.schema.enums[id], site.enumeration(id));
    let values = node.values.iter().map(|value| ValueView {
        name: value.name.clone(),
        number: value.number,
        docs: Docs::of(&value.origin.comments),
        deprecated: value.origin.deprecated,
    });
    let view = EnumView {
        name: link.text,
        full_name: node.full_name.clone(),
        file: site.schema.files[node.file].name.to_string(),
        docs: Docs::of(&node.origin.comments),
        deprecated: node.origin.deprecated,
        values: values.collect(),
        users: site.enum_users(id),
    };
    let (page, view) = (&Frame::new(site, &view.name, Some(&link.page), format), &view);
    match format {
        DocsFormat::Html => EnumHtml { page, view }.render(),
        DocsFormat::Markdown => EnumMarkdown { page, view }.render(),
    }
}
