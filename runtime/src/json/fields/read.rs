//! A field of each kind and presence, as generated code reads them.

use crate::json::erase::{Append, Read};
use crate::json::info::EnumInfo;
use crate::json::{Error, Json, JsonEnum, Reader};

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
                    None if !self.ignores_unknown() => {
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
    pub fn enumeration<E: JsonEnum>(&mut self, field: &mut i32) -> Result<(), Error> {
        self.enum_value(E::INFO).map(|value| *field = value.unwrap_or(*field))
    }

    /// An enum into a field with presence.
    pub fn enum_opt<E: JsonEnum>(&mut self, field: &mut Option<i32>) -> Result<(), Error> {
        self.enum_value(E::INFO).map(|value| *field = value.or(*field))
    }

    /// Repeated enums.
    pub fn enum_list<E: JsonEnum>(&mut self, field: &mut Vec<i32>) -> Result<(), Error> {
        self.elements(&mut |reader| reader.enum_value(E::INFO).map(|value| field.extend(value)))
    }

    /// A message into a field, merged with what is there.
    pub fn message_opt<T: Json + Default>(&mut self, field: &mut Option<T>) -> Result<(), Error> {
        field.get_or_insert_default().read(self)
    }

    /// A message of its own.
    pub fn message_value<T: Json + Default>(&mut self) -> Result<T, Error> {
        let mut value = T::default();
        (&mut value).read(self)?;
        Ok(value)
    }

    /// Repeated messages, or any other list.
    pub fn list<T: Json + Default>(&mut self, mut field: &mut Vec<T>) -> Result<(), Error> {
        self.any_list(&mut field)
    }

    fn any_list(&mut self, field: &mut dyn Append) -> Result<(), Error> {
        self.elements(&mut |reader| field.append(reader))
    }

    /// An array, each of whose elements `read` takes.
    pub(in crate::json) fn elements(
        &mut self,
        read: &mut dyn FnMut(&mut Self) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.open_array()?;
        let mut first = true;
        while self.next_element(&mut first)? {
            read(self)?;
        }
        Ok(())
    }
}
