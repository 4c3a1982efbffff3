//! What a URL says about a request, as the message's wire bytes.
//!
//! Tables say what there is: no code is generated for it. A value is parsed for the type of its field, encoded, and
//! wrapped in the messages on its way.

mod known;
mod percent;
mod query;
mod scalar;

use std::borrow::Cow;

use prost::encoding::{DecodeContext, WireType, decode_varint, encode_key, encode_varint};

use crate::json::MessageInfo;
use crate::json::info::{Field, Type};
use crate::protocol::rest::server::error::Failure;
use crate::protocol::rest::server::options::Options;
use crate::transcode::binding::{Binding, BodyKind, Variable};
use crate::transcode::segments::Segments;

/// How many names a parameter may have: `a.b.c` has three.
const MAX_DEPTH: usize = 32;

/// The path and the query of a request, and where the segments of the path are.
#[derive(Clone, Copy)]
pub(crate) struct Url<'a> {
    pub(crate) path: &'a str,
    pub(crate) segments: &'a Segments,
    pub(crate) query: &'a str,
}

/// The bytes of the query parameters and, behind them so that they win, of the path's variables.
pub(crate) fn parameters(
    info: &'static MessageInfo,
    binding: &Binding,
    url: Url<'_>,
    options: &Options,
) -> Result<Vec<u8>, Failure> {
    let Url { path, query, .. } = url;
    if query.is_empty() && binding.variables.is_empty() {
        return Ok(Vec::new());
    }
    // The tags take less than the names and the text around them.
    let mut out = Vec::with_capacity(path.len() + query.len());
    if !query.is_empty() {
        let whole = binding.body == BodyKind::Whole;
        if !whole {
            query::read(info, binding, query, options, &mut out)?;
        } else if options.refuse_unknown {
            return Err(wrong("query", query, "the request is the body alone"));
        }
    }
    for variable in binding.variables {
        match plain(info, variable, url) {
            Some((number, text)) => scalar::put_text(number, &text, &mut out),
            None => read_variable(info, variable, url, &mut out)?,
        }
    }
    Ok(out)
}

/// The number of a variable's field and its text, if it is a text of the request itself, as most are.
pub(crate) fn plain<'a>(
    info: &'static MessageInfo,
    variable: &Variable,
    url: Url<'a>,
) -> Option<(u32, Cow<'a, str>)> {
    let &[index] = variable.path else { return None };
    let field @ Field { ty: Type::String, .. } = info.field(index.into()) else { return None };
    Some((field.number, said(variable, url).ok()?))
}

/// What the path says of a variable.
fn said<'a>(variable: &Variable, Url { path, segments, .. }: Url<'a>) -> Result<Cow<'a, str>, &'static str> {
    let raw = segments.between(path, variable.from, variable.to);
    if !segments.has_escapes() {
        return Ok(Cow::Borrowed(raw));
    }
    let slashes = if variable.multi { percent::Slash::Kept } else { percent::Slash::Decoded };
    percent::decode(raw, slashes, percent::Plus::Plus)
}

/// The bytes of a variable of any type.
pub(crate) fn read_variable(
    info: &'static MessageInfo,
    variable: &Variable,
    url: Url<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let Some(mut place) = Place::of_variable(info, variable) else { return Ok(()) };
    let put = said(variable, url).map_err(Cow::Borrowed).and_then(|text| place.put(&text, out));
    put.map_err(|what| wrong("path variable", &place.name(), &what))
}

/// Something in the URL is wrong.
#[cold]
fn wrong(kind: &str, name: &str, what: &str) -> Failure {
    Failure::bad_request(name, what, format!("{kind} `{}`: {what}", shown(name)))
}

/// A text from outside in an error: not too much of it.
fn shown(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(64) {
        None => Cow::Borrowed(text),
        Some((cut, _)) => Cow::Owned(format!("{}…", &text[..cut])),
    }
}

/// A field of a message or of one inside it.
struct Place {
    fields: [Option<(u16, &'static Field)>; MAX_DEPTH],
    len: usize,
}

impl Place {
    const fn new() -> Self {
        Self { fields: [None; MAX_DEPTH], len: 0 }
    }

    fn push(&mut self, index: u16, field: &'static Field) -> Option<()> {
        *self.fields.get_mut(self.len)? = Some((index, field));
        self.len += 1;
        Some(())
    }

    fn of_variable(info: &'static MessageInfo, variable: &Variable) -> Option<Self> {
        let mut place = Self::new();
        let mut fields = known::fields(info);
        for &index in variable.path {
            let field = fields.get(usize::from(index))?;
            place.push(index, field)?;
            if let Type::Message(info) = field.ty {
                fields = known::fields(info());
            }
        }
        Some(place)
    }

    fn steps(&self) -> impl DoubleEndedIterator<Item = (u16, &'static Field)> {
        self.fields[..self.len].iter().copied().flatten()
    }

    fn last(&self) -> Option<&'static Field> {
        self.steps().next_back().map(|(_, field)| field)
    }

    /// Whether it is the field at `path` or one inside it.
    fn is_within(&self, path: &[u16]) -> bool {
        path.len() <= self.len && self.steps().zip(path).all(|((index, _), other)| index == *other)
    }

    /// Its name, as the `.proto` has it.
    fn name(&self) -> String {
        let names: Vec<_> = self.steps().map(|(_, field)| field.proto()).collect();
        names.join(".")
    }

    /// Whether the field holds text, in which a space is a space.
    fn is_text(&self) -> bool {
        match self.last().map(|field| field.ty) {
            Some(Type::String) => true,
            Some(Type::Message(info)) => info().name == "google.protobuf.StringValue",
            _ => false,
        }
    }

    /// Appends the field with the value that `text` says.
    fn put(&mut self, text: &str, out: &mut Vec<u8>) -> Result<(), Cow<'static, str>> {
        if let Some(Type::Message(info)) = self.last().map(|field| field.ty)
            && let Some(value) = known::wrapped(info())
        {
            self.push(0, value).ok_or("too deep")?;
        }
        let Some(field) = self.last() else { return Ok(()) };
        let start = out.len();
        scalar::put(field, text, out)?;
        for (_, field) in self.steps().rev().skip(1) {
            wrap(field.number, start, out);
        }
        Ok(())
    }
}

/// Whether a message's bytes have a field.
pub(crate) fn has_field(message: &[u8], number: u32) -> bool {
    records(message).any(|(other, _)| other == number)
}

/// The message that a field of another message is: of several records, one continues the other.
pub(crate) fn message_in(message: &[u8], number: u32) -> Vec<u8> {
    records(message).filter(|(other, _)| *other == number).flat_map(|(_, bytes)| bytes).copied().collect()
}

/// The fields of a message, with their bytes where they are messages, text or the like.
fn records(mut message: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    std::iter::from_fn(move || {
        let (number, wire_type) = prost::encoding::decode_key(&mut message).ok()?;
        if wire_type != WireType::LengthDelimited {
            prost::encoding::skip_field(wire_type, number, &mut message, DecodeContext::default()).ok()?;
            return Some((number, &[][..]));
        }
        let len = usize::try_from(decode_varint(&mut message).ok()?).ok()?;
        let (bytes, rest) = message.split_at_checked(len)?;
        message = rest;
        Some((number, bytes))
    })
}

/// Makes what is in `out` from `start` on the content of a message field.
fn wrap(number: u32, start: usize, out: &mut Vec<u8>) {
    let len = out.len() - start;
    encode_key(number, WireType::LengthDelimited, out);
    encode_varint(len as u64, out);
    let head = out.len() - start - len;
    out[start..].rotate_right(head);
}
