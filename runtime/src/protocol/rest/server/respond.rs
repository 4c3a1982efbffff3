//! From a message to an HTTP response.

use std::cell::Cell;

use crate::bridge::Status;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Response};
use http_body::Body as _;
use prost::Message;

use crate::Context;
use crate::call::body::Payload;
use crate::call::dispatch;
use crate::json;
use crate::json::info::{Cardinality, Type};
use crate::json::{Json, Writer};
use crate::method::MethodInfo;
use crate::pb::google::api::HttpBody;
use crate::protocol::rest::headers;
use crate::protocol::rest::negotiate::{JSON, Media, PROTOBUF};
use crate::protocol::rest::server::call::Reply;
use crate::protocol::rest::server::error::Failure;
use crate::protocol::rest::server::options::Options;
use crate::transcode::binding::{Binding, Fields};
use crate::transcode::httpbody;

/// The room for a response to begin with: as much as an allocator gives fast. Growing costs more.
const ROOM: usize = 1024;

/// Fills the response to a call with one response message.
pub(crate) fn message<Req, Res: prost::Message + dispatch::Response>(
    method: &'static MethodInfo,
    ctx: &Context,
    message: Res,
    reply: &Reply,
    fields: Fields<Req, Res>,
    response: &mut Response<Payload>,
) -> Result<(), Failure> {
    dispatch::release(method, &reply.settings.policy, &message)?;
    let media = if reply.accept { Media::accepted(ctx.metadata().as_ref()) } else { Media::Json };
    let options = &reply.settings.options;
    // The message is moved only where it has to be.
    let content = match raw(Res::info(), reply.binding) {
        None => written(&message, media, reply.binding, options, fields)?,
        Some(which) => which.content(message)?,
    };
    *response.body_mut() = Payload::Whole(content.body);
    response.headers_mut().insert(CONTENT_TYPE, content.media_type);
    if ctx.has_answer() {
        headers::send(ctx, &HeaderMap::new(), options, response.headers_mut());
    }
    Ok(())
}

/// A message as it goes out.
pub(crate) struct Content {
    pub(crate) media_type: HeaderValue,
    pub(crate) body: Bytes,
}

/// Writes a response message in a form, unless it is raw content.
pub(crate) fn content<Req, Res: prost::Message + Json + 'static>(
    message: Res,
    media: Media,
    binding: &Binding,
    options: &Options,
    fields: Fields<Req, Res>,
) -> Result<Content, Failure> {
    match raw(Res::info(), binding) {
        None => written(&message, media, binding, options, fields),
        Some(which) => which.content(message),
    }
}

/// Writes a response message in a form.
fn written<Req, Res: prost::Message + Json>(
    message: &Res,
    media: Media,
    binding: &Binding,
    options: &Options,
    fields: Fields<Req, Res>,
) -> Result<Content, Failure> {
    Ok(match media {
        Media::Json => Content { media_type: JSON, body: body(message, binding, options, fields)? },
        Media::Protobuf => Content { media_type: PROTOBUF, body: protobuf(message, binding).into() },
    })
}

/// What of a message is a `google.api.HttpBody`.
pub(crate) enum Raw {
    Whole,
    Field(u32),
}

impl Raw {
    #[cold]
    fn content<Res: prost::Message + Json + 'static>(self, message: Res) -> Result<Content, Failure> {
        let body = match self {
            Self::Whole => httpbody::written(message)?,
            Self::Field(number) => HttpBody::decode(&*field_bytes(&message, number)).unwrap_or_default(),
        };
        Ok(Content { media_type: httpbody::content_type(&body)?, body: body.data.into() })
    }
}

pub(crate) fn raw(info: &json::MessageInfo, binding: &Binding) -> Option<Raw> {
    match binding.response_body {
        None => httpbody::is(info).then_some(Raw::Whole),
        Some(index) => {
            let field = info.field(index.into());
            httpbody::is_field(field).then_some(Raw::Field(field.number))
        }
    }
}

