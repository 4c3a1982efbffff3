//! A service: its trait, constants, server and client, by `templates/service.rs.askama`.

use askama::Template as _;
use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::condition::condition;
use super::layout::{self, Around, Type};
use super::{Emitted, cache, docs, fits, internal, literals, parens, parse, rest, retry};
use crate::diag::Diagnostic;
use crate::model::{
    Access, FieldId, Idempotency, MaskedFields, MessageId, Method, MethodId, MethodKind, Schema, Service,
    ServiceId, ServiceNames,
};
use crate::names;
use crate::options::{Options, RestUse};
use crate::storage;
use crate::tokens;

// What askama's derive makes of the template. It is derived here, so that a user's build compiles no templates.
include!("derived/service.rs");

/// Everything the template prints, decided.
#[allow(clippy::struct_excessive_bools)] // they are switches
struct View<'a> {
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
    /// Whether the template writes what is about each method as prettyplease does.
    laid_out: bool,
    /// How the impl for an `Arc` begins.
    arc_head: String,
    /// The descriptions of all methods.
    infos: String,
}

/// What the template writes before an item in the form that prettyplease gives it, unless a line is too long.
/// There is no empty line in such an item, and there is one behind it.
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
    /// The parameter of that name.
    parameter: String,
    /// What the method of the trait returns, from its first line to its last.
    future: String,
    /// The same for what the future results in.
    result: String,
    request: String,
    response: String,
    /// What a message of a crate with prost's code alone needs on its way.
    plain: PlainView,
    /// What its description says besides, as calls.
    told: Vec<String>,
    /// What the arguments of the description stand behind.
    pad: &'static str,
    /// Whether the template writes the description as prettyplease does.
    info_laid_out: bool,
    /// Whether it does so with what has its types.
    laid_out: bool,
    /// The call of a client on a channel.
    client_call: String,
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
    let service_trait = &service.names.service_trait;
    let infos: Vec<&str> = methods.iter().map(|method| method.info).collect();
    let view = View {
        docs: comment(docs::lines(&service.origin.comments)),
        full_name: &service.full_name,
        names: &service.names,
        plain: methods.iter().any(|method| method.plain.any),
        has_long_name: service_trait.len() >= LONG_NAME,
        laid_out: !methods.is_empty() && methods.iter().all(|method| method.laid_out),
        arc_head: layout::impl_head(
            &format!("impl<T: {service_trait} + ?::core::marker::Sized> {service_trait}"),
            "::std::sync::Arc<T>",
        ),
        infos: layout::list("&[", &infos, "],", 1),
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
    let has_condition = service.methods.iter().any(|method| schema.methods[*method].condition.is_some());
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
    const EMPTY_LINE: &str = "\n\n";
    let mut pieces = Vec::new();
    // What is to be parsed.
    let mut open = String::new();
    for block in text.split(EMPTY_LINE) {
        match block.trim_start().strip_prefix(LAID_OUT) {
            Some(item) if item.lines().all(fits) => {
                if !open.trim().is_empty() {
                    pieces.push(parsed(&open)?);
                }
                open.clear();
                pieces.push(Emitted::Text(format!("{}\n", item.trim_end())));
            }
            _ => {
                open.push_str(block);
                open.push_str(EMPTY_LINE);
            }
        }
    }
    if !open.trim().is_empty() {
        pieces.push(parsed(&open)?);
    }
    Ok(pieces)
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
        ("requests", Type::generic("::rsvc::RequestStream", [Type::plain(input)]))
    } else {
        ("request", Type::plain(input))
    };
    let failure = || Type::plain(error);
    let response = if method.kind.server_streams() {
        Type::generic("::rsvc::ResponseStream", [Type::plain(output), failure()])
    } else {
        Type::plain(output)
    };
    let (request_text, response_text) = (request.to_string(), response.to_string());
    let result = Type::generic("::core::result::Result", [response, failure()]);
    let name = &method.rust_name;
    let one_line =
        format!("async fn {name}(&self, ctx: ::rsvc::Context, {argument}: {request}) -> {result} {{");
    let laid_out = request.is_plain() && result.is_plain() && !layout::fits(&one_line, 1);
    let parameter = format!("{argument}: ");
    let parameter = request.lines(Around { before: &parameter, end: ",", ..Around::default() }, 2);
    let output = result.lines(Around { before: "Output = ", end: ",", ..Around::default() }, 2);
    let future = format!("-> impl ::core::future::Future<\n        {output}\n    > + ::core::marker::Send");
    let plain = PlainView::new(schema, method, module, argument);
    let client_call = {
        let function = format!("::rsvc::codegen::client::{call}");
        let arguments = ["&self.channel", &format!("&{}", method.info_name), "ctx", &plain.sent];
        layout::awaited(&function, &arguments, 2) + &plain.returned
    };
    let (told, info_laid_out) = told(schema, method, module);
    let comments = docs::lines(&method.origin.comments).into_iter();
    MethodView {
        docs: comment(comments.chain(error_docs(schema, method, error))),
        deprecated: method.origin.deprecated,
        name,
        object_name: &method.object_name,
        proto_name: &method.name,
        full_name: &method.full_name,
        path: method.path(&schema.services[method.service]),
        info: &method.info_name,
        kind,
        call,
        argument,
        parameter,
        future,
        result: result.lines(Around { before: ") -> ", after: " {", ..Around::default() }, 1),
        request: request_text,
        response: response_text,
        plain,
        // Before calls on it, the description is indented twice.
        pad: if told.is_empty() { "    " } else { "        " },
        told,
        info_laid_out,
        laid_out,
        client_call,
    }
}

