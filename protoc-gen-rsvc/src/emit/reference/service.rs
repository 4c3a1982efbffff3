//! The page of a service: its methods with all that a caller needs to know.

use askama::Template;
use rsvc_common::codes::{self, CodeRow};

use super::access::{self, AccessView};
use super::comments::Docs;
use super::errors::{self, ErrorView};
use super::fields::{self, FieldView, RuleView};
use super::link::Link;
use super::page::Frame;
use super::site::Site;
use super::snippets::{self, Snippet};
use super::words;
use crate::emit::words as rules;
use crate::model::http::{Binding, Body};
use crate::model::{ETag, Idempotency, Method, MethodId, MethodKind, ServiceId};
use crate::options::DocsFormat;

struct ServiceView {
    name: String,
    full_name: String,
    file: String,
    docs: Docs,
    deprecated: bool,
    /// The errors of its methods.
    errors: Option<Link>,
    methods: Vec<MethodView>,
}

struct MethodView {
    name: String,
    full_name: String,
    kind: &'static str,
    docs: Docs,
    deprecated: bool,
    access: AccessView,
    /// What else there is to know: a name, and a sentence.
    facts: Vec<(&'static str, String)>,
    bindings: Vec<BindingView>,
    input: SideView,
    output: SideView,
    errors: Vec<ErrorView>,
    /// Errors that every method of its kind may end with.
    others: Vec<OtherError>,
    snippets: Vec<Snippet>,
    response: Option<String>,
}

/// How a method is called over a protocol.
struct BindingView {
    protocol: &'static str,
    verb: String,
    path: String,
    note: String,
}

/// A request or a response.
struct SideView {
    link: Link,
    streams: bool,
    fields: Vec<FieldView>,
    rules: Vec<RuleView>,
    note: Option<String>,
}

/// An error that the service does not define.
struct OtherError {
    http: u16,
    code: &'static str,
    text: &'static str,
}

#[derive(Template)]
#[template(path = "reference/service.html.askama", escape = "html")]
struct ServiceHtml<'v> {
    page: &'v Frame,
    view: &'v ServiceView,
}

#[derive(Template)]
#[template(path = "reference/service.md.askama", escape = "none")]
struct ServiceMarkdown<'v> {
    page: &'v Frame,
    view: &'v ServiceView,
}

/// The page of a service.
pub(super) fn page(site: &Site<'_>, id: ServiceId, format: DocsFormat) -> askama::Result<String> {
    let (schema, link) = (site.schema, site.service(id));
    let service = &schema.services[id];
    let view = ServiceView {
        name: link.text,
        full_name: service.full_name.clone(),
        file: schema.files[service.file].name.to_string(),
        docs: Docs::of(&service.origin.comments),
        deprecated: service.origin.deprecated,
        errors: service.error.map(|set| site.error_set(set)),
        methods: service.methods.iter().map(|id| method(site, *id)).collect(),
    };
    let (page, view) = (&Frame::new(site, &view.name, Some(&link.page), format), &view);
    match format {
        DocsFormat::Html => ServiceHtml { page, view }.render(),
        DocsFormat::Markdown => ServiceMarkdown { page, view }.render(),
    }
}

fn method(site: &Site<'_>, id: MethodId) -> MethodView {
    let schema = site.schema;
    let method = &schema.methods[id];
    let set = schema.services[method.service].error;
    let errors = set.map_or_else(Vec::new, |set| {
        let all = 0..schema.error_sets[set].errors.len();
        let may = |index: &usize| method.errors.is_empty() || method.errors.contains(index);
        all.filter(may).map(|index| errors::error(site, set, index)).collect()
    });
    let mut input = SideView {
        link: site.message(method.input),
        streams: method.kind.client_streams(),
        fields: fields::fields(site, method.input),
        rules: rules::message_rules(schema, method.input).into_iter().map(fields::rule).collect(),
        note: method.masked.as_ref().map(|masked| {
            let (mask, resource) = (site.path(&[masked.mask]), site.path(&[masked.resource]));
            format!("Of {resource} only what {mask} names is tested.")
        }),
    };
    if let Some(binding) = method.bindings.first() {
        place(binding, &schema.messages[method.input].fields, &mut input.fields);
    }
    MethodView {
        name: method.name.clone(),
        full_name: method.full_name.clone(),
        kind: words::kind(method.kind),
        docs: Docs::of(&method.origin.comments),
        deprecated: method.origin.deprecated,
        access: access::access(method),
        facts: facts(site, method),
        bindings: bindings(site, method),
        input,
        output: SideView {
            link: site.message(method.output),
            streams: method.kind.server_streams(),
            fields: fields::fields(site, method.output),
            rules: Vec::new(),
            note: None,
        },
        errors,
        others: others(site, method),
        snippets: snippets::snippets(site, id),
        response: site.sample(method.output).map(|value| snippets::pretty(&value)),
    }
}

