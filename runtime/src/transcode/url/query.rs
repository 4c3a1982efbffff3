//! The parameters of a query.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::percent::{self, Plus, Slash};
use super::{FieldPath, QueryRules, wrong};
use crate::call::CallError;
use crate::json::MessageInfo;
use crate::json::info::{Cardinality, Type};
use crate::transcode::binding::{Binding, BodyKind};

/// Appends the fields that a query names.
pub(crate) fn read(
    info: &'static MessageInfo,
    binding: &Binding,
    query: &str,
    rules: QueryRules,
    out: &mut Vec<u8>,
) -> Result<(), CallError> {
    let mut named = NamedFields::default();
    for variable in binding.variables {
        // Variables that contradict each other are not the caller's mistake: of those, the last holds.
        let _ = named.note(&FieldPath::of_variable(info, variable)?);
    }
    for (count, pair) in query.split('&').enumerate() {
        if count == rules.max_pairs {
            let what = format!("more than {} parameters", rules.max_pairs);
            return Err(CallError::bad_request("", &what, what.clone()));
        }
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let key = percent::decode(key, Slash::Decoded, Plus::Space);
        let key = key.map_err(|what| wrong("query parameter", pair, what))?;
        if key.is_empty() {
            continue;
        }
        read_pair(info, binding, &key, value, rules, &mut named, out)
            .map_err(|what| wrong("query parameter", &key, &what))?;
    }
    Ok(())
}

fn read_pair(
    info: &'static MessageInfo,
    binding: &Binding,
    key: &str,
    value: &str,
    rules: QueryRules,
    named: &mut NamedFields,
    out: &mut Vec<u8>,
) -> Result<(), Cow<'static, str>> {
    let Some(mut path) = find(info, key)? else {
        return if rules.refuse_unknown { Err("there is no such field".into()) } else { Ok(()) };
    };
    let in_body = |field| binding.body == BodyKind::Field(field);
    if path.steps().next().is_some_and(|(field, _)| in_body(field))
        || binding.variables.iter().any(|variable| path.is_within(variable.path))
    {
        return Ok(());
    }
    named.note(&path)?;
    let plus = if path.is_text() { Plus::Space } else { Plus::Plus };
    path.put(&percent::decode(value, Slash::Decoded, plus)?, out)
}

/// The field of a dotted name; `None` where there is none.
fn find(info: &'static MessageInfo, key: &str) -> Result<Option<FieldPath>, Cow<'static, str>> {
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
                    Err("neither elements nor entries can be named in a query".into())
                }
                _ => Ok(None),
            };
        };
        let field = &fields[index];
        let index = u16::try_from(index).map_err(|_| "the message has too many fields")?;
        path.push(index, field).ok_or("the name is too deep")?;
        let more = names.peek().is_some();
        match (field.cardinality, field.ty) {
            (Cardinality::Map(_), _) => return Err("a map cannot be given in a query".into()),
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
pub(crate) struct NamedFields {
    /// By message and field, or message and oneof: the message behind it, or the field of the oneof.
    met: BTreeMap<(u32, u32), u32>,
    messages: u32,
}

/// Marks a field that is no message of which parts are named.
const WHOLE: u32 = u32::MAX;
/// Where the numbers of oneofs start.
const ONEOF: u32 = 1 << 16;

impl NamedFields {
    fn note(&mut self, path: &FieldPath) -> Result<(), Cow<'static, str>> {
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
