//! Response messages as they go out, one at a time.

use http::{HeaderMap, HeaderValue};

use super::format::Format;
use super::media;
use crate::bridge::Status;
use crate::call::aside::Sizes;
use crate::json::MessageInfo;
use crate::message::AnyMessage;
use crate::protocol::rest::server::method::RestMethod;
use crate::protocol::rest::server::respond::{self, RawContent};

/// Writes the messages of one call.
#[derive(Clone)]
pub(crate) struct ResponseWriter {
    pub(crate) format: Format,
    pub(crate) media_type: Option<HeaderValue>,
    pub(crate) method: RestMethod,
}

impl ResponseWriter {
    /// In the form that the request asks for, of messages of the type that `table` describes.
    pub(crate) fn new(headers: &HeaderMap, table: &'static MessageInfo, method: RestMethod) -> Self {
        let raw = RawContent::of(table, method.binding).is_some();
        let (media_type, format) = match media::accepted(headers) {
            _ if raw => (None, Format::Raw),
            (name, format) => (Some(HeaderValue::from_static(name)), format),
        };
        Self { format, media_type, method }
    }

    /// For frames, which are text with JSON, or else binary.
    #[cfg(feature = "websocket")]
    pub(crate) fn for_frames(protobuf: bool, table: &'static MessageInfo, method: RestMethod) -> Self {
        let format = match RawContent::of(table, method.binding) {
            Some(_) => Format::Raw,
            None if protobuf => Format::Protobuf,
            None => Format::Lines,
        };
        Self { format, media_type: None, method }
    }

    /// Whether a message is to be written on another thread. What is raw goes out as it is.
    #[inline]
    pub(crate) fn is_large(&self, sizes: &Sizes, message: &dyn AnyMessage) -> bool {
        self.format != Format::Raw && sizes.of_large(message).is_some()
    }

    /// Writes a message by itself, in the writer's form, into `out`, which is empty.
    pub(crate) fn write(&mut self, message: &mut dyn AnyMessage, out: &mut Vec<u8>) -> Result<(), Status> {
        let written = match self.format {
            Format::Array | Format::Lines | Format::Events => respond::json(message, &self.method, out),
            Format::Protobuf => {
                respond::append_protobuf(message, &self.method, out);
                Ok(())
            }
            Format::Raw => {
                let raw = RawContent::of(message.table(), self.method.binding);
                let raw = raw.expect("all messages of a call are of one type");
                raw.take(message).map(|content| {
                    // The first message says what all of them are.
                    self.media_type.get_or_insert(content.media_type);
                    *out = content.body.into();
                })
            }
        };
        written.map_err(|error| error.status)
    }
}
