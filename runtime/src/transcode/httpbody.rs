//! `google.api.HttpBody`: content that is taken and given as it is.

use std::any::Any;

use crate::bridge::Status;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use prost::Message;

use crate::json::MessageInfo;
use crate::json::info::{Field, Type};
use crate::pb::google::api::HttpBody;
use crate::protocol::rest::server::error::Failure;

/// Whether a message is one.
pub(crate) fn is(info: &MessageInfo) -> bool {
    info.name == "google.api.HttpBody"
}

/// Whether a field holds one.
pub(crate) fn is_field(field: &Field) -> bool {
    matches!(field.ty, Type::Message(info) if is(info()))
}

/// The body of a request as one.
pub(crate) fn received(headers: &HeaderMap, body: Bytes) -> HttpBody {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    HttpBody { content_type: content_type.to_owned(), data: body.into(), extensions: Vec::new() }
}

/// Makes `message`, which is one, of the body of a request.
pub(crate) fn read<T: Message + 'static>(message: &mut T, content: HttpBody) -> Result<(), Failure> {
    match (message as &mut dyn Any).downcast_mut() {
        Some(message) => *message = content,
        None => message.merge(&*content.encode_to_vec()).map_err(unreadable)?,
    }
    Ok(())
}

/// Sets a field, which holds one.
pub(crate) fn read_field<T: Message>(
    message: &mut T,
    field: &Field,
    content: &HttpBody,
) -> Result<(), Failure> {
    let mut wire = Vec::with_capacity(content.data.len() + 64);
    prost::encoding::message::encode(field.number, content, &mut wire);
    message.merge(&*wire).map_err(unreadable)?;
    Ok(())
}

/// What `message`, which is one, has to say.
pub(crate) fn written<T: Message + 'static>(message: T) -> Result<HttpBody, Failure> {
    let mut slot = Some(message);
    if let Some(body) = (&mut slot as &mut dyn Any).downcast_mut::<Option<HttpBody>>() {
        return Ok(body.take().unwrap_or_default());
    }
    let wire = slot.map(|message| message.encode_to_vec()).unwrap_or_default();
    HttpBody::decode(&*wire).map_err(|error| unreadable(error).into())
}

/// The content type of a response, which goes out only if it is one.
pub(crate) fn content_type(body: &HttpBody) -> Result<HeaderValue, Failure> {
    HeaderValue::from_str(&body.content_type).map_err(|_| {
        tracing::error!(content_type = ?body.content_type, "a handler's content type is no header value");
        Status::internal("the content type of the response is no header value").into()
    })
}

#[cold]
#[allow(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
fn unreadable(error: prost::DecodeError) -> Status {
    Status::internal(format!("a google.api.HttpBody cannot be converted: {error}"))
}