/// Says of each field where REST has it.
fn place(binding: &Binding, ids: &[crate::model::FieldId], views: &mut [FieldView]) {
    for (id, view) in ids.iter().zip(views) {
        let in_path = binding.variables.iter().any(|variable| variable.fields.first() == Some(id));
        view.place = match binding.body {
            _ if in_path => Some("path"),
            Body::Field(field) if field == *id => Some("body"),
            Body::Whole => Some("body"),
            _ if binding.query.contains(id) => Some("query"),
            _ => None,
        };
    }
}

fn facts(site: &Site<'_>, method: &Method) -> Vec<(&'static str, String)> {
    let mut facts = vec![("Access", access::access(method).text)];
    if let Some(timeout) = method.timeout {
        let whole = if method.kind == MethodKind::Unary { "The call" } else { "The whole call" };
        facts.push(("Deadline", format!("{whole} may take {}.", words::duration(timeout))));
    }
    facts.extend(words::idempotency(method).map(|text| ("Effects", text.into())));
    if let Some(cache) = &method.cache {
        let tag = |tag: &ETag| match tag {
            ETag::Content => "the `ETag` is of the content".to_owned(),
            ETag::Field(fields) => format!("the ETag is the field {}", site.path(fields)),
        };
        facts.push(("Caches", words::cache(cache, tag)));
    }
    facts.extend(method.retry.as_ref().map(|retry| ("Retries", words::retry(retry))));
    facts
}

fn bindings(site: &Site<'_>, method: &Method) -> Vec<BindingView> {
    let path = method.path(&site.schema.services[method.service]);
    let mut all = Vec::new();
    for binding in &method.bindings {
        let body = match &binding.body {
            Body::None => String::new(),
            Body::Whole => "the body is the request".into(),
            Body::Field(field) => format!("the body is {}", site.path(&[*field])),
        };
        let forms = binding.forms.as_ref().map(|forms| match (forms.urlencoded, forms.multipart) {
            (_, true) => ", also as a form with files",
            _ => ", also as a form",
        });
        let response =
            binding.response_body.map(|field| format!("; the response is {}", site.path(&[field])));
        let note = body + forms.unwrap_or("") + response.as_deref().unwrap_or("");
        let note = if method.kind.server_streams() {
            let forms = "a JSON array, NDJSON or server-sent events, by Accept";
            if note.is_empty() { forms.to_owned() } else { format!("{note}; {forms}") }
        } else {
            note
        };
        all.push(BindingView {
            protocol: "REST",
            verb: binding.verb.name().into(),
            path: binding.template.text.clone(),
            note,
        });
    }
    if method.kind != MethodKind::Unary {
        for binding in &method.bindings {
            all.push(BindingView {
                protocol: "WebSocket",
                verb: "GET".into(),
                path: binding.template.text.clone(),
                note: "a message a frame".into(),
            });
        }
    }
    let post = |protocol, note: &str| BindingView {
        protocol,
        verb: "POST".into(),
        path: path.clone(),
        note: note.to_owned(),
    };
    all.push(post("gRPC", "over HTTP/2"));
    let browsers = if method.kind.client_streams() { "not from a browser" } else { "" };
    all.push(post("gRPC-Web", browsers));
    let is_get = method.kind == MethodKind::Unary && method.idempotency == Idempotency::NoSideEffects;
    let note = match method.kind {
        MethodKind::Unary if is_get => "JSON or protobuf; also as GET",
        MethodKind::Unary => "JSON or protobuf",
        _ => "JSON or protobuf in envelopes",
    };
    all.push(post("Connect", note));
    all
}

/// What a call may end with besides the errors of its service.
fn others(site: &Site<'_>, method: &Method) -> Vec<OtherError> {
    let mut all = Vec::new();
    let mut add = |number: i32, text| {
        let row: &CodeRow = codes::by_number(number).expect("a number of the table");
        all.push(OtherError { http: row.http, code: row.name, text });
    };
    if site.schema.rules.of(method.input).is_some_and(|rules| rules.any) {
        add(3, "The request breaks a rule: the details name each field and what it should be.");
    } else {
        add(3, "The request cannot be read.");
    }
    if access::may_refuse(method) {
        add(16, "The caller has not said who they are.");
        add(7, "The caller may not do this.");
    }
    if method.timeout.is_some() {
        add(4, "The deadline has passed.");
    }
    all
}
