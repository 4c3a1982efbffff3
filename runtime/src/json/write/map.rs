//! The maps that prost generates, and their keys.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};

use super::Writer;

/// A key of a map: always a string in JSON.
pub trait MapKey: Ord + Sized + 'static {
    /// Writes it, quotes included.
    fn write_key(&self, writer: &mut Writer);

    /// Reads it from the text between the quotes.
    fn parse_key(text: &str) -> Option<Self>;

    /// Sorts keys with the places of their values. Here, so that it is compiled once for each kind of key.
    fn sort(keys: &mut [(&Self, usize)]);
}

/// Sorting, as each key type has it.
macro_rules! sort {
    () => {
        fn sort(keys: &mut [(&Self, usize)]) {
            keys.sort_unstable();
        }
    };
}

macro_rules! quoted_keys {
    ($($type:ty: $value:ident, $parse:expr;)*) => {$(
        impl MapKey for $type {
            fn write_key(&self, writer: &mut Writer) {
                writer.buf.push(b'"');
                writer.$value(*self);
                writer.buf.push(b'"');
            }
            fn parse_key(text: &str) -> Option<Self> {
                $parse(text)
            }
            sort!();
        }
    )*};
}

macro_rules! keys {
    ($($type:ty: $value:ident, $parse:expr;)*) => {$(
        impl MapKey for $type {
            fn write_key(&self, writer: &mut Writer) {
                writer.$value(*self);
            }
            fn parse_key(text: &str) -> Option<Self> {
                $parse(text)
            }
            sort!();
        }
    )*};
}

use crate::json::read::integer;

quoted_keys! {
    i32: i32_value, |text| integer(text)?.try_into().ok();
    u32: u32_value, |text| integer(text)?.try_into().ok();
    bool: bool_value, |text| match text { "true" => Some(true), "false" => Some(false), _ => None };
}
keys! {
    i64: i64_value, |text| integer(text)?.try_into().ok();
    u64: u64_value, |text| integer(text)?.try_into().ok();
}

impl MapKey for String {
    fn write_key(&self, writer: &mut Writer) {
        writer.str_value(self);
    }
    fn parse_key(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
    sort!();
}

/// A map of either kind.
pub trait JsonMap: Default {
    /// Its keys.
    type Key: MapKey;
    /// Its values.
    type Value;

    /// How many entries it has.
    fn entry_count(&self) -> usize;

    /// Calls `f` on every entry in the order of the keys, which makes the output deterministic.
    fn for_each_sorted(&self, f: impl FnMut(&Self::Key, &Self::Value));

    /// Adds an entry; false when the key was there.
    fn insert_new(&mut self, key: Self::Key, value: Self::Value) -> bool;

    /// Adds the entries of `other`, which win.
    fn merge(&mut self, other: Self);
}

impl<K: MapKey, V> JsonMap for BTreeMap<K, V> {
    type Key = K;
    type Value = V;

    fn entry_count(&self) -> usize {
        self.len()
    }

    fn for_each_sorted(&self, mut f: impl FnMut(&K, &V)) {
        for (key, value) in self {
            f(key, value);
        }
    }

    fn insert_new(&mut self, key: K, value: V) -> bool {
        self.insert(key, value).is_none()
    }

    fn merge(&mut self, other: Self) {
        self.extend(other);
    }
}

impl<K: MapKey + Hash, V, S: BuildHasher + Default> JsonMap for HashMap<K, V, S> {
    type Key = K;
    type Value = V;

    fn entry_count(&self) -> usize {
        self.len()
    }

    fn for_each_sorted(&self, mut f: impl FnMut(&K, &V)) {
        let mut keys = Vec::with_capacity(self.len());
        let mut values = Vec::with_capacity(self.len());
        #[allow(clippy::iter_over_hash_type)] // sorted before it is seen
        for (index, (key, value)) in self.iter().enumerate() {
            keys.push((key, index));
            values.push(value);
        }
        K::sort(&mut keys);
        for (key, index) in keys {
            f(key, values[index]);
        }
    }

    fn insert_new(&mut self, key: K, value: V) -> bool {
        self.insert(key, value).is_none()
    }

    fn merge(&mut self, other: Self) {
        self.extend(other);
    }
}
