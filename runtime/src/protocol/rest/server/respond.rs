//! From a message to what an HTTP response has of it.

use std::cell::Cell;

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, EXPIRES, LAST_MODIFIED, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Response};
use http_body::Body as _;

use super::headers;
use super::method::RestMethod;
use super::options::Options;
use crate::Context;
use crate::bridge::Status;
use crate::call::{Body, CallError};
use crate::etag;
use crate::json::{self, MessageInfo};
use crate::message::AnyMessage;
use crate::protocol::caching::add_vary;
use crate::protocol::rest::negotiate::{JSON, Media, PROTOBUF};
use crate::transcode::binding::Binding;
use crate::transcode::field::BodyField;
use crate::transcode::httpbody;

/// The room for a response to begin with: as much as an allocator gives fast. Growing costs more.
const ROOM: usize = 1024;

/// What forbids browsers to take content for something else than its type says, as a page.
pub(crate) const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");

/// A message as it goes out.
pub(crate) struct Content {
    pub(crate) media_type: HeaderValue,
    pub(crate) body: Bytes,
}

impl Content {
    /// A response message in a form, unless it is raw content, which has a form of its own and is taken out of it.
    pub(crate) fn of(
        message: &mut dyn AnyMessage,
        media: Media,
        method: &RestMethod,
    ) -> Result<Self, CallError> {
        if let Some(raw) = RawContent::of(message.table(), method.binding) {
            return raw.take(message);
        }
        Ok(match media {
            Media::Json => Self { media_type: JSON, body: json_body(message, method)? },
            Media::Protobuf => {
                let mut body = Vec::new();
                append_protobuf(message, method, &mut body);
                Self { media_type: PROTOBUF, body: body.into() }
            }
        })
    }
}

