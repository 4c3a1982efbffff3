//! A field of each kind and presence, as generated code reads them.

use super::{Error, Reader};
use crate::json::Json;
use crate::json::info::EnumInfo;
use crate::json::write::{JsonMap, MapKey};

/// For each scalar: into a plain field, an optional one, and a repeated one.
macro_rules! scalar_fields {
    ($($value:ident: $type:ty => $plain:ident $opt:ident $list:ident;)*) => {
        impl Reader<'_> {$(
            /// Into a field without presence.
            pub fn $plain(&mut self, field: &mut $type) -> Result<(), Error> {
                *field = self.$value()?;
                Ok(())
            }

            /// Into a field with presence.
            pub fn $opt(&mut self, field: &mut Option<$type>) -> Result<(), Error> {
                *field = Some(self.$value()?);
                Ok(())
            }

            /// Into a repeated field.
            pub fn $list(&mut self, field: &mut Vec<$type>) -> Result<(), Error> {
                self.open_array()?;
                let mut first = true;
                while self.next_element(&mut first)? {
                    field.push(self.$value()?);
                }
                Ok(())
            }
        )*}
    };
}

scalar_fields! {
    i32_value: i32 => int32 int32_opt int32_list;
    u32_value: u32 => uint32 uint32_opt uint32_list;
    i64_value: i64 => int64 int64_opt int64_list;
    u64_value: u64 => uint64 uint64_opt uint64_list;
    f32_value: f32 => float float_opt float_list;
    f64_value: f64 => double double_opt double_list;
    bool_value: bool => bool bool_opt bool_list;
    string_value: String => string string_opt string_list;
}

impl Reader<'_> {
    /// `bool`.
    pub fn bool_value(&mut self) -> Result<bool, Error> {
        match self.byte() {
            b't' => self.literal("true").map(|()| true),
            b'f' => self.literal("false").map(|()| false),
            _ => Err(self.expected("a bool")),
        }
    }

    /// Bytes into a field without presence.
    pub fn bytes<B: From<Vec<u8>>>(&mut self, field: &mut B) -> Result<(), Error> {
        *field = self.bytes_value()?.into();
        Ok(())
    }

    /// Bytes into a field with presence.
    pub fn bytes_opt<B: From<Vec<u8>>>(&mut self, field: &mut Option<B>) -> Result<(), Error> {
        *field = Some(self.bytes_value()?.into());
        Ok(())
    }

    /// Repeated bytes.
    pub fn bytes_list<B: From<Vec<u8>>>(&mut self, field: &mut Vec<B>) -> Result<(), Error> {
        self.open_array()?;
        let mut first = true;
        while self.next_element(&mut first)? {
            field.push(self.bytes_value()?.into());
        }
        Ok(())
    }

    /// An enum, by name or number; `None` for an unknown name that is to be ignored.
    pub fn enum_value(&mut self, info: &EnumInfo) -> Result<Option<i32>, Error> {
        match self.byte() {
            b'"' => {
                let at = self.pos;
                let name = self.str_value()?;
                match info.number_of(&name) {
                    None if !self.options.ignore_unknown => {
                        Err(self.data(at, format!("{} has no value {name:?}", info.name)))
                    }
                    number => Ok(number),
                }
            }
            b'n' if info.is_null() => self.literal("null").map(|()| Some(0)),
            b'-' | b'0'..=b'9' => self.i32_value().map(Some),
            _ => Err(self.expected("an enum's name or number")),
        }
    }

    /// An enum into a field without presence.
    pub fn enumeration(&mut self, field: &mut i32, info: &EnumInfo) -> Result<(), Error> {
        if let Some(value) = self.enum_value(info)? {
            *field = value;
        }
        Ok(())
    }

    /// An enum into a field with presence.
    pub fn enum_opt(&mut self, field: &mut Option<i32>, info: &EnumInfo) -> Result<(), Error> {
        if let Some(value) = self.enum_value(info)? {
            *field = Some(value);
        }
        Ok(())
    }

    /// Repeated enums.
    pub fn enum_list(&mut self, field: &mut Vec<i32>, info: &EnumInfo) -> Result<(), Error> {
        self.open_array()?;
        let mut first = true;
        while self.next_element(&mut first)? {
            field.extend(self.enum_value(info)?);
        }
        Ok(())
    }

    /// A message into a field, merged with what is there.
    pub fn message_opt<T: Json + Default>(&mut self, field: &mut Option<T>) -> Result<(), Error> {
        field.get_or_insert_default().read_json(self)
    }

    /// A message of its own.
    pub fn message_value<T: Json + Default>(&mut self) -> Result<T, Error> {
        let mut value = T::default();
        value.read_json(self)?;
        Ok(value)
    }

    /// Repeated messages, or any other list.
    pub fn list<T: Json + Default>(&mut self, field: &mut Vec<T>) -> Result<(), Error> {
        self.open_array()?;
        let mut first = true;
        while self.next_element(&mut first)? {
            field.push_mut(T::default()).read_json(self)?;
        }
        Ok(())
    }

    /// A map.
    pub fn map<M: JsonMap>(&mut self, field: &mut M) -> Result<(), Error>
    where
        M::Value: Json + Default,
    {
        self.entries(field, |reader| reader.message_value().map(Some))
    }

    /// A map of enums.
    pub fn enum_map<M: JsonMap<Value = i32>>(&mut self, field: &mut M, info: &EnumInfo) -> Result<(), Error> {
        self.entries(field, |reader| reader.enum_value(info))
    }

    fn entries<M: JsonMap>(
        &mut self,
        field: &mut M,
        mut value: impl FnMut(&mut Self) -> Result<Option<M::Value>, Error>,
    ) -> Result<(), Error> {
        // Entries that were there before may come again; those of the text may not.
        let mut entries = M::default();
        self.open_entries()?;
        let mut started = false;
        while let Some((key, at)) = self.map_key(started)? {
            started = true;
            if let Some(value) = value(self)?
                && !entries.insert_new(key, value)
            {
                return Err(self.data(at, "a key comes twice".into()));
            }
        }
        if field.entry_count() == 0 {
            *field = entries;
        } else {
            field.merge(entries);
        }
        Ok(())
    }

    fn map_key<K: MapKey>(&mut self, started: bool) -> Result<Option<(K, usize)>, Error> {
        let Some((key, at)) = self.next_entry_at(started)? else { return Ok(None) };
        match K::parse_key(&key) {
            Some(key) => Ok(Some((key, at))),
            None => Err(self.data(at, format!("{:?} is not a key of this map", super::number::shown(&key)))),
        }
    }
}
