//! From the URL and the body of an HTTP request to a message.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use prost::encoding::{WireType, encode_key, encode_varint};

use super::foreign;
#[cfg(feature = "multipart")]
use super::forms::FormMessages;
use super::forms::{self, Form};
use super::method::RestMethod;
use crate::bridge::Status;
use crate::call::CallError;
use crate::call::dispatch::{Admission, Inbound};
use crate::json::{self, MessageInfo, ReadOptions, Type};
use crate::message::{AnyMessage, ReadError};
use crate::protocol::rest::negotiate::Media;
use crate::transcode::binding::{Binding, BodyKind};
use crate::transcode::field::BodyField;
use crate::transcode::forms::Forms;
use crate::transcode::url::Url;
use crate::transcode::{httpbody, url};

/// Reads a request without a body into `message`, which is empty, and tests its rules.
pub(crate) fn read_url(
    message: &mut dyn AnyMessage,
    call: &Inbound,
    method: &RestMethod,
    url: Url<'_>,
) -> Result<(), CallError> {
    url::read(message, method.binding, url, method.settings.options.query_rules())?;
    call.admit(message).map_err(CallError::from)
}

/// Makes messages of bodies: one of a call whose client does not stream, each of a stream.
pub(crate) struct RequestReader {
    admission: Admission,
    binding: &'static Binding,
    media: Media,
    json: ReadOptions,
    max_memory: usize,
    /// What the URL says, as bytes of the message: it joins every message.
    of_url: Bytes,
    /// The form that the body is, of those that the method takes.
    form: Option<Box<SentForm>>,
}

/// A form that a body is, and what it needs to be read.
struct SentForm {
    form: Form,
    method: RestMethod,
}

impl RequestReader {
    /// For messages of the type that `table` describes. It reads the URL, whose faults are known without the body.
    pub(crate) fn new(
        table: &'static MessageInfo,
        call: &Inbound,
        method: &RestMethod,
        url: Url<'_>,
    ) -> Result<Self, CallError> {
        let RestMethod { binding, settings } = method;
        let options = &settings.options;
        let headers = call.context().metadata().as_ref();
        Ok(Self {
            admission: call.admission(),
            binding,
            media: if binding.body == BodyKind::None { Media::Json } else { Media::sent(headers) },
            json: ReadOptions::new().ignore_unknown(!options.refuse_unknown).depth_limit(options.max_depth),
            max_memory: options.received.memory,
            of_url: url::parameters(table, binding, url, options.query_rules())?.into(),
            form: binding
                .forms
                .and_then(|forms| Form::sent(headers, forms))
                .map(|form| Box::new(SentForm { form, method: method.clone() })),
        })
    }

    /// The messages of a stream whose body is a form, if it is one.
    #[cfg(feature = "multipart")]
    pub(crate) fn form_messages(
        &self,
        table: &'static MessageInfo,
    ) -> Result<Option<FormMessages>, CallError> {
        let Some(SentForm { form: Form::Multipart { boundary }, method }) = self.form.as_deref() else {
            return Ok(None);
        };
        FormMessages::new(boundary.as_deref(), table, method).map(Some)
    }

    /// Whether there is a body to read.
    pub(crate) fn takes_body(&self) -> bool {
        self.binding.body != BodyKind::None
    }

    /// Whether bodies are raw content.
    pub(crate) fn is_raw(&self, table: &'static MessageInfo) -> bool {
        match self.binding.body {
            BodyKind::Field(index) => httpbody::is_field(BodyField::of(table, index).info()),
            _ => httpbody::is(table),
        }
    }

    /// Reads a body in the form that its headers say into `message`, which is empty, and tests its rules.
    pub(crate) fn read(
        &self,
        position: BodyPosition,
        headers: &HeaderMap,
        body: Bytes,
        message: &mut dyn AnyMessage,
    ) -> Result<(), CallError> {
        match &self.form {
            Some(sent) if !sent.form.is_json(&body) => self.read_form(sent, body, message),
            _ => self.read_as(self.media, position, headers, body, message),
        }
    }

