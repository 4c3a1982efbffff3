//! A service: its trait, constants, server and client, by `templates/service.rs.askama`.

use askama::Template;
use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::condition::condition;
use super::{Emitted, PRETTY_WIDTH, cache, docs, internal, literals, parens, parse, rest, retry};
use crate::diag::Diagnostic;
use crate::model::{
    Access, FieldId, Idempotency, MaskedFields, MessageId, Method, MethodId, MethodKind, Schema, Service,
    ServiceId, ServiceNames,
};
use crate::names;
use crate::options::{Options, RestUse};
use crate::storage;
use crate::tokens;

/// Everything the template prints, decided.
#[derive(Template)]
#[template(path = "service.rs.askama", escape = "none")]
#[allow(clippy::struct_excessive_bools)] // they are switches
struct View<'a> {
    /// Rust string literals.
    docs: Vec<String>,
    full_name: &'a str,
    names: &'a ServiceNames,
    methods: Vec<MethodView<'a>>,
    /// The error type of all methods.
    error: &'a str,
    descriptor_set: String,
    /// Whether there is a trait at all.
    has_trait: bool,
    objects: bool,
    default_methods: bool,
    client: bool,
    server: bool,
    /// Where the server answers REST: the constant with its bindings.
    rest: Option<&'a str>,
    /// The REST bindings, as expressions, where the server or the client needs them.
    bindings: Vec<String>,
    rest_client: bool,
    /// Whether a message is of a crate with prost's code alone.
    plain: bool,
    /// Whether the name of the trait is so long that a list of bounds with it is broken.
    has_long_name: bool,
}

/// What the template writes before an item in the form that prettyplease gives it, unless a line is too long.
const LAID_OUT: &str = "//= laid out\n";

/// The least length of a name that is long.
const LONG_NAME: usize = 7;

struct MethodView<'a> {
    docs: Vec<String>,
    deprecated: bool,
    name: &'a str,
    object_name: &'a str,
    proto_name: &'a str,
    full_name: &'a str,
    path: String,
    info: &'a str,
    kind: &'static str,
    /// The function of `::rsvc::codegen::{Call, client, rest_client}`.
    call: &'static str,
    /// `request`, or `requests` for a stream.
    argument: &'static str,
    request: String,
    response: String,
    /// What a message of a crate with prost's code alone needs on its way.
    plain: PlainView,
    idempotency: Option<&'static str>,
    access: Option<String>,
    /// What has to be true of a call besides.
    condition: Option<String>,
    timeout: Option<(u64, u32)>,
    /// What HTTP caches may do with the responses.
    cache: Option<String>,
    /// When clients make a call again.
    retry: Option<String>,
    /// Where the mask is that requests are validated by.
    masked: Option<TokenStream>,
}

/// Expressions by which a server hands a request to the handler and takes the response, and a client the other way round.
struct PlainView {
    /// Whether there is such a message.
    any: bool,
    /// The parameter of the handler's closure.
    parameter: String,
    received: String,
    answered: String,
    sent: String,
    returned: String,
}

impl PlainView {
    fn new(schema: &Schema, method: &Method, module: &[String], argument: &str) -> Self {
        let stand_in = |id: MessageId| {
            schema.messages[id].stand_in.as_deref().map(|name| names::stand_in_path(module, name))
        };
        let (request, response) = (stand_in(method.input), stand_in(method.output));
        let (parameter, received, sent) = match &request {
            None => (argument.into(), argument.into(), argument.into()),
            Some(name) if method.kind.client_streams() => (
                argument.into(),
                format!("::rsvc::codegen::plain::requests::<{name}>({argument})"),
                format!("::rsvc::codegen::plain::wrap_requests::<{name}>({argument})"),
            ),
            Some(name) => (
                format!("{argument}: ::rsvc::codegen::Plain<{name}>"),
                format!("{argument}.into_inner()"),
                format!("::rsvc::codegen::Plain::<{name}>({argument})"),
            ),
        };
        let (answered, returned) = match &response {
            None => (String::new(), String::new()),
            Some(name) if method.kind.server_streams() => (
                format!(".map(::rsvc::codegen::plain::wrap_responses::<{name}, _>)"),
                format!(".map(::rsvc::codegen::plain::responses::<{name}, _>)"),
            ),
            Some(name) => (
                format!(".map(::rsvc::codegen::Plain::<{name}>)"),
                format!(".map(::rsvc::codegen::Plain::<{name}>::into_inner)"),
            ),
        };
        let any = request.is_some() || response.is_some();
        Self { any, parameter, received, answered, sent, returned }
    }
}

