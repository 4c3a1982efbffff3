//! From request messages to HTTP requests.

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use prost_types::Struct;

use super::target::RestCall;
use super::{compress, url};
use crate::Context;
use crate::bridge::Status;
use crate::call::Body;
use crate::deadline;
use crate::json::info::Form;
use crate::json::{self, MessageInfo, WriteOptions};
use crate::message::AnyMessage;
use crate::metadata;
use crate::pb::google::api::HttpBody;
use crate::protocol::client::{WriteRequest, check};
use crate::protocol::rest::METADATA_PREFIX;
use crate::protocol::rest::negotiate::JSON;
use crate::transcode::binding::{Binding, BodyKind};
use crate::transcode::field::BodyField;
use crate::transcode::httpbody;

/// An HTTP request, and the binding that it goes by.
pub(crate) struct BoundRequest {
    pub(super) binding: &'static Binding,
    pub(super) request: Request<Body>,
}

impl BoundRequest {
    /// Whether the request can be made of the message once more, of the type that `table` describes: what is not JSON was taken
    /// out of it.
    pub(crate) fn is_repeatable(&self, table: &'static MessageInfo) -> bool {
        match self.binding.body {
            BodyKind::None => true,
            BodyKind::Whole => !httpbody::is(table),
            BodyKind::Field(index) => !httpbody::is_field(BodyField::of(table, index).info()),
        }
    }

    /// The request of one message, to be made as often as it takes.
    pub(crate) fn into_template(self) -> RequestTemplate {
        let Self { binding, request } = self;
        let (parts, body) = request.into_parts();
        let whole = body.into_whole();
        let path = parts.uri.into_parts().path_and_query.expect("requests have a path");
        RequestTemplate {
            binding,
            method: parts.method,
            path,
            headers: parts.headers,
            body: whole.unwrap_or_else(|_| unreachable!("the content of one message is there")),
        }
    }
}

/// An HTTP request without what differs between the attempts of a call.
#[derive(Clone)]
pub(crate) struct RequestTemplate {
    binding: &'static Binding,
    method: Method,
    path: PathAndQuery,
    headers: HeaderMap,
    body: Bytes,
}

/// What of an HTTP request is its content.
struct RequestContent {
    media_type: HeaderValue,
    body: Body,
}

impl RestCall<'_> {
    /// The HTTP request of this attempt.
    pub(crate) fn request_of(&self, template: &RequestTemplate) -> BoundRequest {
        let RequestTemplate { binding, method, path, headers, body } = template.clone();
        let mut headers = headers;
        self.write_attempt(&mut headers);
        BoundRequest { binding, request: self.call.request(method, path, headers, body.into()) }
    }

    /// Writes what differs between the attempts of a call.
    fn write_attempt(&self, headers: &mut HeaderMap) {
        if let Some(time) = self.call.remaining() {
            headers.insert(deadline::HEADER, deadline::format(time));
        }
        self.call.tell_attempts(headers);
    }

    /// The HTTP request of a message, by the first binding that can say it. The message may be taken out of `message`.
    pub(crate) fn request(&self, message: &mut dyn AnyMessage) -> Result<BoundRequest, Status> {
        check(self.call.info, self.call.settings(), message)?;
        let table = message.table();
        let json = json::to_vec(&*message).map_err(|error| unwritable(&error))?;
        let fields = match table.form {
            Form::Fields | Form::Object(_) => json::from_slice(&json).map_err(|error| unwritable(&error))?,
            // A message whose JSON is not an object has no fields for a URL either.
            Form::Value(_) => Struct::default(),
        };
        let mut first = None;
        for binding in self.target.bindings() {
            match url::of(table, binding, &fields) {
                Ok(url) => {
                    let content = content(binding, message, json)?;
                    return self.bound(binding, &url, content);
                }
                Err(status) => {
                    first.get_or_insert(status);
                }
            }
        }
        Err(first.unwrap_or_else(|| {
            Status::unimplemented(format!("`{}` has no `google.api.http`", self.target.info.path))
        }))
    }

    /// The HTTP request of a stream of messages, which `body` has.
    pub(super) fn stream_request(
        &self,
        table: &'static MessageInfo,
        body: Body,
    ) -> Result<BoundRequest, Status> {
        let is_fit = |binding: &&Binding| binding.body == BodyKind::Whole && binding.variables.is_empty();
        let binding = self.target.bindings().find(is_fit).ok_or_else(|| {
            Status::unimplemented(format!(
                "`{}` has no binding whose body is the whole of each message, and whose path is fixed",
                self.target.info.path
            ))
        })?;
        let url = url::of(table, binding, &Struct::default())?;
        let media_type =
            if httpbody::is(table) { "application/octet-stream" } else { "application/x-ndjson" };
        let media_type = HeaderValue::from_static(media_type);
        self.bound(binding, &url, Some(RequestContent { media_type, body }))
    }

    fn bound(
        &self,
        binding: &'static Binding,
        url: &str,
        content: Option<RequestContent>,
    ) -> Result<BoundRequest, Status> {
        let path = PathAndQuery::try_from(format!("{}{url}", self.prefix)).map_err(|error| {
            Status::invalid_argument(format!("the request cannot be said in a URL: {error}"))
        })?;
        let verb = match (binding.verb, binding.body) {
            ("*", BodyKind::None) => Method::GET,
            ("*", _) => Method::POST,
            (verb, _) => Method::from_bytes(verb.as_bytes()).expect("the build knows what a method is"),
        };
        let mut headers = HeaderMap::with_capacity(8);
        append_metadata(&self.call.ctx, &mut headers);
        if verb == Method::GET {
            self.call.drop_conditions(&mut headers);
        }
        self.write_attempt(&mut headers);
        let accept = if self.target.info.kind.server_streams() {
            "text/event-stream, application/x-ndjson;q=0.9, application/json;q=0.8, */*;q=0.1"
        } else {
            "application/json, */*;q=0.1"
        };
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        let settings = self.call.settings();
        if let Some(accept) = &settings.accept {
            headers.insert(ACCEPT_ENCODING, accept.clone());
        }
        let body = match content {
            Some(RequestContent { media_type, body }) => {
                headers.insert(CONTENT_TYPE, media_type);
                compress::request(settings, &mut headers, body)
            }
            None => Body::empty(),
        };
        Ok(BoundRequest { binding, request: self.call.request(verb, path, headers, body) })
    }
}

