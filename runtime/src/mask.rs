//! Partial updates: what a field mask changes of a message.
//!
//! ```
//! use rsvc::pb::google::rpc::RequestInfo;
//! use rsvc::prost_types::FieldMask;
//!
//! let mut stored = RequestInfo { request_id: "7".into(), serving_data: "old".into() };
//! let change = RequestInfo { serving_data: "new".into(), ..Default::default() };
//! let mask = FieldMask { paths: vec!["serving_data".into()] };
//!
//! rsvc::mask::merge(&mut stored, change, Some(&mask))?;
//! assert_eq!(stored, RequestInfo { request_id: "7".into(), serving_data: "new".into() });
//! # Ok::<(), rsvc::mask::MergeError>(())
//! ```

use std::collections::BTreeMap;
use std::fmt;

use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint};
use prost_types::FieldMask;

use crate::bridge::Status;
use crate::json::info::{Cardinality, Form, MessageInfo, Type};
use crate::json::wire::{self, Raw};
use crate::json::{self, Json};
use crate::validate::{InvalidPath, numbers_of_paths};

/// Changes `stored` to what `change` has, as far as `mask` says, as in
/// [AIP-134](https://google.aip.dev/134#update-masks).
///
/// | in the mask | |
/// |---|---|
/// | a field that is set in `change` | is replaced: lists, maps and messages as a whole |
/// | a field that is not set in `change` | is cleared |
/// | a field of a message, as `place.city` | that field alone |
/// | `*` | everything is replaced |
/// | nothing, or there is no mask | fields that are set in `change` are replaced, those of messages inside one by one |
///
/// Of a oneof, what `change` sets replaces the others.
///
/// # Errors
/// A path names no field of the message: `INVALID_ARGUMENT` as a [`Status`]. `stored` is as it was then.
pub fn merge<T>(stored: &mut T, change: T, mask: Option<&FieldMask>) -> Result<(), MergeError>
where
    T: Message + Json + Default,
{
    let of_change;
    let fields = match mask {
        Some(mask) if !mask.paths.is_empty() => match numbers_of_paths(T::info(), &[], &mask.paths)? {
            None => {
                *stored = change;
                return Ok(());
            }
            Some(paths) => {
                of_change = json::encode(&change);
                Fields::named(&paths, 0)
            }
        },
        _ => {
            of_change = json::encode(&change);
            Fields::set(T::info(), &of_change)?
        }
    };
    let mut merged = Vec::new();
    fields.merge(&json::encode(stored), &of_change, &mut merged)?;
    *stored = T::decode(&*merged).map_err(wire::Wrong::from)?;
    Ok(())
}

/// The fields of a message that change.
#[derive(Debug, PartialEq)]
struct Fields(BTreeMap<u32, Extent>);

/// How much of a field changes.
#[derive(Debug, PartialEq)]
enum Extent {
    All,
    /// These fields of a message.
    Part(Fields),
}

/// What there is of a message of which a part changes.
struct Inner<'a> {
    /// What changes.
    fields: &'a Fields,
    stored: Option<MessageRecords<'a>>,
    change: Option<MessageRecords<'a>>,
}

/// A message inside another.
struct MessageRecords<'a> {
    /// It may come in several records, which continue each other.
    records: Vec<&'a [u8]>,
    is_group: bool,
}

impl<'a> MessageRecords<'a> {
    fn add(to: &mut Option<Self>, raw: &Raw<'a>) {
        let (record, is_group) = match raw {
            Raw::Bytes(record) => (*record, false),
            Raw::Group(record) => (*record, true),
            Raw::Varint(_) | Raw::Fixed32(_) | Raw::Fixed64(_) => {
                unreachable!("the bytes are our own encoding, and the table says that the field is a message")
            }
        };
        to.get_or_insert_with(|| Self { records: Vec::new(), is_group }).records.push(record);
    }
}

impl Fields {
    /// Those that paths name, which are sorted and of which none begins with another, from `depth` on.
    fn named(paths: &[Vec<u32>], depth: usize) -> Self {
        let mut fields = BTreeMap::new();
        for paths in paths.chunk_by(|path, next| path[depth] == next[depth]) {
            let extent = match paths {
                [path] if path.len() == depth + 1 => Extent::All,
                paths => Extent::Part(Self::named(paths, depth + 1)),
            };
            fields.insert(paths[0][depth], extent);
        }
        Self(fields)
    }

    /// Those that are set in a message.
    fn set(table: &'static MessageInfo, message: &[u8]) -> Result<Self, wire::Wrong> {
        let mut inner = BTreeMap::<u32, Option<(&'static MessageInfo, Option<MessageRecords<'_>>)>>::new();
        let mut rest = message;
        while let Some((number, raw)) = wire::next(&mut rest)? {
            let of = inner.entry(number).or_insert_with(|| Some((message_in(table, number)?, None)));
            if let Some((_, content)) = of {
                MessageRecords::add(content, &raw);
            }
        }
        let mut fields = BTreeMap::new();
        for (number, of) in inner {
            let extent = match of {
                None => Extent::All,
                Some((table, content)) => {
                    let content = content.map(|content| content.records.concat()).unwrap_or_default();
                    Extent::Part(Self::set(table, &content)?)
                }
            };
            fields.insert(number, extent);
        }
        Ok(Self(fields))
    }