/// The code of a service: its items, or these and the text of others if `as_text` asks for it.
pub(super) fn emit(
    schema: &Schema,
    options: &Options,
    id: ServiceId,
    as_text: bool,
) -> Result<Vec<Emitted>, Diagnostic> {
    let service = &schema.services[id];
    let module = &schema.packages[service.package].module;
    let error = error_type(schema, service, module);
    let serves = options.rest_use() == RestUse::Servers;
    let bindings = if serves || options.rest_client { rest::bindings(schema, service) } else { Vec::new() };
    let methods: Vec<_> = service.methods.iter().map(|m| method(schema, *m, module, &error)).collect();
    let view = View {
        docs: literals(docs::lines(&service.origin.comments)),
        full_name: &service.full_name,
        names: &service.names,
        plain: methods.iter().any(|method| method.plain.any),
        has_long_name: service.names.service_trait.len() >= LONG_NAME,
        methods,
        error: &error,
        descriptor_set: names::root_path(module, names::DESCRIPTOR_SET),
        has_trait: options.has_traits(),
        objects: options.objects,
        default_methods: options.default_methods,
        client: options.client,
        server: options.server,
        rest: (serves && !bindings.is_empty()).then_some(&*service.names.bindings),
        rest_client: options.rest_client && !bindings.is_empty(),
        bindings,
    };
    let text = view.render().map_err(|e| internal(format!("the service template: {e}")))?;
    let what = format!("the code of service `{}`", service.full_name);
    let has_condition = view.methods.iter().any(|method| method.condition.is_some());
    let parsed = |text: &str| {
        let mut items = parse(text, &what)?;
        if has_condition {
            parens::strip(&mut items);
        }
        Ok(Emitted::Items(items))
    };
    if as_text { pieces(&text, parsed) } else { Ok(vec![parsed(&text)?]) }
}

/// The items that the template has laid out as they are, and `parsed` for what is between them.
fn pieces(
    text: &str,
    parsed: impl Fn(&str) -> Result<Emitted, Diagnostic>,
) -> Result<Vec<Emitted>, Diagnostic> {
    const END: &str = "\n}\n";
    let mut pieces = Vec::new();
    let mut rest = text;
    // Up to which place of `rest` it is to be parsed.
    let mut until = 0;
    while let Some(at) = rest[until..].find(LAID_OUT).map(|at| until + at) {
        let start = at + LAID_OUT.len();
        let end = rest[start..].find(END).map_or(rest.len(), |end| start + end + END.len());
        let item = &rest[start..end];
        until = end;
        if item.ends_with(END) && item.lines().all(fits) {
            if !rest[..at].trim().is_empty() {
                pieces.push(parsed(&rest[..at])?);
            }
            pieces.push(Emitted::Text(item.to_owned()));
            (rest, until) = (&rest[end..], 0);
        }
    }
    if !rest.trim().is_empty() {
        pieces.push(parsed(rest)?);
    }
    Ok(pieces)
}

/// Whether prettyplease leaves a line as it is.
fn fits(line: &str) -> bool {
    line.len() <= PRETTY_WIDTH || line.trim_start().starts_with("///")
}

/// What the methods of a service fail with.
fn error_type(schema: &Schema, service: &Service, module: &[String]) -> String {
    match service.error {
        Some(set) => names::path_from(module, &schema.messages[schema.error_sets[set].message].rust),
        None => "::rsvc::Status".into(),
    }
}

fn method<'a>(schema: &'a Schema, id: MethodId, module: &[String], error: &str) -> MethodView<'a> {
    let method = &schema.methods[id];
    let input = names::path_from(module, &schema.messages[method.input].rust);
    let output = names::path_from(module, &schema.messages[method.output].rust);
    let (kind, call) = match method.kind {
        MethodKind::Unary => ("Unary", "unary"),
        MethodKind::ClientStreaming => ("ClientStreaming", "client_streaming"),
        MethodKind::ServerStreaming => ("ServerStreaming", "server_streaming"),
        MethodKind::BidiStreaming => ("BidiStreaming", "bidi_streaming"),
    };
    let (argument, request) = if method.kind.client_streams() {
        ("requests", format!("::rsvc::RequestStream<{input}>"))
    } else {
        ("request", input)
    };
    let response = if method.kind.server_streams() {
        format!("::rsvc::ResponseStream<{output}, {error}>")
    } else {
        output
    };
    MethodView {
        docs: literals(
            docs::lines(&method.origin.comments).into_iter().chain(error_docs(schema, method, error)),
        ),
        deprecated: method.origin.deprecated,
        name: &method.rust_name,
        object_name: &method.object_name,
        proto_name: &method.name,
        full_name: &method.full_name,
        path: method.path(&schema.services[method.service]),
        info: &method.info_name,
        kind,
        call,
        argument,
        request,
        response,
        plain: PlainView::new(schema, method, module, argument),
        idempotency: match method.idempotency {
            Idempotency::Unknown => None,
            Idempotency::NoSideEffects => Some("NoSideEffects"),
            Idempotency::Idempotent => Some("Idempotent"),
        },
        access: access(&method.access),
        condition: method.condition.as_ref().map(|it| condition(schema, method, it, module)),
        timeout: method.timeout.map(|t| (t.as_secs(), t.subsec_nanos())),
        cache: method.cache.as_ref().map(|c| cache::cache(schema, c, method.output, module)),
        retry: method.retry.as_ref().map(retry::policy),
        masked: method.masked.as_ref().map(|fields| masked(schema, method, fields, module)),
    }
}