/// What the body of a request is, whose JSON is known; `None` where it has none.
fn content(
    binding: &Binding,
    message: &mut dyn AnyMessage,
    json: Vec<u8>,
) -> Result<Option<RequestContent>, Status> {
    let table = message.table();
    let field = match binding.body {
        BodyKind::None => return Ok(None),
        BodyKind::Whole if httpbody::is(table) => return raw(httpbody::take(message)?).map(Some),
        BodyKind::Whole => return Ok(Some(RequestContent { media_type: JSON, body: json.into() })),
        BodyKind::Field(index) => BodyField::of(table, index),
    };
    if httpbody::is_field(field.info()) {
        return raw(httpbody::of_field(message, field.info())?).map(Some);
    }
    let body = field.to_json(message, &WriteOptions::new()).map_err(|error| unwritable(&error))?;
    Ok(Some(RequestContent { media_type: JSON, body: body.into() }))
}

fn raw(body: HttpBody) -> Result<RequestContent, Status> {
    let media_type = httpbody::content_type(&body)
        .ok_or_else(|| Status::invalid_argument("the content type of the request is not a header value"))?;
    Ok(RequestContent { media_type, body: body.data.into() })
}

/// Adds the metadata of a call. What HTTP knows goes by its name, the rest with a prefix that servers take off.
fn append_metadata(ctx: &Context, headers: &mut HeaderMap) {
    for (key, value) in &metadata::application(ctx.metadata()) {
        let is_known = metadata::is_trace(key.as_str())
            || matches!(
                key.as_str(),
                "authorization" | "accept-language" | "cookie" | "baggage" | "if-match" | "if-none-match"
            );
        let name =
            if is_known { Ok(key.clone()) } else { HeaderName::try_from(format!("{METADATA_PREFIX}{key}")) };
        match name {
            Ok(name) => drop(headers.append(name, value.clone())),
            Err(error) => tracing::warn!(%key, %error, "metadata has a key that is too long for a header"),
        }
    }
}

/// How the messages of a request stream stand in a body.
pub(super) enum StreamForm {
    /// A JSON text a line.
    Lines,
    /// The content of each `google.api.HttpBody`.
    Raw,
}

impl StreamForm {
    pub(super) fn of(table: &MessageInfo) -> Self {
        if httpbody::is(table) { Self::Raw } else { Self::Lines }
    }
}

impl WriteRequest for StreamForm {
    fn append(&self, message: &mut dyn AnyMessage, out: &mut Vec<u8>) -> Result<(), Status> {
        match self {
            Self::Lines => {
                WriteOptions::new().append(&*message, out).map_err(|error| unwritable(&error))?;
                out.push(b'\n');
            }
            Self::Raw => out.extend_from_slice(&httpbody::take(message)?.data),
        }
        Ok(())
    }
}

#[cold]
fn unwritable(error: &json::Error) -> Status {
    Status::internal(format!("the request has no JSON: {error}"))
}