    /// Appends `stored`, changed.
    fn merge(&self, stored: &[u8], change: &[u8], out: &mut Vec<u8>) -> Result<(), wire::Wrong> {
        let mut parts = BTreeMap::<u32, Inner<'_>>::new();
        let mut replaced = Vec::new();
        for_each(stored, |number, raw, record| match self.0.get(&number) {
            None => out.extend_from_slice(record),
            Some(Extent::All) => {}
            Some(Extent::Part(fields)) => {
                MessageRecords::add(&mut parts.entry(number).or_insert_with(|| fields.inner()).stored, &raw);
            }
        })?;
        for_each(change, |number, raw, record| match self.0.get(&number) {
            None => {}
            Some(Extent::All) => replaced.extend_from_slice(record),
            Some(Extent::Part(fields)) => {
                MessageRecords::add(&mut parts.entry(number).or_insert_with(|| fields.inner()).change, &raw);
            }
        })?;
        // What is read last counts in a oneof: that is what has been sent.
        let (sent, kept): (Vec<_>, Vec<_>) = parts.into_iter().partition(|(_, part)| part.change.is_some());
        for (number, part) in kept {
            part.merge(number, out)?;
        }
        out.append(&mut replaced);
        for (number, part) in sent {
            part.merge(number, out)?;
        }
        Ok(())
    }

    fn inner(&self) -> Inner<'_> {
        Inner { fields: self, stored: None, change: None }
    }
}

impl Inner<'_> {
    /// Appends the message, changed.
    fn merge(self, number: u32, out: &mut Vec<u8>) -> Result<(), wire::Wrong> {
        let Self { fields, stored, change } = self;
        let is_group = stored.as_ref().or(change.as_ref()).is_some_and(|content| content.is_group);
        let bytes = |content: Option<MessageRecords<'_>>| content.map(|content| content.records.concat());
        let mut merged = Vec::new();
        let (stored, change) = (bytes(stored).unwrap_or_default(), bytes(change).unwrap_or_default());
        fields.merge(&stored, &change, &mut merged)?;
        if is_group {
            encode_key(number, WireType::StartGroup, out);
            out.append(&mut merged);
            encode_key(number, WireType::EndGroup, out);
        } else {
            encode_key(number, WireType::LengthDelimited, out);
            encode_varint(merged.len() as u64, out);
            out.append(&mut merged);
        }
        Ok(())
    }
}

/// Goes over the fields of a message: their numbers, values and bytes.
fn for_each<'a>(
    mut message: &'a [u8],
    mut take: impl FnMut(u32, Raw<'a>, &'a [u8]),
) -> Result<(), wire::Wrong> {
    loop {
        let before = message;
        let Some((number, raw)) = wire::next(&mut message)? else { return Ok(()) };
        take(number, raw, &before[..before.len() - message.len()]);
    }
}

/// The message that a field is, if its fields are changed one by one: a time or a wrapper is one value.
fn message_in(table: &'static MessageInfo, number: u32) -> Option<&'static MessageInfo> {
    let field = table.fields.iter().find(|field| field.number == number)?;
    match (field.cardinality, field.ty) {
        (Cardinality::Repeated | Cardinality::Packed | Cardinality::Map(_), _) => None,
        (_, Type::Message(inner) | Type::Group(inner)) => {
            Some(inner()).filter(|inner| matches!(inner.form, Form::Fields))
        }
        _ => None,
    }
}

/// Why a message is not changed.
#[derive(Clone, Debug)]
pub struct MergeError(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Path(InvalidPath),
    Unreadable(String),
}

impl MergeError {
    /// The path of the mask that names no field of the message, shortened if it is long; or the first that is too much.
    pub fn invalid_path(&self) -> Option<&str> {
        match &self.0 {
            Kind::Path(invalid) => Some(invalid.path()),
            Kind::Unreadable(_) => None,
        }
    }
}

impl From<InvalidPath> for MergeError {
    fn from(invalid: InvalidPath) -> Self {
        Self(Kind::Path(invalid))
    }
}

impl From<wire::Wrong> for MergeError {
    fn from(wrong: wire::Wrong) -> Self {
        Self(Kind::Unreadable(wrong.0))
    }
}

impl From<MergeError> for Status {
    fn from(error: MergeError) -> Self {
        match error.0 {
            Kind::Path(invalid) => invalid.into_status("update_mask"),
            Kind::Unreadable(_) => Self::internal(error.to_string()),
        }
    }
}

impl fmt::Display for MergeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Path(invalid) => invalid.fmt(f),
            Kind::Unreadable(what) => write!(f, "the changed message cannot be read: {what}"),
        }
    }
}

impl std::error::Error for MergeError {}