    /// Reads a message of a stream; those of a form come as protobuf.
    pub(crate) fn read_part(
        &self,
        is_form: bool,
        position: BodyPosition,
        headers: &HeaderMap,
        body: Bytes,
        message: &mut dyn AnyMessage,
    ) -> Result<(), CallError> {
        if is_form {
            self.read_as(Media::Protobuf, position, headers, body, message)
        } else {
            self.read(position, headers, body, message)
        }
    }

    /// [`Self::read`], in this form.
    pub(crate) fn read_as(
        &self,
        media: Media,
        position: BodyPosition,
        headers: &HeaderMap,
        body: Bytes,
        message: &mut dyn AnyMessage,
    ) -> Result<(), CallError> {
        match self.binding.body {
            BodyKind::None => {}
            BodyKind::Whole if httpbody::is(message.table()) => {
                httpbody::read(message, httpbody::received(headers, body))?;
            }
            BodyKind::Whole if media == Media::Protobuf => {
                message.read_wire(body, self.max_memory).map_err(|error| position.unreadable(error))?;
            }
            // No body at all is as good as an empty message.
            BodyKind::Whole if body.is_empty() => {}
            BodyKind::Whole => {
                let read = message.read_text(&body, &self.json, self.max_memory);
                read.map_err(|error| position.unreadable_as(error, headers, &body, self.binding.forms))?;
            }
            BodyKind::Field(index) => {
                let field = BodyField::of(message.table(), index);
                self.read_field(field, media, position, headers, body, message)?;
            }
        }
        self.finish(message)
    }

    /// Adds what the URL says, and tests the rules.
    fn finish(&self, message: &mut dyn AnyMessage) -> Result<(), CallError> {
        if !self.of_url.is_empty() {
            message.merge_wire(self.of_url.clone()).map_err(|error| url::not_taken(&error))?;
        }
        self.admission.admit(message).map_err(CallError::from)
    }

    /// Reads a body that is a form.
    fn read_form(
        &self,
        SentForm { form, method }: &SentForm,
        body: Bytes,
        message: &mut dyn AnyMessage,
    ) -> Result<(), CallError> {
        let table = message.table();
        let forms::FormContent { mut wire, names } =
            forms::read(form, body, table, self.binding, &method.settings.options)?;
        if let BodyKind::Field(index) = self.binding.body {
            let field = BodyField::of(table, index).info();
            wire = wrapped(field.number, &wire);
        }
        let read = message.read_wire(wire.into(), self.max_memory);
        read.map_err(|error| BodyPosition::WHOLE.unreadable(error))?;
        if let Some(mask) = self.mask_to_fill(table) {
            self.fill_mask(mask, names, message)?;
        }
        self.finish(message)
    }

    /// The number of the field mask that the body fills, if the request does not bring it.
    fn mask_to_fill(&self, table: &'static MessageInfo) -> Option<u32> {
        let mask = table.field(self.binding.update_mask?.into()).number;
        (!url::has_field(&self.of_url, mask)).then_some(mask)
    }

    /// Reads a body that is a field of the request.
    fn read_field(
        &self,
        field: BodyField,
        media: Media,
        position: BodyPosition,
        headers: &HeaderMap,
        body: Bytes,
        message: &mut dyn AnyMessage,
    ) -> Result<(), CallError> {
        let info = field.info();
        if httpbody::is_field(info) {
            return Ok(httpbody::read_field(message, info, &httpbody::received(headers, body))?);
        }
        if media == Media::Protobuf && matches!(info.ty, Type::Message(_)) {
            let read = message.read_wire(wrapped(info.number, &body).into(), self.max_memory);
            return read.map_err(|error| position.unreadable(error));
        }
        if body.is_empty() {
            // No body at all is as good as an empty message.
            if field.single_message().is_some() {
                message
                    .merge_wire(wrapped(info.number, &[]).into())
                    .map_err(|error| url::not_taken(&error))?;
            }
            return Ok(());
        }
        // A name that the enum does not have is all that there is: it is not passed over as a field would be.
        let strict = matches!(info.ty, Type::Enum(_)).then(|| self.json.clone().ignore_unknown(false));
        let options = strict.as_ref().unwrap_or(&self.json);
        let read = field.read_json(message, &body, options, self.max_memory);
        read.map_err(|error| position.unreadable_as(error, headers, &body, self.binding.forms))?;
        if let Some(mask) = self.mask_to_fill(message.table())
            && let Type::Message(inner) = info.ty
        {
            let paths = json::paths::of(inner(), &self.json, &body, self.max_memory);
            let paths = paths.map_err(|error| BodyPosition::WHOLE.unreadable(error.into()))?;
            return self.fill_mask(mask, paths, message);
        }
        Ok(())
    }