/// Adds to the headers of a response, which are empty, what its content is and what the handler had to say besides.
pub(crate) fn add_headers(
    headers: &mut HeaderMap,
    media_type: HeaderValue,
    ctx: &Context,
    options: &Options,
) {
    headers.insert(CONTENT_TYPE, media_type);
    headers.insert(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    if ctx.has_answer() {
        send_answer(ctx, options, headers);
    }
}

/// Adds what a handler has answered besides its message, to the headers of a response.
#[cold]
fn send_answer(ctx: &Context, options: &Options, headers: &mut HeaderMap) {
    let is_chosen = [JSON, PROTOBUF].contains(&headers[CONTENT_TYPE]);
    headers::send(ctx, &HeaderMap::new(), options, headers);
    if is_chosen {
        tell_form(headers);
    }
}

/// Says, where a handler has spoken to caches, that the form was chosen, and gives its entity tag one for each form.
fn tell_form(headers: &mut HeaderMap) {
    if headers[CONTENT_TYPE] == PROTOBUF {
        etag::add_form(headers, etag::PROTOBUF);
    }
    if [CACHE_CONTROL, ETAG, EXPIRES, LAST_MODIFIED].iter().any(|name| headers.contains_key(name)) {
        add_vary(headers, "accept");
    }
}

/// What of a message is a `google.api.HttpBody`.
pub(crate) enum RawContent {
    Whole,
    Field(BodyField),
}

impl RawContent {
    /// What of the response of a binding is raw, if anything is.
    pub(crate) fn of(table: &'static MessageInfo, binding: &Binding) -> Option<Self> {
        match binding.response_body {
            None => httpbody::is(table).then_some(Self::Whole),
            Some(index) => {
                let field = BodyField::of(table, index);
                httpbody::is_field(field.info()).then_some(Self::Field(field))
            }
        }
    }

    /// The content and its type, which goes out only if it is one.
    #[cold]
    pub(crate) fn take(self, message: &mut dyn AnyMessage) -> Result<Content, CallError> {
        let body = match self {
            Self::Whole => httpbody::take(message)?,
            Self::Field(field) => httpbody::of_field(message, field.info())?,
        };
        let Some(media_type) = httpbody::content_type(&body) else {
            tracing::error!(content_type = ?body.content_type, "a handler's content type is not a header value");
            return Err(Status::internal("the content type of the response is not a header value").into());
        };
        Ok(Content { media_type, body: body.data.into() })
    }
}

thread_local! {
    /// Where a thread writes the bodies of its responses. Only their own size is then allocated for them, once.
    static JSON_BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Up to here a copy costs less than what it saves.
const COPIED: usize = 4 * ROOM;

/// A response message as a body of JSON.
fn json_body(message: &dyn AnyMessage, method: &RestMethod) -> Result<Bytes, CallError> {
    if method.binding.response_body.is_some() {
        let mut body = Vec::new();
        json(message, method, &mut body)?;
        return Ok(body.into());
    }
    // Taken away while it is in use: writing runs what the user wrote.
    let mut buffer = JSON_BUFFER.try_with(Cell::take).unwrap_or_default();
    buffer.clear();
    buffer.reserve(ROOM);
    let written = method.settings.options.json.fill(message, buffer);
    let buffer = written.map_err(|error| unwritable(&error, method.binding))?;
    if buffer.len() > COPIED {
        return Ok(buffer.into());
    }
    let body = Bytes::copy_from_slice(&buffer);
    // A thread that ends has no use for it any more.
    let _ = JSON_BUFFER.try_with(|place| place.set(buffer));
    Ok(body)
}

/// Writes a response message as JSON into `out`, which is empty.
pub(crate) fn json(
    message: &dyn AnyMessage,
    method: &RestMethod,
    out: &mut Vec<u8>,
) -> Result<(), CallError> {
    let options = &method.settings.options.json;
    let written = match method.binding.response_body {
        None => options.append(message, out),
        Some(index) => {
            BodyField::of(message.table(), index).to_json(message, options).map(|text| *out = text)
        }
    };
    written.map_err(|error| unwritable(&error, method.binding))
}

/// Appends a response message as protobuf. A field that is not a message has no form of its own: the message around it has.
pub(crate) fn append_protobuf(message: &dyn AnyMessage, method: &RestMethod, out: &mut Vec<u8>) {
    let field = method.binding.response_body.map(|index| BodyField::of(message.table(), index));
    if let Some(field) = field.filter(|field| field.single_message().is_some()) {
        out.extend_from_slice(&field.message_bytes(message));
    } else {
        out.reserve(message.wire_len());
        message.encode_wire(out);
    }
}

/// A response without its body, which says how long that would be.
pub(crate) fn without_body(response: &mut Response<Body>) {
    let body = std::mem::take(response.body_mut());
    if let Some(length) = body.size_hint().exact() {
        response.headers_mut().insert(CONTENT_LENGTH, length.into());
    }
}

/// A message without JSON, which is for whoever runs the server to know.
#[cold]
fn unwritable(error: &json::Error, binding: &Binding) -> CallError {
    tracing::error!(%error, ?binding, "a response has no JSON");
    Status::internal("the response has no JSON").into()
}

#[cfg(test)]
mod tests {
    use http::header::VARY;

    use super::*;

    #[test]
    fn what_caches_are_told_is_of_one_form() {
        for (media_type, key, value, tag, vary) in [
            (JSON, "etag", "\"7\"", Some("\"7\""), true),
            (PROTOBUF, "etag", "\"7\"", Some("\"7~proto\""), true),
            (PROTOBUF, "cache-control", "max-age=7", None, true),
            (JSON, "last-modified", "Thu, 01 Jan 1970 00:00:00 GMT", None, true),
            (JSON, "expires", "0", None, true),
            (JSON, "x-own", "7", None, false),
            (HeaderValue::from_static("text/plain"), "etag", "\"7\"", Some("\"7\""), false),
        ] {
            let ctx = Context::new();
            ctx.set_header(key, value).unwrap();
            let mut headers = HeaderMap::new();
            add_headers(&mut headers, media_type.clone(), &ctx, &Options::new());
            let name = format!("{media_type:?} {key}: {headers:?}");
            assert_eq!((&headers[CONTENT_TYPE], &headers[X_CONTENT_TYPE_OPTIONS]), (&media_type, &NOSNIFF));
            assert_eq!(headers.get(ETAG).map(|tag| tag.to_str().unwrap()), tag, "{name}");
            assert_eq!(
                headers.get(VARY).map(|vary| vary.to_str().unwrap()),
                vary.then_some("accept"),
                "{name}"
            );
        }
    }
}
