//! From an HTTP request to a message.

use crate::bridge::Status;
use bytes::Bytes;
use http::HeaderMap;
use prost::encoding::{DecodeContext, WireType};

use crate::Context;
use crate::call::dispatch;
use crate::json;
use crate::json::{Json, MessageInfo, ReadOptions, Reader};
use crate::protocol::rest::negotiate::Media;
use crate::protocol::rest::server::body;
use crate::protocol::rest::server::call::{Reply, Upload};
use crate::protocol::rest::server::error::Failure;
use crate::protocol::rest::server::options::Options;
use crate::transcode::binding::{Binding, BodyKind, Fields};
use crate::transcode::{httpbody, text};

/// The request message of a call, checked.
pub(crate) async fn read<Req, Res>(
    upload: &mut Upload,
    ctx: &Context,
    fields: Fields<Req, Res>,
) -> Result<Req, Failure>
where
    Req: prost::Message + Default + dispatch::Request,
{
    if upload.reply.binding.body == BodyKind::None {
        return of_url(upload);
    }
    let headers = ctx.metadata().as_ref();
    let source = Source::new(Req::info(), upload, headers)?;
    let body = body::collect(&mut upload.body, &upload.reply.settings.options).await?;
    source.message(headers, body, fields)
}

/// The request message of a call without a body, checked.
fn of_url<Req>(upload: &Upload) -> Result<Req, Failure>
where
    Req: prost::Message + Default + dispatch::Request,
{
    let Reply { binding, settings, .. } = &upload.reply;
    let url = upload.url();
    let mut request = Req::default();
    if url.query.is_empty() {
        for variable in binding.variables {
            if let Some((number, text)) = text::plain(Req::info(), variable, url) {
                set_text(&mut request, number, &text)?;
            } else {
                let mut wire = Vec::new();
                text::read_variable(Req::info(), variable, url, &mut wire)?;
                request.merge(&*wire).map_err(|error| not_taken(&error))?;
            }
        }
    } else {
        let wire = text::parameters(Req::info(), binding, url, &settings.options)?;
        request.merge(&*wire).map_err(|error| not_taken(&error))?;
    }
    dispatch::admit(&request)?;
    Ok(request)
}

/// Up to here the length of a text is one byte of wire format, and the bytes are put together without an allocation.
const SHORT: usize = 64;

/// Sets a field that is a text.
fn set_text(request: &mut impl prost::Message, number: u32, text: &str) -> Result<(), Failure> {
    let mut merge = |mut wire: &[u8]| {
        let merged =
            request.merge_field(number, WireType::LengthDelimited, &mut wire, DecodeContext::default());
        merged.map_err(|error| not_taken(&error))
    };
    let mut short = [0; SHORT];
    if let (Ok(len), Some(place)) = (u8::try_from(text.len()), short.get_mut(1..=text.len())) {
        place.copy_from_slice(text.as_bytes());
        short[0] = len;
        merge(&short[..=text.len()])
    } else {
        let mut long = Vec::with_capacity(text.len() + 5);
        prost::encoding::encode_varint(text.len() as u64, &mut long);
        long.extend_from_slice(text.as_bytes());
        merge(&long)
    }
}

/// What the URL says is not what the message takes.
#[cold]
fn not_taken(error: &prost::DecodeError) -> Failure {
    Status::invalid_argument(error.to_string()).into()
}

/// What makes messages of bodies: one of a call whose client does not stream, each of a stream.
pub(crate) struct Source {
    pub(crate) binding: &'static Binding,
    pub(crate) media: Media,
    json: ReadOptions,
    /// What the URL says, which joins every message.
    said: Vec<u8>,
}

impl Source {
    /// Reads the URL, whose faults are known without the body.
    pub(crate) fn new(
        info: &'static MessageInfo,
        upload: &Upload,
        headers: &HeaderMap,
    ) -> Result<Self, Failure> {
        let Reply { binding, settings, .. } = &upload.reply;
        let Options { max_depth, refuse_unknown, .. } = settings.options;
        Ok(Self {
            binding,
            media: if binding.body == BodyKind::None { Media::Json } else { Media::sent(headers) },
            json: ReadOptions::new().ignore_unknown(!refuse_unknown).depth_limit(max_depth),
            said: text::parameters(info, binding, upload.url(), &settings.options)?,
        })
    }

    /// The message of a body, checked.
    pub(crate) fn message<Req, Res>(
        &self,
        headers: &HeaderMap,
        body: Bytes,
        fields: Fields<Req, Res>,
    ) -> Result<Req, Failure>
    where
        Req: prost::Message + Default + dispatch::Request,
    {
        self.message_at(Place::WHOLE, headers, body, fields)
    }

