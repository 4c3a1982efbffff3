//! Fields of a message by their names, with values as text: what queries and forms have in common.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::percent::{self, Plus, Slash};
use super::{FieldPath, QueryRules, wrong};
use crate::call::CallError;
use crate::json::MessageInfo;
use crate::json::info::{Cardinality, Type};
use crate::transcode::binding::{BodyKind, Variable};

type Result<T> = std::result::Result<T, Cow<'static, str>>;

/// Where names and values stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ParameterSource {
    Query,
    Form,
}

impl ParameterSource {
    /// What errors call a name with its value.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::Query => "query parameter",
            Self::Form => "form field",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Form => "form",
        }
    }
}

/// A value as it stands there.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Text<'a> {
    /// With percent-encoding.
    Escaped(&'a str),
    /// As it is.
    #[cfg(feature = "multipart")]
    Plain(&'a str),
}

impl<'a> Text<'a> {
    pub(crate) fn is_empty(self) -> bool {
        match self {
            Self::Escaped(text) => text.is_empty(),
            #[cfg(feature = "multipart")]
            Self::Plain(text) => text.is_empty(),
        }
    }

    /// The text that it stands for. Only in text `+` is a space.
    pub(crate) fn decode(self, is_text: bool) -> Result<Cow<'a, str>> {
        match self {
            Self::Escaped(text) => {
                let plus = if is_text { Plus::Space } else { Plus::Plus };
                Ok(percent::decode(text, Slash::Decoded, plus)?)
            }
            #[cfg(feature = "multipart")]
            Self::Plain(text) => Ok(Cow::Borrowed(text)),
        }
    }
}

