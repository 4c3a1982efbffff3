//! `google.api.HttpBody`: content that is taken and given as it is.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use prost::Message as _;

use super::records;
use crate::bridge::Status;
use crate::json::MessageInfo;
use crate::json::info::{Field, Type};
use crate::message::AnyMessage;
use crate::pb::google::api::HttpBody;

/// Whether a message is one.
pub(crate) fn is(info: &MessageInfo) -> bool {
    info.name == "google.api.HttpBody"
}

/// Whether a field holds one.
pub(crate) fn is_field(field: &Field) -> bool {
    matches!(field.ty, Type::Message(info) if is(info()))
}

/// A body that arrived with these headers as one.
pub(crate) fn received(headers: &HeaderMap, body: Bytes) -> HttpBody {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    HttpBody { content_type: content_type.to_owned(), data: body.into(), extensions: Vec::new() }
}

/// Makes `message`, which is one, of the content.
pub(crate) fn read(message: &mut dyn AnyMessage, content: HttpBody) -> Result<(), Status> {
    match message.as_any_mut().downcast_mut() {
        Some(message) => *message = content,
        // A user may have generated the type once more.
        None => message.merge_wire(content.encode_to_vec().into()).map_err(|error| unreadable(&error))?,
    }
    Ok(())
}

/// Sets a field, which holds one.
pub(crate) fn read_field(
    message: &mut dyn AnyMessage,
    field: &Field,
    content: &HttpBody,
) -> Result<(), Status> {
    let mut wire = Vec::with_capacity(content.data.len() + 64);
    prost::encoding::message::encode(field.number, content, &mut wire);
    message.merge_wire(wire.into()).map_err(|error| unreadable(&error))
}

/// Appends a field `number` that holds one.
#[cfg(feature = "multipart")]
pub(crate) fn put(number: u32, content_type: &str, data: &[u8], out: &mut Vec<u8>) {
    use prost::encoding::{WireType, encode_key, encode_varint};

    let parts = [(1, content_type.as_bytes()), (2, data)];
    let len = |bytes: &[u8]| 1 + prost::length_delimiter_len(bytes.len()) + bytes.len();
    let parts = parts.into_iter().filter(|(_, bytes)| !bytes.is_empty());
    encode_key(number, WireType::LengthDelimited, out);
    encode_varint(parts.clone().map(|(_, bytes)| len(bytes) as u64).sum(), out);
    for (number, bytes) in parts {
        encode_key(number, WireType::LengthDelimited, out);
        encode_varint(bytes.len() as u64, out);
        out.extend_from_slice(bytes);
    }
}

/// The content of `message`, which is one. It is taken out of it.
pub(crate) fn take(message: &mut dyn AnyMessage) -> Result<HttpBody, Status> {
    match message.as_any_mut().downcast_mut() {
        Some(message) => Ok(std::mem::take(message)),
        None => decode(message.to_wire()),
    }
}

/// The content of a field, which holds one.
pub(crate) fn of_field(message: &dyn AnyMessage, field: &Field) -> Result<HttpBody, Status> {
    decode(records::message_in(&message.to_wire(), field.number))
}

fn decode(wire: Vec<u8>) -> Result<HttpBody, Status> {
    HttpBody::decode(Bytes::from(wire)).map_err(|error| unreadable(&error))
}

/// Its content type as a header, if it can be one.
pub(crate) fn content_type(body: &HttpBody) -> Option<HeaderValue> {
    HeaderValue::from_str(&body.content_type).ok()
}

#[cold]
fn unreadable(error: &prost::DecodeError) -> Status {
    Status::internal(format!("a google.api.HttpBody cannot be converted: {error}"))
}
