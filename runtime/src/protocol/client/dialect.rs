//! What differs between the protocols whose messages stand in envelopes.

use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::ClientSettings;
use super::error::{http_error, shown, unexpected};
use crate::bridge::{Code, Status};
use crate::protocol::accept::essence;
use crate::protocol::compression::Compression;
use crate::protocol::wire::Codec;

/// A protocol whose messages stand in envelopes.
pub(crate) trait Dialect: Send + Sync {
    /// What the media types of the protocol begin with: `+` and the form of messages follow.
    fn family(&self) -> &'static str;

    /// The media type of messages in a form.
    fn media_type(&self, codec: Codec) -> &'static str;

    /// The header that says how messages are compressed.
    fn encoding(&self) -> HeaderName;

    /// The header that says how they may be compressed.
    fn accept_encoding(&self) -> HeaderName;

    /// Writes what the protocol asks for besides, and the time that the call has.
    fn write_headers(&self, timeout: Option<Duration>, headers: &mut HeaderMap);

    /// The flag of an envelope that ends the stream and is not a message; zero if there is none.
    fn end_flag(&self) -> u8;

    /// The outcome that such an envelope tells, with the trailers of a call that went well.
    fn read_end(&self, content: Bytes) -> Result<HeaderMap, Status>;

    /// The outcome of a call whose body ended without such an envelope. `head` are the headers of a response that has
    /// nothing else.
    fn read_trailers(
        &self,
        trailers: Option<HeaderMap>,
        head: Option<&HeaderMap>,
    ) -> Result<HeaderMap, Status>;

    /// Whether the headers of a response tell the outcome of the call, if there is nothing else.
    fn has_outcome(&self, headers: &HeaderMap) -> bool;
}

/// The head of a response.
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
}

impl Head {
    /// The media type of the content, without its parameters.
    pub(crate) fn media_type(&self) -> &str {
        let value = self.headers.get(CONTENT_TYPE);
        essence(value.and_then(|value| value.to_str().ok()).unwrap_or(""))
    }

    /// Tests that it is the head of responses in a protocol and a form.
    pub(super) fn check(&self, dialect: &dyn Dialect, codec: Codec) -> Result<(), Status> {
        if self.status != StatusCode::OK {
            return Err(http_error(self.status));
        }
        let media_type = self.media_type();
        if media_type == dialect.media_type(codec) {
            return Ok(());
        }
        let (start, form) = media_type.split_once('+').unwrap_or((media_type, ""));
        if !start.eq_ignore_ascii_case(dialect.family()) {
            return Err(unexpected(Code::Unknown, media_type));
        }
        let is_expected = match codec {
            // It need not be said in gRPC.
            Codec::Protobuf => form.is_empty() || form.eq_ignore_ascii_case("proto"),
            Codec::Json => form.eq_ignore_ascii_case("json"),
        };
        if is_expected { Ok(()) } else { Err(unexpected(Code::Internal, media_type)) }
    }

    /// The compression that a header says.
    pub(crate) fn compression(&self, name: &HeaderName) -> Result<Option<Compression>, Status> {
        compression_of(&self.headers, name)
    }
}

/// The compression that a header of a response says.
pub(crate) fn compression_of(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Compression>, Status> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    if value == "identity" || value.is_empty() {
        return Ok(None);
    }
    let known = value.to_str().ok().and_then(Compression::by_name);
    known.map(Some).ok_or_else(|| {
        let name = String::from_utf8_lossy(value.as_bytes());
        Status::internal(format!("the encoding {:?} is not known", shown(&name)))
    })
}

/// Writes how messages are sent.
pub(crate) fn write_form(
    settings: &ClientSettings,
    media_type: &'static str,
    encoding: HeaderName,
    accept_encoding: HeaderName,
    headers: &mut HeaderMap,
) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    if let Some(compression) = settings.compression {
        headers.insert(encoding, HeaderValue::from_static(compression.name()));
    }
    if let Some(accept) = &settings.accept {
        headers.insert(accept_encoding, accept.clone());
    }
}