thread_local! {
    /// Where a thread writes the bodies of its responses. Only their own size is then allocated for them, once.
    static PAPER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Up to here a copy costs less than what it saves.
const COPIED: usize = 4 * ROOM;

/// A response message as a body of JSON.
fn body<Req, Res: Json>(
    message: &Res,
    binding: &Binding,
    options: &Options,
    fields: Fields<Req, Res>,
) -> Result<Bytes, Failure> {
    if binding.response_body.is_some() {
        return json(message, binding, options, fields).map(Bytes::from);
    }
    // Taken away while it is in use: writing runs what the user wrote.
    let mut paper = PAPER.try_with(Cell::take).unwrap_or_default();
    paper.clear();
    paper.reserve(ROOM);
    options.json.append(message, &mut paper).map_err(|error| unwritable(&error, binding))?;
    if paper.len() > COPIED {
        return Ok(paper.into());
    }
    let body = Bytes::copy_from_slice(&paper);
    // A thread that ends has no use for it any more.
    let _ = PAPER.try_with(|place| place.set(paper));
    Ok(body)
}

/// Writes a response message as JSON.
pub(crate) fn json<Req, Res: Json>(
    message: &Res,
    binding: &Binding,
    options: &Options,
    fields: Fields<Req, Res>,
) -> Result<Vec<u8>, Failure> {
    let Some(index) = binding.response_body else {
        let mut out = Vec::with_capacity(ROOM);
        options.json.append(message, &mut out).map_err(|error| unwritable(&error, binding))?;
        return Ok(out);
    };
    field_json(message, index, &options.json, fields.write).map_err(|error| unwritable(&error, binding))
}

/// The JSON of a field's value, by its index; `write` writes the field with its key.
pub(crate) fn field_json<T: Json>(
    message: &T,
    index: u16,
    options: &json::WriteOptions,
    write: fn(u16, &T, &mut Writer),
) -> Result<Vec<u8>, json::Error> {
    let field = T::info().field(index.into());
    let mut writer = Writer::new(options, Vec::with_capacity(128));
    writer.key(field);
    let key = writer.finish()?.len();
    let mut writer = Writer::new(options, Vec::with_capacity(128));
    write(index, message, &mut writer);
    let mut body = writer.finish()?;
    if body.is_empty() {
        push_default(field, &mut body);
    } else {
        body.drain(..key);
    }
    Ok(body)
}

/// The JSON of a field that has no value.
fn push_default(field: &json::Field, out: &mut Vec<u8>) {
    let text = match (field.cardinality, field.ty) {
        (Cardinality::Repeated | Cardinality::Packed, _) => "[]",
        (Cardinality::Map(_), _) => "{}",
        (Cardinality::Explicit | Cardinality::Required, _) => "null",
        (_, Type::String | Type::Bytes) => "\"\"",
        (_, Type::Bool) => "false",
        (_, Type::Int64 | Type::Uint64 | Type::Sint64 | Type::Fixed64 | Type::Sfixed64) => "\"0\"",
        (_, Type::Enum(info)) if let Some(name) = info.name_of(0) => {
            return out.extend([b"\"", name.as_bytes(), b"\""].concat());
        }
        _ => "0",
    };
    out.extend_from_slice(text.as_bytes());
}

/// A response message as protobuf. A field that is no message has no form of its own: the message around it has.
pub(crate) fn protobuf<Res: prost::Message + Json>(message: &Res, binding: &Binding) -> Vec<u8> {
    match binding.response_body.map(|index| Res::info().field(index.into())) {
        Some(field)
            if matches!(field.ty, Type::Message(_))
                && matches!(field.cardinality, Cardinality::Explicit | Cardinality::Implicit) =>
        {
            field_bytes(message, field.number)
        }
        _ => json::encode(message),
    }
}

/// The bytes of a field that is a message.
pub(crate) fn field_bytes(message: &(impl prost::Message + Json), number: u32) -> Vec<u8> {
    crate::transcode::text::message_in(&json::encode(message), number)
}

/// A response without its body, which says how long that would be.
pub(crate) fn without_body(response: &mut Response<Payload>) {
    let body = std::mem::take(response.body_mut());
    if let Some(length) = body.size_hint().exact() {
        response.headers_mut().insert(CONTENT_LENGTH, length.into());
    }
}

/// A message without JSON, which is for whoever runs the server to know.
#[cold]
fn unwritable(error: &json::Error, binding: &Binding) -> Failure {
    tracing::error!(%error, ?binding, "a response has no JSON");
    Status::internal("the response has no JSON").into()
}
