//! Responses: what a method answers, and how it can fail.

use std::collections::BTreeMap;

use rsvc_common::codes;
use serde_json::{Value, json};
use utoipa::openapi::content::Content;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{Object, Type};
use utoipa::openapi::{RefOr, Response, ResponseBuilder, Responses, Schema};

use super::examples::with_example;
use super::fields;
use super::media::{JSON, PROBLEM, RAW};
use super::shape::{any_of, anything, one_of, text};
use super::writer::Writer;
use super::{errors, streams};
use crate::model::http::{Binding, Body, Verb};
use crate::model::{
    Access, Cache, ErrorSetId, FieldKind, Idempotency, Method, Presence, ValueType, WellKnown,
};

/// A status with which the adapter itself refuses a call, whatever the method.
struct Failure {
    status: u16,
    /// The name of its component.
    name: &'static str,
    description: &'static str,
    /// A header that it has.
    header: Option<&'static str>,
}

const fn failure(status: u16, name: &'static str, description: &'static str) -> Failure {
    Failure { status, name, description, header: None }
}

const BAD_REQUEST: Failure = failure(
    400,
    "BadRequest",
    "The request is malformed, or breaks a rule: `details` has a `google.rpc.BadRequest` with each violation.",
);
const UNAUTHENTICATED: Failure = Failure {
    header: Some("WWW-Authenticate"),
    ..failure(
        401,
        "Unauthenticated",
        "Nobody is known to make the call: there are no credentials, or wrong ones.",
    )
};
const PERMISSION_DENIED: Failure = Failure {
    header: Some("WWW-Authenticate"),
    ..failure(403, "PermissionDenied", "The caller may not do this.")
};
const TOO_SLOW: Failure = failure(408, "RequestTimeout", "The body of the request does not arrive.");
const PRECONDITION: Failure =
    failure(412, "PreconditionFailed", "There is another version than `If-Match` names.");
const TOO_LARGE: Failure = failure(413, "PayloadTooLarge", "The request is larger than the server takes.");
const MEDIA_TYPE: Failure =
    failure(415, "UnsupportedMediaType", "The body is compressed in a way that the server does not read.");
const TOO_MANY: Failure = Failure {
    header: Some("Retry-After"),
    ..failure(429, "TooManyRequests", "The server has more to do than it takes on.")
};
const UNEXPECTED: Failure =
    failure(500, "InternalServerError", "Something that should not happen has happened.");
const UNAVAILABLE: Failure = Failure {
    header: Some("Retry-After"),
    ..failure(503, "ServiceUnavailable", "The service cannot answer at the moment.")
};
const DEADLINE: Failure = failure(504, "GatewayTimeout", "The call took longer than it may.");

