//! Maps: those that prost generates, their keys, and how they are read and written.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{BuildHasher, Hash};

use super::write::Enums;
use crate::json::erase::Values;
use crate::json::info::Field;
use crate::json::read::{integer, shown};
use crate::json::{Error, Json, JsonEnum, Reader, WriteOptions, Writer};

/// A key of a map: always a string in JSON.
pub trait MapKey: Ord + Clone + 'static {
    /// Writes it, quotes included.
    fn write_key(&self, writer: &mut Writer);

    /// Reads it from the text between the quotes.
    fn parse_key(text: &str) -> Option<Self>;

    /// Writes a map of such keys, each with the index of its value, in any order. A method of the key, so that it is compiled here, once for each type of key.
    #[doc(hidden)]
    fn write_map(keys: &mut [(&Self, usize)], values: &dyn Values, field: &Field, writer: &mut Writer);

    /// Reads a map of such keys: `add` reads a value and adds it, and says whether its key is new. Compiled here as
    /// well. A map that has entries already is not `fresh`: its keys may come again.
    #[doc(hidden)]
    fn read_map(
        reader: &mut Reader<'_>,
        fresh: bool,
        add: &mut dyn FnMut(&mut Reader<'_>, Self) -> Result<bool, Error>,
    ) -> Result<(), Error>;
}

/// What each key type has.
macro_rules! compiled_here {
    () => {
        fn write_map(keys: &mut [(&Self, usize)], values: &dyn Values, field: &Field, writer: &mut Writer) {
            writer.entries(keys, values, field);
        }

        fn read_map(
            reader: &mut Reader<'_>,
            fresh: bool,
            add: &mut dyn FnMut(&mut Reader<'_>, Self) -> Result<bool, Error>,
        ) -> Result<(), Error> {
            reader.entries(fresh, add)
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
            compiled_here!();
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
            compiled_here!();
        }
    )*};
}

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
    compiled_here!();
}

/// A map of either kind.
pub trait JsonMap: Default {
    /// Its keys.
    type Key: MapKey;
    /// Its values.
    type Value;

    /// How many entries it has.
    fn entry_count(&self) -> usize;

    /// Calls `f` on every entry, in any order.
    fn for_each<'a>(&'a self, f: impl FnMut(&'a Self::Key, &'a Self::Value));

    /// Adds an entry, in the place of one that has the key; false when there was one.
    fn put(&mut self, key: Self::Key, value: Self::Value) -> bool;
}

/// Both maps have methods of the same names.
macro_rules! map_methods {
    () => {
        type Key = K;
        type Value = V;

        fn entry_count(&self) -> usize {
            self.len()
        }

        fn for_each<'a>(&'a self, mut f: impl FnMut(&'a K, &'a V)) {
            #[allow(clippy::iter_over_hash_type)] // sorted before it is seen
            for (key, value) in self {
                f(key, value);
            }
        }

        fn put(&mut self, key: K, value: V) -> bool {
            self.insert(key, value).is_none()
        }
    };
}

impl<K: MapKey, V> JsonMap for BTreeMap<K, V> {
    map_methods!();
}

impl<K: MapKey + Hash, V, S: BuildHasher + Default> JsonMap for HashMap<K, V, S> {
    map_methods!();
}

impl Reader<'_> {
    /// A map.
    pub fn map<M: JsonMap>(&mut self, field: &mut M) -> Result<(), Error>
    where
        M::Value: Json + Default,
    {
        let fresh = field.entry_count() == 0;
        M::Key::read_map(self, fresh, &mut |reader, key| {
            reader.message_value().map(|value| field.put(key, value))
        })
    }

    /// A map of enums.
    pub fn enum_map<E: JsonEnum, M: JsonMap<Value = i32>>(&mut self, field: &mut M) -> Result<(), Error> {
        let fresh = field.entry_count() == 0;
        M::Key::read_map(self, fresh, &mut |reader, key| {
            Ok(reader.enum_value(E::INFO)?.is_none_or(|value| field.put(key, value)))
        })
    }

    /// See [`MapKey::read_map`].
    fn entries<K: MapKey>(
        &mut self,
        fresh: bool,
        add: &mut dyn FnMut(&mut Reader<'_>, K) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        // The keys of the text, where those of the map say nothing. As they are written: sets of one type serve all.
        let mut keys = BTreeSet::new();
        self.open_entries()?;
        let mut started = false;
        while let Some((text, at)) = self.next_entry_at(started)? {
            started = true;
            let Some(key) = K::parse_key(&text) else {
                let text = shown(&text);
                return Err(self.data(at, format!("{text:?} is not a key of this map")));
            };
            let new = fresh || keys.insert(written(&key));
            if !add(self, key)? && fresh || !new {
                return Err(self.data(at, "a key comes twice".into()));
            }
        }
        Ok(())
    }
}

/// A key as it is written.
fn written(key: &impl MapKey) -> Vec<u8> {
    let mut writer = Writer::new(&WriteOptions::default(), Vec::new());
    key.write_key(&mut writer);
    writer.buf
}

impl Writer {
    /// A map, in the order of its keys.
    pub fn map<M: JsonMap>(&mut self, field: &Field, map: &M)
    where
        M::Value: Json,
    {
        let mut keys = Vec::with_capacity(map.entry_count());
        let mut values = Vec::with_capacity(map.entry_count());
        map.for_each(|key, value| {
            keys.push((key, values.len()));
            values.push(value);
        });
        M::Key::write_map(&mut keys, &values.as_slice(), field, self);
    }

    /// A map of enums, in the order of its keys.
    pub fn enum_map<M: JsonMap<Value = i32>>(&mut self, field: &Field, map: &M) {
        let mut keys = Vec::with_capacity(map.entry_count());
        let mut values = Vec::with_capacity(map.entry_count());
        map.for_each(|key, value| {
            keys.push((key, values.len()));
            values.push(*value);
        });
        M::Key::write_map(&mut keys, &Enums(&values, field.enum_info()), field, self);
    }

    /// See [`MapKey::write_map`].
    fn entries<K: MapKey>(&mut self, keys: &mut [(&K, usize)], values: &dyn Values, field: &Field) {
        if keys.is_empty() && !self.options.emit_defaults {
            return;
        }
        keys.sort_unstable();
        self.key(field);
        let start = self.open();
        for (key, index) in keys {
            self.element();
            key.write_key(self);
            self.end_key();
            values.write(*index, self);
        }
        self.close(start);
    }
}
