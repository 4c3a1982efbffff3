//! The first page, and the page of all types.

use askama::Template;

use super::access;
use super::comments::Docs;
use super::link::Link;
use super::page::Frame;
use super::site::Site;
use super::words;
use crate::model::{MethodId, ServiceId};
use crate::options::DocsFormat;

struct PackageView {
    name: String,
    services: Vec<ServiceView>,
    errors: Vec<Entry>,
    messages: Vec<Entry>,
    enums: Vec<Entry>,
}

struct ServiceView {
    link: Link,
    docs: Docs,
    methods: Vec<MethodView>,
}

struct MethodView {
    link: Link,
    kind: &'static str,
    access: access::AccessView,
    /// The first binding: verb and path.
    http: Option<(String, String)>,
    summary: String,
    deprecated: bool,
}

/// A type with what it is, in a sentence.
struct Entry {
    link: Link,
    summary: String,
}

#[derive(Template)]
#[template(path = "reference/index.html.askama", escape = "html")]
struct IndexHtml<'v> {
    page: &'v Frame,
    packages: &'v [PackageView],
}

#[derive(Template)]
#[template(path = "reference/index.md.askama", escape = "none")]
struct IndexMarkdown<'v> {
    page: &'v Frame,
    packages: &'v [PackageView],
}

#[derive(Template)]
#[template(path = "reference/types.html.askama", escape = "html")]
struct TypesHtml<'v> {
    page: &'v Frame,
    packages: &'v [PackageView],
}

#[derive(Template)]
#[template(path = "reference/types.md.askama", escape = "none")]
struct TypesMarkdown<'v> {
    page: &'v Frame,
    packages: &'v [PackageView],
}

/// The first page: all services with their methods.
pub(super) fn index(site: &Site<'_>, format: DocsFormat) -> askama::Result<String> {
    let (page, packages) = (&Frame::new(site, &site.title, None, format), &*packages(site));
    match format {
        DocsFormat::Html => IndexHtml { page, packages }.render(),
        DocsFormat::Markdown => IndexMarkdown { page, packages }.render(),
    }
}

/// The page of all types.
pub(super) fn types(site: &Site<'_>, format: DocsFormat) -> askama::Result<String> {
    let (page, packages) = (&Frame::new(site, "Types", None, format), &*packages(site));
    match format {
        DocsFormat::Html => TypesHtml { page, packages }.render(),
        DocsFormat::Markdown => TypesMarkdown { page, packages }.render(),
    }
}

fn packages(site: &Site<'_>) -> Vec<PackageView> {
    let schema = site.schema;
    let view = |(id, package): (_, &crate::model::Package)| {
        let services = site.services.iter().filter(|service| schema.services[**service].package == id);
        let sets = site.error_sets.iter();
        let sets = sets.filter(|set| schema.messages[schema.error_sets[**set].message].package == id);
        let messages = site.messages.iter().filter(|message| schema.messages[**message].package == id);
        let enums = site.enums.iter().filter(|node| schema.enums[**node].package == id);
        let entry =
            |link, origin: &crate::model::Origin| Entry { link, summary: Docs::of(&origin.comments).summary };
        PackageView {
            name: package.name.clone(),
            services: services.map(|id| service(site, *id)).collect(),
            errors: sets
                .map(|id| entry(site.error_set(*id), &schema.messages[schema.error_sets[*id].message].origin))
                .collect(),
            messages: messages.map(|id| entry(site.message(*id), &schema.messages[*id].origin)).collect(),
            enums: enums.map(|id| entry(site.enumeration(*id), &schema.enums[*id].origin)).collect(),
        }
    };
    let all = schema.packages.iter().map(view);
    all.filter(|package| {
        !(package.services.is_empty()
            && package.errors.is_empty()
            && package.messages.is_empty()
            && package.enums.is_empty())
    })
    .collect()
}

fn service(site: &Site<'_>, id: ServiceId) -> ServiceView {
    let service = &site.schema.services[id];
    ServiceView {
        link: site.service(id),
        docs: Docs::of(&service.origin.comments),
        methods: service.methods.iter().map(|id| method(site, *id)).collect(),
    }
}

fn method(site: &Site<'_>, id: MethodId) -> MethodView {
    let method = &site.schema.methods[id];
    let binding = method.bindings.first();
    MethodView {
        link: site.method(id),
        kind: words::kind(method.kind),
        access: access::access(method),
        http: binding.map(|binding| (binding.verb.name().to_owned(), binding.template.text.clone())),
        summary: Docs::of(&method.origin.comments).summary,
        deprecated: method.origin.deprecated,
    }
}