impl Writer<'_> {
    /// The responses of a binding.
    pub(super) fn responses(&mut self, method: &Method, binding: &Binding) -> Responses {
        let mut all: BTreeMap<String, RefOr<Response>> = BTreeMap::new();
        let ok = self.success(method, binding);
        all.insert("200".to_owned(), ok.into());
        if is_cached(method, binding) {
            let response = ResponseBuilder::new().description("The caller has this version already.");
            let response = self.with_caching(response, method, binding).build();
            all.insert("304".to_owned(), response.into());
        }
        let mut typed = self.typed_by_status(method);
        for failure in failures(self, method, binding) {
            let response = match typed.remove(&failure.status) {
                Some(errors) => self.failed(failure.status, &errors, Some(failure)).into(),
                None => self.shared_failure(failure),
            };
            all.insert(failure.status.to_string(), response);
        }
        for (status, errors) in typed {
            let response = self.failed(status, &errors, None);
            all.insert(status.to_string(), response.into());
        }
        let other = self.shared_response("Error", |this| {
            this.with_error(ResponseBuilder::new().description("Any other error."), 0).build()
        });
        all.insert("default".to_owned(), other);
        Responses::from_iter(all)
    }

    fn success(&mut self, method: &Method, binding: &Binding) -> Response {
        let is_raw = match binding.response_body {
            Some(field) => fields::is_raw(self.schema, self.schema.fields[field].kind.value()),
            None => self.schema.messages[method.output].is_http_body(),
        };
        let mut response = ResponseBuilder::new().description(self.success_words(method));
        if is_raw {
            response = response.content(RAW, Content::new(Some(anything())));
            return self.with_caching(response, method, binding).build();
        }
        let schema = self.response_schema(method, binding);
        let example = self.example_of_response(method, binding);
        if method.kind.server_streams() {
            for (media, content) in self.responses_of_stream(&schema, example) {
                response = response.content(media, content);
            }
            return response.build();
        }
        response = response.content(JSON, with_example(Content::new(Some(schema)), example));
        self.with_caching(response, method, binding).build()
    }

    fn success_words(&self, method: &Method) -> &'static str {
        let is_empty = self.schema.messages[method.output].well_known == Some(WellKnown::Empty);
        match (method.kind.server_streams(), is_empty) {
            (true, _) => streams::RESPONSES,
            (false, true) => "It is done.",
            (false, false) => "The response.",
        }
    }

    /// What a response is, or each message of a stream.
    pub(super) fn response_schema(&mut self, method: &Method, binding: &Binding) -> RefOr<Schema> {
        let Some(field) = binding.response_body else { return self.components.message(method.output) };
        let schema = self.components.field(field);
        let can_be_unset = match &self.schema.fields[field].kind {
            FieldKind::Singular(ValueType::Message(id), _) => {
                !self.schema.messages[*id].well_known.is_some_and(WellKnown::is_wrapper)
            }
            FieldKind::Singular(_, presence) => *presence == Presence::Explicit,
            _ => false,
        };
        if can_be_unset { any_of(vec![schema, Object::with_type(Type::Null).into()]) } else { schema }
    }

    /// The headers by which caches go.
    fn with_caching(
        &mut self,
        mut response: ResponseBuilder,
        method: &Method,
        binding: &Binding,
    ) -> ResponseBuilder {
        let Some(cache) = &method.cache else { return response };
        let reads = method.idempotency == Idempotency::NoSideEffects;
        // Of a response to PUT a tag would say that exactly what was sent is stored.
        if binding.verb == Verb::Put || (reads && binding.verb != Verb::Get) {
            return response;
        }
        let header =
            |words: &str| HeaderBuilder::new().schema(Some(text(""))).description(Some(words)).build();
        if cache.etag.is_some() {
            let words = "The version of the response, for `If-None-Match` and `If-Match`.";
            let tag = self.shared_header("ETag", || header(words));
            response = add_header(response, "ETag", tag);
        }
        if reads {
            let control =
                self.shared_header("CacheControl", || header("What caches may do with the response."));
            response = add_header(response, "Cache-Control", control);
            let vary = self
                .shared_header("Vary", || header("The headers of the request that the response depends on."));
            response = add_header(response, "Vary", vary);
        }
        response
    }

    /// The errors that a method declares, by their HTTP status.
    fn typed_by_status(&self, method: &Method) -> BTreeMap<u16, Vec<(ErrorSetId, usize)>> {
        let mut all: BTreeMap<u16, Vec<(ErrorSetId, usize)>> = BTreeMap::new();
        for (set, index) in typed(self, method) {
            let status = self.schema.error_sets[set].errors[index].http_status;
            all.entry(status).or_default().push((set, index));
        }
        all
    }

    /// A response of errors of one status: those of the service, and that of the adapter.
    fn failed(&mut self, status: u16, errors: &[(ErrorSetId, usize)], common: Option<&Failure>) -> Response {
        let mut words = Vec::new();
        let mut schemas = Vec::new();
        let mut retries = false;
        for (set, index) in errors {
            let error = &self.schema.error_sets[*set].errors[*index];
            let comment = errors::words(self.schema, error);
            let comment = comment.split_whitespace().collect::<Vec<_>>().join(" ");
            words.push(format!("- `{}`: {comment}", error.reason).trim_end_matches([':', ' ']).to_owned());
            retries |= error.retry_after.is_some();
            schemas.push(self.typed_error(*set, *index));
        }
        let schema = match common {
            Some(failure) => {
                words.push(format!("- {}", failure.description));
                schemas.push(self.error());
                any_of(schemas)
            }
            None => one_of(schemas),
        };
        let title = codes::CODES.iter().find(|code| code.http == status).map(|code| code.name);
        let words = match (&*words, title) {
            ([one], _) => one.trim_start_matches("- ").to_owned(),
            _ => words.join("\n"),
        };
        let mut response = self.with_errors(ResponseBuilder::new().description(words), schema, errors);
        let header = common.and_then(|failure| failure.header).or(retries.then_some("Retry-After"));
        if let Some(name) = header {
            response = self.with_header(response, name);
        }
        response.build()
    }

    fn shared_failure(&mut self, failure: &Failure) -> RefOr<Response> {
        self.shared_response(failure.name, |this| {
            let response = ResponseBuilder::new().description(failure.description);
            let response = this.with_error(response, failure.status);
            match failure.header {
                Some(name) => this.with_header(response, name).build(),
                None => response.build(),
            }
        })
    }

    /// The body of any error in both of its forms.
    fn with_error(&mut self, response: ResponseBuilder, status: u16) -> ResponseBuilder {
        let json = with_example(Content::new(Some(self.error())), example(status));
        response.content(JSON, json).content(PROBLEM, Content::new(Some(self.problem())))
    }

    /// The bodies of typed errors in both of their forms.
    fn with_errors(
        &mut self,
        response: ResponseBuilder,
        schema: RefOr<Schema>,
        errors: &[(ErrorSetId, usize)],
    ) -> ResponseBuilder {
        let json = self.examples_of_errors(errors, false).schema(Some(schema)).build();
        let problem = self.problem();
        let problem = self.examples_of_errors(errors, true).schema(Some(problem)).build();
        response.content(JSON, json).content(PROBLEM, problem)
    }

    fn with_header(&mut self, response: ResponseBuilder, name: &str) -> ResponseBuilder {
        let (component, words) = match name {
            "Retry-After" => ("RetryAfter", "After how many seconds to try again."),
            _ => ("WwwAuthenticate", "How to say who calls."),
        };
        let header = self.shared_header(component, || {
            HeaderBuilder::new().schema(Some(text(""))).description(Some(words)).build()
        });
        add_header(response, name, header)
    }
}

