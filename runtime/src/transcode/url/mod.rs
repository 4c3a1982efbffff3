//! What a URL says about a request, as the message's wire bytes.
//!
//! Tables say what there is: no code is generated for it. A value is parsed for the type of its field, encoded, and
//! wrapped in the messages on its way.

pub(crate) mod named;
pub(crate) mod path;
mod percent;
mod query;
mod scalar;

use std::borrow::Cow;

use self::path::FieldPath;
use super::binding::{Binding, BodyKind, Variable};
pub(crate) use super::records::has_field;
use super::segments::Segments;
use crate::bridge::Status;
use crate::call::CallError;
use crate::json::info::{Field, Form, Type};
use crate::json::{self, MessageInfo};
use crate::message::AnyMessage;

/// The path and the query of a request, and where the segments of the path are.
#[derive(Clone, Copy)]
pub(crate) struct Url<'a> {
    pub(crate) path: &'a str,
    pub(crate) segments: &'a Segments,
    pub(crate) query: &'a str,
}

/// What holds for queries.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QueryRules {
    /// How many parameters there may be.
    pub(crate) max_pairs: usize,
    /// Whether parameters that the message does not have are an error.
    pub(crate) refuse_unknown: bool,
}

/// Reads a request that has no body into `message`, which is empty.
pub(crate) fn read(
    message: &mut dyn AnyMessage,
    binding: &Binding,
    url: Url<'_>,
    rules: QueryRules,
) -> Result<(), CallError> {
    let info = message.table();
    if !url.query.is_empty() {
        let wire = parameters(info, binding, url, rules)?;
        return message.merge_wire(wire.into()).map_err(|error| not_taken(&error));
    }
    for variable in binding.variables {
        if let Some(text) = plain_text(info, variable, url) {
            text.set(message)?;
        } else {
            let mut wire = Vec::new();
            read_variable(info, variable, url, &mut wire)?;
            message.merge_wire(wire.into()).map_err(|error| not_taken(&error))?;
        }
    }
    Ok(())
}

/// What a URL says is not what the message takes.
#[cold]
pub(crate) fn not_taken(error: &prost::DecodeError) -> CallError {
    Status::invalid_argument(error.to_string()).into()
}

/// The bytes of the query parameters and, behind them so that they win, of the path's variables.
pub(crate) fn parameters(
    info: &'static MessageInfo,
    binding: &Binding,
    url: Url<'_>,
    rules: QueryRules,
) -> Result<Vec<u8>, CallError> {
    let Url { path, query, .. } = url;
    if query.is_empty() && binding.variables.is_empty() {
        return Ok(Vec::new());
    }
    // The tags take less than the names and the text around them.
    let mut out = Vec::with_capacity(path.len() + query.len());
    if !query.is_empty() {
        let whole = binding.body == BodyKind::Whole;
        if !whole {
            query::read(info, binding, query, rules, &mut out)?;
        } else if rules.refuse_unknown {
            return Err(wrong("query", query, "the request is the body alone"));
        }
    }
    for variable in binding.variables {
        match plain_text(info, variable, url) {
            Some(PlainText { field, text, .. }) => scalar::put_text(field.number, &text, &mut out),
            None => read_variable(info, variable, url, &mut out)?,
        }
    }
    Ok(out)
}

/// A text of the request itself, as most variables are.
struct PlainText<'a> {
    index: usize,
    field: &'static Field,
    text: Cow<'a, str>,
}

/// What a variable says, if it is such a text.
fn plain_text<'a>(info: &'static MessageInfo, variable: &Variable, url: Url<'a>) -> Option<PlainText<'a>> {
    let (&[index], Form::Fields) = (variable.path, info.form) else { return None };
    let index = usize::from(index);
    let field @ Field { ty: Type::String, .. } = info.field(index) else { return None };
    Some(PlainText { index, field, text: text_of(variable, url).ok()? })
}

impl PlainText<'_> {
    /// Sets the field. As JSON it passes by code that every program has anyway, and takes no allocation besides its own.
    fn set(&self, message: &mut dyn AnyMessage) -> Result<(), CallError> {
        let Self { index, field, text } = self;
        if !text.starts_with('"') {
            let set = json::set_text(message, *index, text);
            return set.map_err(|error| wrong("path variable", field.proto(), error.message()));
        }
        let mut wire = Vec::with_capacity(text.len() + 10);
        scalar::put_text(field.number, text, &mut wire);
        message.merge_wire(wire.into()).map_err(|error| not_taken(&error))
    }
}

/// What the path says of a variable.
fn text_of<'a>(
    variable: &Variable,
    Url { path, segments, .. }: Url<'a>,
) -> Result<Cow<'a, str>, &'static str> {
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
) -> Result<(), CallError> {
    let mut path = FieldPath::of(info, variable.path)?;
    let put = text_of(variable, url).map_err(Cow::Borrowed).and_then(|text| path.put(&text, out));
    put.map_err(|what| wrong("path variable", &path.name(), &what))
}

/// Something in the URL is wrong.
#[cold]
pub(crate) fn wrong(kind: &str, name: &str, what: &str) -> CallError {
    CallError::bad_request(name, what, format!("{kind} `{}`: {what}", shown(name)))
}

/// A text from outside in an error: not too much of it.
fn shown(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(64) {
        None => Cow::Borrowed(text),
        Some((cut, _)) => Cow::Owned(format!("{}…", &text[..cut])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pb::google::rpc::RequestInfo;

    /// The URL's path segment as a variable of the first field.
    fn request_id(path: &str) -> Result<String, CallError> {
        const BINDING: Binding =
            Binding::new(0, "GET", "/{request_id}").variables(&[Variable::new(&[0], 0, 1)]);
        let mut segments = Segments::new();
        segments.finish(path.len(), path.contains('%'));
        let mut message = RequestInfo::default();
        let rules = QueryRules { max_pairs: 1, refuse_unknown: true };
        let url = Url { path, segments: &segments, query: "" };
        read(&mut message, &BINDING, url, rules).map(|()| message.request_id)
    }

    #[test]
    fn texts_of_any_length_are_set() {
        for len in [0, 1, 63, 64, 127, 128, 300] {
            let text = "x".repeat(len);
            assert_eq!(request_id(&format!("/{text}")).unwrap(), text);
        }
    }

    #[test]
    fn texts_that_json_would_escape_are_set() {
        for (path, text) in [
            ("/%22", "\""),
            ("/%22a%22", "\"a\""),
            ("/a%22", "a\""),
            ("/%20a", " a"),
            ("/null", "null"),
            ("/a%5Cb", "a\\b"),
            ("/%00%1f%7f", "\0\u{1f}\u{7f}"),
            ("/%5Cu0041", "\\u0041"),
            ("/%C3%A9", "é"),
        ] {
            assert_eq!(request_id(path).unwrap(), text);
        }
        assert_eq!(request_id("/%ff").unwrap_err().http, 400);
    }
}