/// What is said of a method besides its names, as calls on its description, and whether each is on one line.
fn told(schema: &Schema, method: &Method, module: &[String]) -> (Vec<String>, bool) {
    let idempotency = match method.idempotency {
        Idempotency::Unknown => None,
        Idempotency::NoSideEffects => Some("NoSideEffects"),
        Idempotency::Idempotent => Some("Idempotent"),
    };
    let calls = [
        idempotency.map(|level| format!("idempotency(::rsvc::Idempotency::{level})")),
        access(&method.access).map(|access| format!("access({access})")),
        method.condition.as_ref().map(|it| format!("condition({})", condition(schema, method, it, module))),
        method.timeout.map(|it| format!("timeout({})", retry::duration(it))),
        method
            .cache
            .as_ref()
            .map(|it| format!("cache(const {{ &{} }})", cache::cache(schema, it, method.output, module))),
        method.retry.as_ref().map(|it| format!("retry({})", retry::policy(it))),
        method.masked.as_ref().map(|it| format!("masked({})", masked(schema, method, it, module))),
    ];
    let is_long = method.condition.is_some()
        || method.cache.is_some()
        || method.retry.is_some()
        || method.masked.is_some()
        || matches!(method.access, Access::Scopes { .. });
    (calls.into_iter().flatten().map(|call| format!(".{call}")).collect(), !is_long)
}

/// The lines of a documentation as prettyplease writes them, behind their `///`.
fn comment(lines: impl IntoIterator<Item = String>) -> Vec<String> {
    lines.into_iter().map(|line| line.trim_end_matches(' ').to_owned()).collect()
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
    use crate::emit::{fixture, pretty};

    fn text(emitted: Emitted) -> String {
        match emitted {
            Emitted::Items(items) => items.into_iter().map(pretty).collect::<Vec<_>>().join("\n"),
            Emitted::Text(text) => text,
            _ => panic!("neither items nor text"),
        }
    }

    #[test]
    fn what_is_laid_out_reads_as_prettyplease_writes_it() {
        let name = |first: char, length: usize| format!("{first}{}", "x".repeat(length - 1));
        let service = |length: usize| {
            let name = name('S', length);
            format!("service {name} {{ rpc Get(M) returns (M); rpc Go{name}(stream M) returns (stream M); }}")
        };
        let services = (1..60).map(service).collect::<Vec<_>>().concat();
        let messages = (1..90).map(|length| format!("message {} {{}}", name('A', length)));
        let messages = messages.collect::<Vec<_>>().concat();
        let told = [
            "",
            "// Does it.\n//\n//  - or not \nrpc Commented(M) returns (M);",
            "rpc Old(M) returns (M) { option deprecated = true; }",
            "rpc Asked(M) returns (M) { option (rsvc.v1.method) = { access: { public: {} } }; }",
            "rpc Told(M) returns (M) { option idempotency_level = IDEMPOTENT; option (rsvc.v1.method).timeout.seconds = 2; }",
            "rpc Long(M) returns (M) { option (rsvc.v1.method) = { access: { scopes: { all_of: [\"a\"] } } }; }",
        ];
        let told = told.into_iter().enumerate();
        let told = told.map(|(index, rpc)| format!("service Told{index} {{ {rpc} }}"));
        let told = told.collect::<Vec<_>>().concat();
        // Each kind, with names of each length, and an error with a name of its own.
        let kinds: Vec<String> = (1..90)
            .map(|length| {
                let (message, set) = (name('A', length), name('E', length.min(50)));
                let (error, service) = (format!("{{ error_set: \"t.v1.{set}\" }}"), name('K', 1 + length % 30));
                let own = format!("option (rsvc.v1.service) = {error};");
                format!(
                    "service {service}{length} {{ {} rpc U(M) returns ({message}); rpc S({message}) returns (stream M); \
                     rpc {service}C(stream {message}) returns (M); rpc B(stream M) returns (stream {message}); }}",
                    if length < 50 { &own } else { "" }
                )
            })
            .collect();
        let sets: Vec<String> = (1..50)
            .map(|length| {
                format!(
                    "message {} {{ option (rsvc.v1.error_set) = {{ domain: \"d.example\" }}; oneof kind {{ \
                     M gone = 1 [(rsvc.v1.error) = {{ code: NOT_FOUND message: \"x\" }}]; }} }}",
                    name('E', length)
                )
            })
            .collect();
        let head = r#"syntax = "proto3"; package t.v1; import "rsvc/v1/rsvc.proto"; message M {}"#;
        let (kinds, sets) = (kinds.concat(), sets.concat());
        let source = format!("{head} {messages} {sets} {services} {told} {kinds}");
        let schema = fixture::files(&[("t.proto", &source)]);
        let mut options = Options::default();
        options.set("rest_client", "true").expect("an option");
        let (mut laid_out, mut parsed) = (0, 0);
        for id in schema.services.ids() {
            let of = |as_text| emit(&schema, &options, id, as_text).expect("a service").into_iter();
            for piece in of(true) {
                match piece {
                    Emitted::Text(_) => laid_out += 1,
                    _ => parsed += 1,
                }
            }
            let texts = |as_text| of(as_text).map(text).collect::<Vec<_>>().join("\n");
            assert_eq!(texts(true), texts(false), "{}", schema.services[id].full_name);
        }
        assert!(laid_out > 1500 && parsed < laid_out / 4, "{laid_out}, {parsed}");
    }
}