    /// Sets the field mask `number` to the paths that the body names. What the path of the URL says is the resource, not
    /// a change of it.
    fn fill_mask(
        &self,
        number: u32,
        mut paths: Vec<String>,
        message: &mut dyn AnyMessage,
    ) -> Result<(), CallError> {
        if let BodyKind::Field(index) = self.binding.body
            && let field = BodyField::of(message.table(), index)
            && let Type::Message(inner) = field.info().ty
        {
            let variables = self.binding.variables.iter();
            let bound: Vec<_> =
                variables.filter_map(|variable| field.name_within(inner(), variable.path)).collect();
            paths.retain(|path| !bound.contains(path));
        }
        let mut wire = Vec::new();
        prost::encoding::message::encode(number, &prost_types::FieldMask { paths }, &mut wire);
        message.merge_wire(wire.into()).map_err(|error| url::not_taken(&error))
    }
}

/// The field `number` with a message as its content.
fn wrapped(number: u32, content: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(content.len() + 16);
    encode_key(number, WireType::LengthDelimited, &mut wire);
    encode_varint(content.len() as u64, &mut wire);
    wire.extend_from_slice(content);
    wire
}

/// Where in a body a message stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyPosition {
    /// How many messages are before it, if it is one of several.
    index: Option<usize>,
    offset: usize,
}

impl BodyPosition {
    /// It is the body.
    pub(crate) const WHOLE: Self = Self { index: None, offset: 0 };

    /// It is one of several.
    pub(crate) fn part(index: usize, offset: usize) -> Self {
        Self { index: Some(index), offset }
    }

    /// Why what stands there is no message, where it should be JSON.
    #[cold]
    fn unreadable_as(
        self,
        error: ReadError,
        headers: &HeaderMap,
        body: &[u8],
        forms: Option<&Forms>,
    ) -> CallError {
        match foreign::name(headers, body) {
            Some(what) if matches!(error, ReadError::Json(_)) => {
                let what = foreign::refusal(what, forms);
                CallError::bad_request("", &what, format!("the body: {what}"))
            }
            _ => self.unreadable(error),
        }
    }

    /// Why what stands there is no message.
    #[cold]
    fn unreadable(self, error: ReadError) -> CallError {
        match error {
            ReadError::Wire(error) => self.not_protobuf(&error),
            ReadError::Json(error) => self.not_json(&error),
            ReadError::Memory(error) => CallError::with_http(
                StatusCode::PAYLOAD_TOO_LARGE,
                Status::resource_exhausted(error.to_string()),
            ),
        }
    }

    /// What stands there is not JSON, or not that of the message.
    #[cold]
    fn not_json(self, error: &json::Error) -> CallError {
        let (message, path) = (error.message(), error.path());
        let Some(index) = self.index else {
            return CallError::bad_request(path, message, format!("the body: {error}"));
        };
        let dot = if path.is_empty() || path.starts_with('[') { "" } else { "." };
        let path = format!("[{index}]{dot}{path}");
        let offset = self.offset + error.offset();
        CallError::bad_request(&path, message, format!("the body: {message} at `{path}` (offset {offset})"))
    }

    #[cold]
    fn not_protobuf(self, error: &prost::DecodeError) -> CallError {
        let of_which = self.index.map_or(String::new(), |index| format!(", message {index}"));
        Status::invalid_argument(format!("the body{of_which}: {error}")).into()
    }
}