/// The errors that a method names.
fn error_docs(schema: &Schema, method: &Method, error: &str) -> Vec<String> {
    let Some(set) = schema.services[method.service].error.filter(|_| !method.errors.is_empty()) else {
        return Vec::new();
    };
    let heading = ["", " # Errors"].map(str::to_owned);
    let errors = method.errors.iter().map(|index| {
        let variant = &schema.fields[schema.error_sets[set].errors[*index].field].rust_name;
        format!(" - [`{error}::{variant}`]")
    });
    heading.into_iter().chain(errors).collect()
}

/// How the runtime finds the mask of a request.
fn masked(schema: &Schema, method: &Method, fields: &MaskedFields, module: &[String]) -> TokenStream {
    let request = tokens::path(module, &schema.messages[method.input].rust);
    let number = |field: &FieldId| Literal::u32_unsuffixed(schema.fields[*field].number);
    let (resource, mask) = (number(&fields.resource), number(&fields.mask));
    let names = fields.names.iter().map(|path| {
        let numbers = path.iter().map(number);
        quote!(&[#(#numbers),*])
    });
    let names = (!fields.names.is_empty()).then(|| quote!(.names(&[#(#names),*])));
    let mask_of = storage::access::optional(schema, fields.mask, &quote!(__rsvc_r), module);
    quote! {
        ::rsvc::codegen::MaskedFields::new(#resource, #mask, |__rsvc_r| {
            let __rsvc_r = ::rsvc::codegen::request::<#request>(__rsvc_r);
            (#mask_of).map_or(&[][..], |__rsvc_m| __rsvc_m.paths.as_slice())
        })#names
    }
}

fn access(access: &Access) -> Option<String> {
    Some(match access {
        Access::Unspecified => return None,
        Access::Public => "::rsvc::Access::Public".into(),
        Access::Authenticated => "::rsvc::Access::Authenticated".into(),
        Access::Scopes { all_of, any_of } => format!(
            "::rsvc::Access::Scopes {{ all_of: &[{}], any_of: &[{}] }}",
            literals(all_of).join(", "),
            literals(any_of).join(", ")
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emit::fixture;

    fn pretty(emitted: Emitted) -> String {
        match emitted {
            Emitted::Items(items) => {
                let file =
                    |item| syn::File { shebang: None, frontmatter: None, attrs: vec![], items: vec![item] };
                let items = items.into_iter().map(|item| prettyplease::unparse(&file(item)));
                items.collect::<Vec<_>>().join("\n")
            }
            Emitted::Text(text) => text,
            _ => panic!("neither items nor text"),
        }
    }

    #[test]
    fn what_is_laid_out_reads_as_prettyplease_writes_it() {
        let service = |length: usize| {
            let name = format!("S{}", "x".repeat(length - 1));
            format!("service {name} {{ rpc Get(M) returns (M); rpc Go{name}(stream M) returns (stream M); }}")
        };
        let services: Vec<String> = (1..60).map(service).collect();
        let services = services.concat();
        let schema = fixture::schema(&format!("message M {{}} {services}"));
        let mut options = Options::default();
        options.set("rest_client", "true").expect("an option");
        let mut laid_out = 0;
        for id in schema.services.ids() {
            let of = |as_text| emit(&schema, &options, id, as_text).expect("a service").into_iter();
            laid_out += of(true).filter(|piece| matches!(piece, Emitted::Text(_))).count();
            let texts = |as_text| of(as_text).map(pretty).collect::<Vec<_>>().join("\n");
            assert_eq!(texts(true), texts(false));
        }
        assert!(laid_out > 300, "{laid_out}");
    }
}