    /// The message of a part of a body, checked.
    pub(crate) fn message_at<Req, Res>(
        &self,
        place: Place,
        headers: &HeaderMap,
        body: Bytes,
        fields: Fields<Req, Res>,
    ) -> Result<Req, Failure>
    where
        Req: prost::Message + Default + dispatch::Request,
    {
        let mut request = Req::default();
        match self.binding.body {
            BodyKind::None => {}
            BodyKind::Whole if httpbody::is(Req::info()) => {
                httpbody::read(&mut request, httpbody::received(headers, body))?;
            }
            BodyKind::Whole if self.media == Media::Protobuf => {
                request.merge(body).map_err(|error| place.not_protobuf(&error))?;
            }
            // No body at all is as good as an empty message.
            BodyKind::Whole if body.is_empty() => {}
            BodyKind::Whole => {
                self.json.merge_slice(&mut request, &body).map_err(|error| place.not_json(&error))?;
            }
            BodyKind::Field(index) => self.field(index, &mut request, place, headers, body, fields)?,
        }
        if !self.said.is_empty() {
            request.merge(&*self.said).map_err(|error| not_taken(&error))?;
        }
        dispatch::admit(&request)?;
        Ok(request)
    }

    /// Reads a body that is a field of the request.
    fn field<Req, Res>(
        &self,
        index: u16,
        request: &mut Req,
        place: Place,
        headers: &HeaderMap,
        body: Bytes,
        fields: Fields<Req, Res>,
    ) -> Result<(), Failure>
    where
        Req: prost::Message + Default + Json,
    {
        let field = Req::info().field(index.into());
        if httpbody::is_field(field) {
            return httpbody::read_field(request, field, &httpbody::received(headers, body));
        }
        if self.media == Media::Protobuf
            && let json::Type::Message(_) = field.ty
        {
            let mut wire = Vec::with_capacity(body.len() + 16);
            prost::encoding::bytes::encode(field.number, &body, &mut wire);
            return request.merge(&*wire).map_err(|error| place.not_protobuf(&error));
        }
        if body.is_empty() {
            return Ok(());
        }
        let mut read = || {
            let mut reader = Reader::new(&self.json, Reader::text(&body)?);
            reader.start()?;
            let absent = !field.nullable && reader.null()?;
            if !absent {
                (fields.read)(index, request, &mut reader)?;
            }
            reader.finish()
        };
        read().map_err(|error| place.not_json(&error))?;
        if let Some(mask) = self.binding.update_mask {
            self.fill_mask(Req::info().field(mask.into()).number, field, &body, request)?;
        }
        Ok(())
    }

    /// Sets the field mask `number` to what the body names, unless the URL has it.
    fn fill_mask<Req: prost::Message>(
        &self,
        number: u32,
        field: &json::Field,
        body: &[u8],
        request: &mut Req,
    ) -> Result<(), Failure> {
        if let json::Type::Message(info) = field.ty
            && !text::has_field(&self.said, number)
        {
            let mask = prost_types::FieldMask {
                paths: json::paths::of(info(), &self.json, body)
                    .map_err(|error| Place::WHOLE.not_json(&error))?,
            };
            let mut wire = Vec::new();
            prost::encoding::message::encode(number, &mask, &mut wire);
            request.merge(&*wire).map_err(|error| not_taken(&error))?;
        }
        Ok(())
    }
}

/// Where in a body a message stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// How many messages are before it, if it is one of several.
    index: Option<usize>,
    offset: usize,
}

impl Place {
    /// It is the body.
    pub(crate) const WHOLE: Self = Self { index: None, offset: 0 };

    /// It is one of several.
    pub(crate) fn part(index: usize, offset: usize) -> Self {
        Self { index: Some(index), offset }
    }

    /// What stands there is not JSON, or not that of the message.
    #[cold]
    fn not_json(self, error: &json::Error) -> Failure {
        let (message, path) = (error.message(), error.path());
        let Some(index) = self.index else {
            return Failure::bad_request(path, message, format!("the body: {error}"));
        };
        let dot = if path.is_empty() || path.starts_with('[') { "" } else { "." };
        let path = format!("[{index}]{dot}{path}");
        let offset = self.offset + error.offset();
        Failure::bad_request(&path, message, format!("the body: {message} at `{path}` (offset {offset})"))
    }

    #[cold]
    fn not_protobuf(self, error: &prost::DecodeError) -> Failure {
        let of_which = self.index.map_or(String::new(), |index| format!(", message {index}"));
        Status::invalid_argument(format!("the body{of_which}: {error}")).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_any_length_are_set() {
        for len in [0, 1, SHORT - 1, SHORT, 127, 128, 300] {
            let text = "\\".repeat(len);
            let mut value = "before".to_owned();
            set_text(&mut value, 1, &text).unwrap();
            assert_eq!(value, text);
        }
    }
}
