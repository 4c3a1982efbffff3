//! From an HTTP response to messages and errors.

use std::pin::Pin;

use crate::bridge::{Code, Status};
use bytes::{Bytes, BytesMut};
use http::header::CONTENT_TYPE;
use http::response::Parts;
use http::{HeaderMap, HeaderName, StatusCode};
use http_body::Body as _;
use prost::Message as _;
use prost_types::{Struct, value::Kind};
use tonic::body::Body;

use crate::Context;
use crate::json;
use crate::json::info::{Field, MessageInfo, Type};
use crate::json::{Json, ReadOptions, Reader};
use crate::metadata;
use crate::metadata::MetadataMap;
use crate::pb::google::rpc;
use crate::protocol::rest;
use crate::protocol::rest::client::events::Events;
use crate::transcode::binding::{Binding, Fields};
use crate::transcode::httpbody;
use crate::transcode::split::{Shape, Splitter};

/// Keeps what the headers bring of the call's metadata.
pub(crate) fn keep_metadata(ctx: &Context, parts: &Parts) {
    let (mut headers, mut trailers) = (HeaderMap::new(), HeaderMap::new());
    for (name, value) in &parts.headers {
        let name = name.as_str();
        let (to, key) = if let Some(key) = name.strip_prefix(rest::headers::PREFIX) {
            (&mut headers, key)
        } else if let Some(key) = name.strip_prefix(rest::headers::TRAILER_PREFIX) {
            (&mut trailers, key)
        } else {
            continue;
        };
        if metadata::is_application(key)
            && let Ok(key) = HeaderName::from_bytes(key.as_bytes())
        {
            to.append(key, value.clone());
        }
    }
    ctx.store_headers(MetadataMap::from_headers(headers));
    if !trailers.is_empty() {
        ctx.store_trailers(MetadataMap::from_headers(trailers));
    }
}