/// What the adapter sends, where that is much the same for every method.
fn example(status: u16) -> Option<Value> {
    let (code, message) = match status {
        400 => {
            let violation = json!({"field": "items[1].count", "description": "\"x\" is not an int32"});
            return Some(json!({
                "code": 3,
                "message": "the body: \"x\" is not an int32 at `items[1].count` (offset 31)",
                "details": [{
                    "@type": "type.googleapis.com/google.rpc.BadRequest",
                    "fieldViolations": [violation],
                }],
            }));
        }
        401 => (16, "the token is not valid"),
        500 => (13, "the handler failed"),
        _ => return None,
    };
    Some(json!({"code": code, "message": message}))
}

fn add_header(
    response: ResponseBuilder,
    name: &str,
    header: RefOr<utoipa::openapi::Header>,
) -> ResponseBuilder {
    match header {
        RefOr::Ref(to) => response.header_ref(name, to),
        RefOr::T(header) => response.header(name, header),
    }
}

/// The errors that a method can return: those that it names, or all of its service.
pub(super) fn typed(writer: &Writer<'_>, method: &Method) -> Vec<(ErrorSetId, usize)> {
    let Some(set) = writer.schema.services[method.service].error else { return Vec::new() };
    if method.errors.is_empty() {
        return (0..writer.schema.error_sets[set].errors.len()).map(|index| (set, index)).collect();
    }
    method.errors.iter().map(|index| (set, *index)).collect()
}

/// Whether a response can be 304.
fn is_cached(method: &Method, binding: &Binding) -> bool {
    binding.verb == Verb::Get
        && method.idempotency == Idempotency::NoSideEffects
        && matches!(method.cache, Some(Cache { etag: Some(_), .. }))
}

/// The statuses with which the adapter itself refuses calls of a method.
fn failures<'f>(writer: &Writer<'_>, method: &Method, binding: &Binding) -> Vec<&'f Failure> {
    let mut all = vec![&BAD_REQUEST];
    if writer.security.needs_caller(method) {
        all.push(&UNAUTHENTICATED);
    }
    if matches!(method.access, Access::Scopes { .. }) || method.condition.is_some() {
        all.push(&PERMISSION_DENIED);
    }
    if method.openapi.if_match || matches!(method.cache, Some(Cache { etag: Some(_), .. })) {
        all.push(&PRECONDITION);
    }
    if binding.body != Body::None {
        all.extend([&TOO_SLOW, &TOO_LARGE, &MEDIA_TYPE]);
    }
    all.extend([&TOO_MANY, &UNEXPECTED, &UNAVAILABLE]);
    if method.timeout.is_some() {
        all.push(&DEADLINE);
    }
    all
}
