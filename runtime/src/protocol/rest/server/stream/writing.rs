//! Response messages as they go out, one at a time.

use crate::bridge::Status;
use http::{HeaderMap, HeaderValue};

use crate::json::Json;
use crate::protocol::rest::negotiate::Media;
use crate::protocol::rest::server::call::Reply;
use crate::protocol::rest::server::respond;
use crate::protocol::rest::server::stream::format::Format;
use crate::protocol::rest::server::stream::media;
use crate::transcode::binding::Fields;

/// Writes the messages of one call.
pub(crate) struct Writing<Req, Res> {
    pub(crate) format: Format,
    pub(crate) media_type: Option<HeaderValue>,
    pub(crate) reply: Reply,
    fields: Fields<Req, Res>,
}

impl<Req, Res> Writing<Req, Res>
where
    Res: prost::Message + Json + 'static,
{
    /// In the form that the request asks for.
    pub(crate) fn new(headers: &HeaderMap, reply: Reply, fields: Fields<Req, Res>) -> Self {
        let raw = respond::raw(Res::info(), reply.binding).is_some();
        let (media_type, format) = match media::accepted(headers) {
            _ if raw => (None, Format::Raw),
            (name, format) => (Some(HeaderValue::from_static(name)), format),
        };
        Self { format, media_type, reply, fields }
    }

    /// For frames, which are text with JSON, or else binary.
    #[cfg(feature = "websocket")]
    pub(crate) fn for_frames(protobuf: bool, reply: Reply, fields: Fields<Req, Res>) -> Self {
        let format = match respond::raw(Res::info(), reply.binding) {
            Some(_) => Format::Raw,
            None if protobuf => Format::Protobuf,
            None => Format::Lines,
        };
        Self { format, media_type: None, reply, fields }
    }

    /// A message by itself, in the writer's form.
    pub(crate) fn write(&mut self, message: Res) -> Result<Vec<u8>, Status> {
        let Reply { binding, settings, .. } = &self.reply;
        let written = match self.format {
            Format::Array | Format::Lines | Format::Events => {
                respond::json(&message, binding, &settings.options, self.fields)
            }
            Format::Protobuf => Ok(respond::protobuf(&message, binding)),
            Format::Raw => {
                let content = respond::content(message, Media::Json, binding, &settings.options, self.fields);
                content.map(|content| {
                    // The first message says what all of them are.
                    self.media_type.get_or_insert(content.media_type);
                    content.body.into()
                })
            }
        };
        written.map_err(|failure| failure.status)
    }
}
