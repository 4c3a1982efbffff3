//! What generated error sets call: for the text of an error, for its metadata, and for its payload on the way back.

use std::collections::HashMap;
use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use prost::Message;
use prost_types::Any;

/// The part of an error's details that depends on its variant.
#[derive(Debug, Default)]
pub struct Outgoing {
    pub(super) metadata: HashMap<String, String>,
    pub(super) payload: Vec<u8>,
}

impl Outgoing {
    /// Adds the payload.
    pub fn payload(&mut self, payload: &impl Message) {
        self.payload = payload.encode_to_vec();
    }

    /// Adds a field of the payload, if it is set.
    pub fn field<T: Display + ?Sized>(&mut self, name: &str, value: Option<&T>) {
        if let Some(value) = value {
            self.metadata.insert(name.to_owned(), value.to_string());
        }
    }

    /// Adds an enum by the name of its value, or by its number when this version does not know it.
    pub fn enumeration(&mut self, name: &str, value: Option<&i32>, text: fn(i32) -> Option<&'static str>) {
        if let Some(&number) = value {
            let text = text(number).map_or_else(|| number.to_string(), str::to_owned);
            self.metadata.insert(name.to_owned(), text);
        }
    }
}

/// What arrived of an error.
#[derive(Debug)]
pub struct Incoming<'a> {
    pub(super) metadata: &'a HashMap<String, String>,
    pub(super) payload: Option<&'a Any>,
}

impl Incoming<'_> {
    /// The payload as it was sent, or else put together by `rebuild` from the metadata.
    pub fn payload<M: Message + Default>(&self, rebuild: impl FnOnce(&mut M)) -> M {
        self.payload.and_then(|any| M::decode(&*any.value).ok()).unwrap_or_else(|| {
            let mut payload = M::default();
            rebuild(&mut payload);
            payload
        })
    }

    /// A field from the metadata.
    pub fn field<T: FromStr>(&self, name: &str) -> Option<T> {
        self.metadata.get(name)?.parse().ok()
    }

    /// An enum from the metadata.
    pub fn enumeration(&self, name: &str, number: fn(&str) -> Option<i32>) -> Option<i32> {
        let text = self.metadata.get(name)?;
        number(text).or_else(|| text.parse().ok())
    }
}

/// Writes a field of a template, or its default when it is not set.
pub fn show<T: Display + ?Sized>(f: &mut Formatter<'_>, value: Option<&T>, default: &str) -> fmt::Result {
    match value {
        Some(value) => value.fmt(f),
        None => f.write_str(default),
    }
}

/// Writes an enum of a template by the name of its value.
pub fn show_enumeration(
    f: &mut Formatter<'_>,
    value: Option<&i32>,
    text: fn(i32) -> Option<&'static str>,
    default: &str,
) -> fmt::Result {
    match value {
        Some(&number) => match text(number) {
            Some(text) => f.write_str(text),
            None => number.fmt(f),
        },
        None => f.write_str(default),
    }
}

/// The argument of a constructor for a repeated field.
pub fn list<T, I: Into<T>>(values: impl IntoIterator<Item = I>) -> Vec<T> {
    values.into_iter().map(Into::into).collect()
}

/// The argument of a constructor for a map.
pub fn map<K, V, M: FromIterator<(K, V)>>(
    entries: impl IntoIterator<Item = (impl Into<K>, impl Into<V>)>,
) -> M {
    entries.into_iter().map(|(key, value)| (key.into(), value.into())).collect()
}

/// The argument of a constructor for an optional field.
pub fn option<T, I: Into<T>>(value: impl Into<Option<I>>) -> Option<T> {
    value.into().map(Into::into)
}
