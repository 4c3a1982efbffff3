//! The paths of the Connect protocol: every unary method has one, whether it has a binding or not.

use utoipa::openapi::content::{Content, ContentBuilder};
use utoipa::openapi::path::{HttpMethod, Operation, ParameterBuilder, ParameterIn, PathItem, Paths};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::{RefOr, Required, ResponseBuilder, ResponsesBuilder, Schema};

use super::media::JSON;
use super::shape::{list, object, one_of_texts, text};
use super::writer::Writer;
use crate::model::openapi::is_shown;
use crate::model::{Idempotency, Method, MethodKind, ServiceId};

/// Adds the operations of unary methods: `POST`, and `GET` where nothing is changed.
pub(super) fn add(writer: &mut Writer<'_>, services: &[ServiceId], paths: &mut Paths) {
    let schema = writer.schema;
    for service in services {
        for method in &schema.services[*service].methods {
            let method = &schema.methods[*method];
            if method.kind != MethodKind::Unary || !is_shown(schema, method) {
                continue;
            }
            let mut item = PathItem::new(HttpMethod::Post, post(writer, method));
            if method.idempotency == Idempotency::NoSideEffects {
                item.get = Some(get(writer, method));
            }
            let path = method.path(&schema.services[*service]);
            paths.paths.entry(path).or_default().merge_operations(item);
        }
    }
}

fn post(writer: &mut Writer<'_>, method: &Method) -> Operation {
    let message = writer.components.message(method.input);
    let body = RequestBodyBuilder::new()
        .content(JSON, Content::new(Some(message)))
        .required(Some(Required::True))
        .build();
    let mut operation = writer.described(method, "_Connect").build();
    operation.request_body = Some(body.into());
    operation.responses = responses(writer, method);
    operation
}

fn get(writer: &mut Writer<'_>, method: &Method) -> Operation {
    let message = writer.components.message(method.input);
    let query = |name: &str, required, words: &str| {
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Query)
            .required(required)
            .description(Some(words))
    };
    let content = ContentBuilder::new().schema(Some(message)).build();
    let parameters = [
        query("encoding", Required::True, "The form of the message.").schema(Some(one_of_texts(["json"]))),
        query("message", Required::True, "The request in JSON.").content(JSON, content),
        query("connect", Required::False, "The version of the protocol.").schema(Some(one_of_texts(["v1"]))),
    ];
    let mut operation = writer.described(method, "_ConnectGet").build();
    operation.parameters =
        Some(parameters.into_iter().map(|parameter| RefOr::T(parameter.build())).collect());
    operation.responses = responses(writer, method);
    operation
}

fn responses(writer: &mut Writer<'_>, method: &Method) -> utoipa::openapi::Responses {
    let message = writer.components.message(method.output);
    let ok = ResponseBuilder::new().description("The response.").content(JSON, Content::new(Some(message)));
    let error = writer.common("ConnectError", |_| error());
    let error = ResponseBuilder::new().description("An error.").content(JSON, Content::new(Some(error)));
    ResponsesBuilder::new().response("200", ok).response("default", error).build()
}

/// The body of an error by the protocol.
fn error() -> RefOr<Schema> {
    let detail = object(
        "A message that says more of an error.",
        [
            ("type*", text("The full name of the message, as `google.rpc.ErrorInfo`.")),
            ("value*", text("The message in protobuf, as base64 without padding.")),
        ],
    );
    object(
        "An error of the Connect protocol.",
        [
            ("code*", RefOr::from(text("The code in lower case, as `not_found`."))),
            ("message", text("What went wrong, for developers.").into()),
            ("details", RefOr::from(list(detail))),
        ],
    )
    .into()
}
