//! A field of a message or of one inside it, and how its value is encoded.

use std::borrow::Cow;

use prost::encoding::{WireType, encode_key, encode_varint};

use super::{scalar, wrong};
use crate::call::CallError;
use crate::json::MessageInfo;
#[cfg(feature = "multipart")]
use crate::json::info::Cardinality;
use crate::json::info::{Field, Form, Type};
#[cfg(feature = "multipart")]
use crate::transcode::httpbody;

/// How many names a parameter may have: `a.b.c` has three.
const MAX_DEPTH: usize = 32;

/// A field of a message or of one inside it.
pub(crate) struct FieldPath {
    fields: [Option<(u16, &'static Field)>; MAX_DEPTH],
    pub(super) len: usize,
}

impl FieldPath {
    pub(super) const fn new() -> Self {
        Self { fields: [None; MAX_DEPTH], len: 0 }
    }

    pub(super) fn push(&mut self, index: u16, field: &'static Field) -> Option<()> {
        *self.fields.get_mut(self.len)? = Some((index, field));
        self.len += 1;
        Some(())
    }

    /// The field at a path of indices that generated code has.
    pub(crate) fn of(info: &'static MessageInfo, indices: &[u16]) -> Result<Self, CallError> {
        let mut path = Self::new();
        let mut fields = info.fields;
        for &index in indices {
            let field = fields.get(usize::from(index)).expect("a binding names fields of its request");
            if path.push(index, field).is_none() {
                return Err(wrong("path variable", &path.name(), "too deep"));
            }
            if let Type::Message(info) = field.ty {
                fields = info().fields;
            }
        }
        Ok(path)
    }

    pub(super) fn steps(&self) -> impl DoubleEndedIterator<Item = (u16, &'static Field)> {
        self.fields[..self.len].iter().copied().flatten()
    }

    fn last(&self) -> Option<&'static Field> {
        self.steps().next_back().map(|(_, field)| field)
    }

    /// Whether it is the field at `path` or one inside it.
    pub(super) fn is_within(&self, path: &[u16]) -> bool {
        path.len() <= self.len && self.steps().zip(path).all(|((index, _), other)| index == *other)
    }

    /// Its name, as the `.proto` has it.
    pub(crate) fn name(&self) -> String {
        let names: Vec<_> = self.steps().map(|(_, field)| field.proto()).collect();
        names.join(".")
    }

    /// Whether the field holds text, in which a space is a space.
    pub(super) fn is_text(&self) -> bool {
        match self.last().map(|field| field.ty) {
            Some(Type::String) => true,
            Some(Type::Message(info)) => info().name == "google.protobuf.StringValue",
            _ => false,
        }
    }

    /// Whether it is the field at `path`.
    #[cfg(feature = "multipart")]
    pub(crate) fn is(&self, path: &[u16]) -> bool {
        self.len == path.len() && self.is_within(path)
    }

    /// Whether the field holds a bool.
    pub(super) fn is_bool(&self) -> bool {
        match self.last().map(|field| field.ty) {
            Some(Type::Bool) => true,
            Some(Type::Message(info)) => info().name == "google.protobuf.BoolValue",
            _ => false,
        }
    }

    /// Whether the field is one of several values.
    #[cfg(feature = "multipart")]
    pub(crate) fn is_list(&self) -> bool {
        let cardinality = self.last().map(|field| field.cardinality);
        matches!(cardinality, Some(Cardinality::Repeated | Cardinality::Packed))
    }

    /// Whether the field holds a `google.api.HttpBody`.
    #[cfg(feature = "multipart")]
    pub(crate) fn is_http_body(&self) -> bool {
        self.last().is_some_and(httpbody::is_field)
    }

    /// Appends the field with this content, of this media type; of `bytes`, the type is left out.
    #[cfg(feature = "multipart")]
    pub(crate) fn put_content(
        &mut self,
        content: &[u8],
        media_type: &str,
        out: &mut Vec<u8>,
    ) -> Result<(), Cow<'static, str>> {
        self.enter_wrapper()?;
        let Some(field) = self.last() else { return Ok(()) };
        let start = out.len();
        match field.ty {
            Type::Bytes => scalar::put_bytes(field.number, content, out),
            Type::Message(_) if httpbody::is_field(field) => {
                httpbody::put(field.number, media_type, content, out);
            }
            _ => return Err("only bytes and google.api.HttpBody take a file".into()),
        }
        self.wrap(start, out);
        Ok(())
    }

    /// Appends the field with the value that `text` says.
    pub(crate) fn put(&mut self, text: &str, out: &mut Vec<u8>) -> Result<(), Cow<'static, str>> {
        self.enter_wrapper()?;
        let Some(field) = self.last() else { return Ok(()) };
        let start = out.len();
        scalar::put(field, text, out)?;
        self.wrap(start, out);
        Ok(())
    }

    /// Of a wrapper goes on to its value.
    fn enter_wrapper(&mut self) -> Result<(), Cow<'static, str>> {
        if let Some(Type::Message(info)) = self.last().map(|field| field.ty)
            && let Some(value) = wrapped(info())
        {
            self.push(0, value).ok_or("too deep")?;
        }
        Ok(())
    }

    /// Makes what is in `out` from `start` on, a field of the innermost message, one of the outermost.
    fn wrap(&self, start: usize, out: &mut Vec<u8>) {
        for (_, field) in self.steps().rev().skip(1) {
            wrap(field.number, start, out);
        }
    }
}

/// The field of a wrapper, which has its value's text.
fn wrapped(info: &'static MessageInfo) -> Option<&'static Field> {
    match (info.form, info.fields) {
        (Form::Value(_), [field]) if field.proto() == "value" => Some(field),
        _ => None,
    }
}

/// Makes what is in `out` from `start` on the content of a message field.
fn wrap(number: u32, start: usize, out: &mut Vec<u8>) {
    let len = out.len() - start;
    encode_key(number, WireType::LengthDelimited, out);
    encode_varint(len as u64, out);
    let head = out.len() - start - len;
    out[start..].rotate_right(head);
}