/// All of a body.
pub(crate) async fn collect(mut body: Body, limit: usize) -> Result<Bytes, Status> {
    let mut whole = BytesMut::new();
    while let Some(data) = next_data(&mut body).await? {
        if whole.len() + data.len() > limit {
            return Err(too_large(limit));
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole.freeze())
}

async fn next_data(body: &mut Body) -> Result<Option<Bytes>, Status> {
    loop {
        let frame = std::future::poll_fn(|task| Pin::new(&mut *body).poll_frame(task)).await;
        match frame {
            None => return Ok(None),
            Some(Err(error)) => return Err(Status::unavailable(format!("the response broke off: {error}"))),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

fn too_large(limit: usize) -> Status {
    Status::resource_exhausted(format!("the response has more than {limit} bytes"))
}

/// The message of a response.
pub(crate) fn message<Req, Res>(
    binding: &Binding,
    fields: Fields<Res, Req>,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Res, Status>
where
    Res: prost::Message + Default + Json + 'static,
{
    let mut response = Res::default();
    let raw = || httpbody::received(headers, body.clone());
    match binding.response_body.map(|index| (index, Res::info().field(index.into()))) {
        None if httpbody::is(Res::info()) => {
            httpbody::read(&mut response, raw()).map_err(|failure| failure.status)?;
        }
        Some((_, field)) if httpbody::is_field(field) => {
            httpbody::read_field(&mut response, field, &raw()).map_err(|failure| failure.status)?;
        }
        None if body.is_empty() => {}
        None => options().merge_slice(&mut response, body).map_err(|error| unreadable(&error))?,
        Some((index, field)) => {
            read_field(index, field, &mut response, fields, body).map_err(|error| unreadable(&error))?;
        }
    }
    Ok(response)
}

fn read_field<Req, Res>(
    index: u16,
    field: &Field,
    response: &mut Res,
    fields: Fields<Res, Req>,
    body: &[u8],
) -> Result<(), json::Error> {
    let options = options();
    let mut reader = Reader::new(&options, Reader::text(body)?);
    reader.start()?;
    let absent = !field.nullable && reader.null()?;
    if !absent {
        (fields.read)(index, response, &mut reader)?;
    }
    reader.finish()
}

/// A newer server may know more than this client.
fn options() -> ReadOptions {
    ReadOptions::new().ignore_unknown(true)
}

fn unreadable(error: &json::Error) -> Status {
    Status::internal(format!("the response cannot be read: {error}"))
}

/// The error that a response is.
pub(crate) async fn error(parts: &Parts, body: Body, limit: usize) -> Status {
    let body = match collect(body, limit).await {
        Ok(body) => body,
        Err(status) => return status,
    };
    let known = status_of(&body).unwrap_or_else(|| {
        let text = String::from_utf8_lossy(&body[..body.len().min(200)]).into_owned();
        Status::new(code_of(parts.status), format!("the server answers {}: {text}", parts.status))
    });
    let mut status = known;
    for (name, value) in &parts.headers {
        let prefixes = [rest::headers::PREFIX, rest::headers::TRAILER_PREFIX];
        let key = prefixes.into_iter().find_map(|prefix| name.as_str().strip_prefix(prefix));
        if let Some(Ok(key)) = key.filter(|key| metadata::is_application(key)).map(str::parse::<HeaderName>) {
            metadata::extend(status.metadata_mut(), &HeaderMap::from_iter([(key, value.clone())]));
        }
    }
    status
}

/// A `google.rpc.Status` in JSON; `None` if it is none.
fn status_of(json: &[u8]) -> Option<Status> {
    let options = options();
    let status = options.from_slice::<rpc::Status>(json).ok().or_else(|| {
        // A detail of a type that is not known here: the rest counts.
        let said = options.from_slice::<Struct>(json).ok()?;
        let code = match said.fields.get("code")?.kind.as_ref()? {
            #[allow(clippy::cast_possible_truncation, reason = "what is beyond is no code")]
            Kind::NumberValue(code) => *code as i32,
            _ => return None,
        };
        let message = match said.fields.get("message").and_then(|message| message.kind.as_ref()) {
            Some(Kind::StringValue(message)) => message.clone(),
            _ => String::new(),
        };
        Some(rpc::Status { code, message, details: Vec::new() })
    })?;
    let code = Code::from_i32(status.code);
    (code != Code::Ok).then(|| {
        let details = if status.details.is_empty() { Vec::new() } else { status.encode_to_vec() };
        Status::with_details(code, status.message, details.into())
    })
}

/// The code of an error that says nothing but its HTTP status.
fn code_of(http: StatusCode) -> Code {
    match http.as_u16() {
        400 => Code::InvalidArgument,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::NotFound,
        408 | 504 => Code::DeadlineExceeded,
        409 => Code::Aborted,
        413 | 414 | 429 | 431 => Code::ResourceExhausted,
        405 | 415 | 501 => Code::Unimplemented,
        499 => Code::Cancelled,
        500 => Code::Internal,
        502 | 503 => Code::Unavailable,
        _ => Code::Unknown,
    }
}

/// The messages of a streamed response, one after the other.
pub(crate) struct Messages<Req, Res> {
    body: Body,
    headers: HeaderMap,
    format: Format,
    binding: &'static Binding,
    fields: Fields<Res, Req>,
    ended: bool,
}

enum Format {
    Events(Events),
    /// An array or lines.
    Texts(Splitter),
    /// The content of `google.api.HttpBody`s.
    Raw,
}

impl<Req, Res: prost::Message + Default + Json + 'static> Messages<Req, Res> {
    pub(crate) fn new(
        parts: Parts,
        body: Body,
        binding: &'static Binding,
        fields: Fields<Res, Req>,
        limit: usize,
    ) -> Self {
        let media_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let is = |name: &str| media_type.is_some_and(|text| text.starts_with(name));
        let raw = match binding.response_body {
            None => httpbody::is(Res::info()),
            Some(index) => httpbody::is_field(Res::info().field(index.into())),
        };
        let format = if raw {
            Format::Raw
        } else if is("text/event-stream") {
            Format::Events(Events::new(limit))
        } else {
            Format::Texts(Splitter::new(Shape::Any, limit))
        };
        Self { body, headers: parts.headers, format, binding, fields, ended: false }
    }

    /// The next message; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Res>, Status> {
        loop {
            if let Some(step) = self.ready()? {
                return match step {
                    Step::Message(body) => message(self.binding, self.fields, &self.headers, &body).map(Some),
                    Step::End => Ok(None),
                };
            }
            match next_data(&mut self.body).await? {
                Some(data) => match &mut self.format {
                    Format::Events(events) => events.push(&data),
                    Format::Texts(texts) => texts.push(data),
                    Format::Raw => return message(self.binding, self.fields, &self.headers, &data).map(Some),
                },
                None if self.ended => return Ok(None),
                None => self.ended = true,
            }
        }
    }

    /// What there is without more of the body.
    fn ready(&mut self) -> Result<Option<Step>, Status> {
        match &mut self.format {
            Format::Raw => Ok(self.ended.then_some(Step::End)),
            Format::Events(events) => {
                match events.next().map_err(|_| Status::resource_exhausted("an event is too large"))? {
                    Some(event) if event.name == "error" => Err(status_of(&event.data)
                        .unwrap_or_else(|| Status::unknown("the stream ended with an error"))),
                    Some(event) if event.name == "end" => Ok(Some(Step::End)),
                    Some(event) => Ok(Some(Step::Message(event.data.into()))),
                    None if self.ended => Err(Status::unavailable("the stream broke off")),
                    None => Ok(None),
                }
            }
            Format::Texts(texts) => {
                let wrong =
                    |error: &dyn std::fmt::Display| Status::internal(format!("the response: {error}"));
                let piece = match texts.next().map_err(|error| wrong(&error))? {
                    None if self.ended => texts.finish().map_err(|error| wrong(&error))?,
                    piece => piece,
                };
                match piece {
                    Some(piece) => match last_word(self.binding, Res::info(), &piece.content) {
                        Some(status) => Err(status),
                        None => Ok(Some(Step::Message(piece.content))),
                    },
                    None => Ok(self.ended.then_some(Step::End)),
                }
            }
        }
    }
}

enum Step {
    Message(Bytes),
    End,
}

/// The error in place of a message, `{"error": …}`; or a message that has such a field of its own.
fn last_word(binding: &Binding, info: &'static MessageInfo, text: &[u8]) -> Option<Status> {
    let info = match binding.response_body.map(|index| info.field(index.into()).ty) {
        Some(Type::Message(info)) => info(),
        _ => info,
    };
    if info.fields.iter().any(|field| field.has_name("error")) {
        return None;
    }
    let start = text.trim_ascii_start().strip_prefix(b"{")?.trim_ascii_start();
    let inner = start.strip_prefix(b"\"error\"")?.trim_ascii_start().strip_prefix(b":")?;
    status_of(inner.trim_ascii_end().strip_suffix(b"}")?)
}