/// Calls `read` with the names and the values of `name=value&...`.
pub(crate) fn pairs(
    text: &str,
    source: ParameterSource,
    max_pairs: usize,
    mut read: impl FnMut(&str, Text<'_>) -> std::result::Result<(), CallError>,
) -> std::result::Result<(), CallError> {
    for (count, pair) in text.split('&').enumerate() {
        if count == max_pairs {
            return Err(too_many(source, max_pairs));
        }
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = percent::decode(name, Slash::Decoded, Plus::Space);
        let name = name.map_err(|what| wrong(source.kind(), pair, what))?;
        if !name.is_empty() {
            read(&name, Text::Escaped(value))?;
        }
    }
    Ok(())
}

/// More names than there may be.
#[cold]
pub(crate) fn too_many(source: ParameterSource, max: usize) -> CallError {
    let what = match source {
        ParameterSource::Query => format!("more than {max} parameters"),
        ParameterSource::Form => format!("the form has more than {max} fields"),
    };
    CallError::bad_request("", &what, what.clone())
}

/// Fields of a message that are set by name.
pub(crate) struct NamedFields {
    info: &'static MessageInfo,
    source: ParameterSource,
    refuse_unknown: bool,
    /// The field that the body is, and the path's: names of them are ignored.
    body: BodyKind,
    variables: &'static [Variable],
    met: Met,
}

impl NamedFields {
    /// None yet, of a message that `info` describes.
    pub(crate) fn new(info: &'static MessageInfo, source: ParameterSource, rules: QueryRules) -> Self {
        let refuse_unknown = rules.refuse_unknown;
        Self { info, source, refuse_unknown, body: BodyKind::None, variables: &[], met: Met::default() }
    }

    /// Besides those of a path, and of a body.
    pub(crate) fn besides(
        mut self,
        variables: &'static [Variable],
        body: BodyKind,
    ) -> std::result::Result<Self, CallError> {
        (self.variables, self.body) = (variables, body);
        for variable in variables {
            // Variables that contradict each other are not the caller's mistake: of those, the last holds.
            let _ = self.met.note(&FieldPath::of(self.info, variable.path)?);
        }
        Ok(self)
    }

    /// The field of a dotted name; `None` where the name is ignored.
    pub(crate) fn find(&self, name: &str) -> Result<Option<FieldPath>> {
        let Some(path) = find(self.info, name, self.source)? else {
            return if self.refuse_unknown { Err("there is no such field".into()) } else { Ok(None) };
        };
        let in_body = |field| self.body == BodyKind::Field(field);
        let ignored = path.steps().next().is_some_and(|(field, _)| in_body(field))
            || self.variables.iter().any(|variable| path.is_within(variable.path));
        Ok((!ignored).then_some(path))
    }

    /// Notes that a field is set: most are set only once.
    pub(crate) fn note(&mut self, path: &FieldPath) -> Result<()> {
        self.met.note(path)
    }

    /// Appends the field of a name with the value that a text says, and tells which it was. In a form an empty text is an
    /// input that was not filled in: as `null` in JSON it names the field and is not a value of it.
    pub(crate) fn put(
        &mut self,
        name: &str,
        value: Text<'_>,
        out: &mut Vec<u8>,
    ) -> Result<Option<FieldPath>> {
        let Some(mut path) = self.find(name)? else { return Ok(None) };
        let of_form = self.source == ParameterSource::Form;
        if of_form && value.is_empty() {
            return Ok(Some(path));
        }
        self.note(&path)?;
        let text = value.decode(path.is_text())?;
        // What browsers send of a box that is checked and has no value.
        let text = if of_form && text == "on" && path.is_bool() { "true" } else { &text };
        path.put(text, out)?;
        Ok(Some(path))
    }
}

/// The field of a dotted name; `None` where there is none.
fn find(info: &'static MessageInfo, key: &str, source: ParameterSource) -> Result<Option<FieldPath>> {
    let mut path = FieldPath::new();
    let mut info = info;
    let mut names = key.split('.').peekable();
    while let Some(name) = names.next() {
        if name.is_empty() {
            return Err("a name between the dots is missing".into());
        }
        let fields = info.fields;
        let Some(index) = fields.iter().position(|field| field.has_name(name)) else {
            return match name.split_once('[') {
                Some((name, _)) if fields.iter().any(|field| field.has_name(name)) => {
                    Err(format!("neither elements nor entries can be named in a {}", source.name()).into())
                }
                _ => Ok(None),
            };
        };
        let field = &fields[index];
        let index = u16::try_from(index).map_err(|_| "the message has too many fields")?;
        path.push(index, field).ok_or("the name is too deep")?;
        let more = names.peek().is_some();
        match (field.cardinality, field.ty) {
            (Cardinality::Map(_), _) => {
                return Err(format!("a map cannot be given in a {}", source.name()).into());
            }
            (Cardinality::Repeated | Cardinality::Packed, _) if more => {
                return Err(format!("`{name}` is repeated: its elements have no names").into());
            }
            (_, Type::Message(inner)) if more => info = inner(),
            _ if more => return Err(format!("`{name}` is not a message").into()),
            _ => {}
        }
    }
    Ok(Some(path))
}

/// The fields that have been named: a field that is not repeated is named once, and of a oneof one field.
#[derive(Default)]
struct Met {
    /// By message and field, or message and oneof: the message behind it, or the field of the oneof.
    met: BTreeMap<(u32, u32), u32>,
    messages: u32,
}

/// Marks a field that is not a message of which parts are named.
const WHOLE: u32 = u32::MAX;
/// Where the numbers of oneofs start.
const ONEOF: u32 = 1 << 16;

impl Met {
    fn note(&mut self, path: &FieldPath) -> Result<()> {
        let mut message = 0;
        let mut left = path.len;
        for (index, field) in path.steps() {
            left -= 1;
            let index = u32::from(index);
            if field.oneof != 0 {
                let chosen = *self.met.entry((message, ONEOF + u32::from(field.oneof))).or_insert(index);
                if chosen != index {
                    return Err("another field of its oneof is given, too".into());
                }
            }
            let repeated = matches!(field.cardinality, Cardinality::Repeated | Cardinality::Packed);
            message = match self.met.entry((message, index)) {
                Entry::Vacant(entry) if left == 0 => *entry.insert(WHOLE),
                Entry::Vacant(entry) => {
                    self.messages += 1;
                    *entry.insert(self.messages)
                }
                Entry::Occupied(entry) if left > 0 && *entry.get() != WHOLE => *entry.get(),
                Entry::Occupied(_) if repeated => WHOLE,
                Entry::Occupied(_) => return Err("it is given more than once".into()),
            };
        }
        Ok(())
    }
}
