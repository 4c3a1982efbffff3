//! The static tables that generated code hands to the runtime.
//!
//! The typed code uses them for names; what an `Any` holds is read and written by them alone.

use std::sync::atomic::AtomicU32;

use prost::Message;

use super::meter::Meter;
use super::{Error, Json, Reader, Writer, encode};

/// A message: its name and its fields, in the order of their indices.
#[derive(Debug)]
pub struct MessageInfo {
    /// Full name, without a leading dot.
    pub(crate) name: &'static str,
    pub(crate) fields: &'static [Field],
    pub(crate) has_required: bool,
    pub(crate) form: Form,
    /// Bytes of its struct in memory.
    pub(super) size: usize,
    /// How many bytes of memory a byte of such a message can take at most; zero as long as nobody has asked.
    pub(super) expansion: AtomicU32,
}

/// The shape of a message's JSON.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Form {
    /// An object of its fields, by the table.
    Fields,
    /// An object, by code of its own.
    Object(Codec),
    /// Anything else, by code of its own; stands under `value` in an `Any`.
    Value(Codec),
}

/// JSON from a message's bytes and back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Codec {
    pub(crate) write: fn(&[u8], &mut Writer),
    pub(crate) read: fn(&mut Reader<'_>) -> Result<Vec<u8>, Error>,
    pub(super) measure: fn(&mut Reader<'_>, &mut Meter) -> Result<(), Error>,
}

impl Codec {
    const fn of<T: Json + Message + Default>() -> Self {
        Self { write: write::<T>, read: read::<T>, measure: T::measure }
    }
}

fn write<T: Json + Message + Default>(bytes: &[u8], writer: &mut Writer) {
    match T::decode(bytes) {
        Ok(message) => message.write_json(writer),
        Err(error) => writer.undecodable(&error.to_string()),
    }
}

fn read<T: Json + Message + Default>(reader: &mut Reader<'_>) -> Result<Vec<u8>, Error> {
    let mut message = T::default();
    message.read_json(reader)?;
    Ok(encode(&message))
}

impl MessageInfo {
    /// The table of a generated message, which is stored as `T`.
    pub const fn new<T>(name: &'static str, fields: &'static [Field]) -> Self {
        Self::of::<T>(name, fields, Form::Fields)
    }

    const fn of<T>(name: &'static str, fields: &'static [Field], form: Form) -> Self {
        let mut has_required = false;
        let mut index = 0;
        while index < fields.len() {
            has_required |= matches!(fields[index].cardinality, Cardinality::Required);
            index += 1;
        }
        Self { name, fields, has_required, form, size: size_of::<T>(), expansion: AtomicU32::new(0) }
    }

    /// The field at an index.
    ///
    /// # Panics
    /// If there is none: generated code knows.
    #[doc(hidden)]
    pub fn field(&self, index: usize) -> &'static Field {
        &self.fields[index]
    }

    /// A message written by hand, whose JSON is an object. It belongs into a `static`.
    ///
    /// What it takes in memory is not known: 16 times its encoding is assumed where that is limited.
    pub const fn custom<T: Json + Message + Default>(name: &'static str) -> Self {
        Self::of::<T>(name, &[], Form::Object(Codec::of::<T>()))
    }

    /// A message whose JSON is not an object of its fields: these are the fields of its bytes.
    pub(crate) const fn well_known<T: Json + Message + Default>(
        name: &'static str,
        fields: &'static [Field],
    ) -> Self {
        Self::of::<T>(name, fields, Form::Value(Codec::of::<T>()))
    }
}

/// A field: its names, its type, and how it is stored.
///
/// A program has thousands of them, and each pointer in a table is three times its size in the program's file: hence one
/// text with all names.
#[derive(Debug)]
pub struct Field {
    /// See [`Field::new`].
    names: &'static str,
    pub(crate) ty: Type,
    pub(crate) number: u32,
    /// Bytes of `names` up to its end.
    key: u32,
    /// Bytes of `names` up to its end.
    proto: u32,
    /// The place of its oneof among the message's, plus one; zero outside of oneofs.
    pub(crate) oneof: u16,
    pub(crate) cardinality: Cardinality,
    traits: u8,
}

/// `null` is a value of the field, not its absence.
const NULLABLE: u8 = 1;
/// Its message is in a `Box`.
const BOXED: u8 = 2;
/// It is a `BTreeMap`.
const SORTED: u8 = 4;

/// The type of a value.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)] // the names of `descriptor.proto`
pub enum Type {
    Double,
    Float,
    Int32,
    Int64,
    Uint32,
    Uint64,
    Sint32,
    Sint64,
    Fixed32,
    Fixed64,
    Sfixed32,
    Sfixed64,
    Bool,
    String,
    Bytes,
    Enum(&'static EnumInfo),
    Message(fn() -> &'static MessageInfo),
    Group(fn() -> &'static MessageInfo),
}

impl Type {
    /// The number of every message.
    pub(crate) const MESSAGE: i32 = 11;

    /// Its number in `google.protobuf.FieldDescriptorProto.Type`.
    pub(crate) const fn number(self) -> i32 {
        match self {
            Self::Double => 1,
            Self::Float => 2,
            Self::Int64 => 3,
            Self::Uint64 => 4,
            Self::Int32 => 5,
            Self::Fixed64 => 6,
            Self::Fixed32 => 7,
            Self::Bool => 8,
            Self::String => 9,
            Self::Group(_) => 10,
            Self::Message(_) => Self::MESSAGE,
            Self::Bytes => 12,
            Self::Uint32 => 13,
            Self::Enum(_) => 14,
            Self::Sfixed32 => 15,
            Self::Sfixed64 => 16,
            Self::Sint32 => 17,
            Self::Sint64 => 18,
        }
    }
}

/// How often a field occurs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cardinality {
    /// Once; the default value is not a value.
    Implicit,
    /// Once, or not.
    Explicit,
    /// Once.
    Required,
    Repeated,
    /// Repeated, in one piece on the wire.
    Packed,
    /// A map, by the type of its keys.
    Map(KeyType),
}

/// The types that keys may have.
macro_rules! key_types {
    ($($name:ident)*) => {
        #[derive(Clone, Copy, Debug)]
        pub(crate) enum KeyType {
            $($name),*
        }

        impl KeyType {
            const fn new(ty: Type) -> Self {
                match ty {
                    $(Type::$name => Self::$name,)*
                    _ => panic!("no type for the keys of a map"),
                }
            }
        }

        impl From<KeyType> for Type {
            fn from(key: KeyType) -> Self {
                match key {
                    $(KeyType::$name => Self::$name,)*
                }
            }
        }
    };
}

key_types! {
    Int32 Int64 Uint32 Uint64 Sint32 Sint64 Fixed32 Fixed64 Sfixed32 Sfixed64 Bool String
}

impl Field {
    /// A field without presence. `names` is `,"` and its JSON name, escaped as it is written, and `":`; then its name in
    /// the `.proto` where that is another; then, behind a `:`, the JSON name as it is, if it has escapes.
    ///
    /// # Panics
    /// If `names` are others.
    pub const fn new(names: &'static str, number: u32, ty: Type) -> Self {
        let text = names.as_bytes();
        let mut key = 2;
        while text[key] != b'"' {
            key += if text[key] == b'\\' { 2 } else { 1 };
        }
        key += 2;
        let mut proto = key;
        while proto < text.len() && text[proto] != b':' {
            proto += 1;
        }
        #[allow(clippy::cast_possible_truncation)] // no name is that long
        let (key, proto) = (key as u32, proto as u32);
        let cardinality = Cardinality::Implicit;
        Self { names, ty, number, key, proto, oneof: 0, cardinality, traits: 0 }
    }

    /// `,"name":` as it is written, escaped.
    #[inline]
    pub(crate) fn key(&self) -> &'static [u8] {
        &self.names.as_bytes()[..self.key as usize]
    }

    /// The JSON name.
    pub(crate) fn json(&self) -> &'static str {
        match self.names.get(self.proto as usize + 1..) {
            Some(name) => name,
            None => &self.names[2..self.key as usize - 2],
        }
    }

    /// The name in the `.proto`.
    pub(crate) fn proto(&self) -> &'static str {
        if self.key == self.proto {
            return self.json();
        }
        &self.names[self.key as usize..self.proto as usize]
    }

    /// Whether it is called so in one of the two.
    pub(crate) fn has_name(&self, name: &str) -> bool {
        self.json() == name || self.proto() == name
    }

    /// An enum, see [`Field::new`].
    pub const fn enumeration<E: JsonEnum>(names: &'static str, number: u32) -> Self {
        Self::new(names, number, Type::Enum(E::INFO))
    }

    /// A message, see [`Field::new`].
    pub const fn message<M: Json>(names: &'static str, number: u32) -> Self {
        Self::new(names, number, Type::Message(M::info))
    }

    /// A group, see [`Field::new`].
    pub const fn group<M: Json>(names: &'static str, number: u32) -> Self {
        Self::new(names, number, Type::Group(M::info))
    }

    /// The names of its enum; none, if it is of another type.
    pub(crate) const fn enum_info(&self) -> &'static EnumInfo {
        match self.ty {
            Type::Enum(info) => info,
            _ => const { &EnumInfo::new("", &[]) },
        }
    }

    /// With presence.
    #[must_use]
    pub const fn optional(mut self) -> Self {
        self.cardinality = Cardinality::Explicit;
        self
    }

    /// proto2 `required`: reading fails without it.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.cardinality = Cardinality::Required;
        self
    }

    /// Repeated, each element by itself on the wire.
    #[must_use]
    pub const fn repeated(mut self) -> Self {
        self.cardinality = Cardinality::Repeated;
        self
    }

    /// Repeated, packed on the wire.
    #[must_use]
    pub const fn packed(mut self) -> Self {
        self.cardinality = Cardinality::Packed;
        self
    }

    /// A map; the field's own type is that of its values.
    ///
    /// # Panics
    /// If no key can be of that type.
    #[must_use]
    pub const fn map(mut self, key: Type) -> Self {
        self.cardinality = Cardinality::Map(KeyType::new(key));
        self
    }

    /// A member of the message's oneof number `index`.
    #[must_use]
    pub const fn in_oneof(mut self, index: u16) -> Self {
        self.cardinality = Cardinality::Explicit;
        self.oneof = index + 1;
        self
    }

    /// A single `google.protobuf.Value` or `google.protobuf.NullValue`: `null` is a value.
    #[must_use]
    pub const fn nullable(mut self) -> Self {
        self.traits |= NULLABLE;
        self
    }

    /// A message in a `Box`.
    #[must_use]
    pub const fn boxed(mut self) -> Self {
        self.traits |= BOXED;
        self
    }

    /// A `BTreeMap`. Other maps are `HashMap`s.
    #[must_use]
    pub const fn sorted(mut self) -> Self {
        self.traits |= SORTED;
        self
    }

    /// See [`Field::nullable`].
    #[inline]
    pub(crate) const fn is_nullable(&self) -> bool {
        self.traits & NULLABLE != 0
    }

    pub(super) const fn is_boxed(&self) -> bool {
        self.traits & BOXED != 0
    }

    pub(super) const fn is_sorted(&self) -> bool {
        self.traits & SORTED != 0
    }
}

/// A constructor for each scalar type: generated code is mostly these, and short.
macro_rules! scalar_fields {
    ($($name:ident => $ty:ident;)*) => {
        #[allow(missing_docs)] // the names of `descriptor.proto`; see `Field::new`
        impl Field {$(
            pub const fn $name(names: &'static str, number: u32) -> Self {
                Self::new(names, number, Type::$ty)
            }
        )*}
    };
}

scalar_fields! {
    double => Double;
    float => Float;
    int32 => Int32;
    int64 => Int64;
    uint32 => Uint32;
    uint64 => Uint64;
    sint32 => Sint32;
    sint64 => Sint64;
    fixed32 => Fixed32;
    fixed64 => Fixed64;
    sfixed32 => Sfixed32;
    sfixed64 => Sfixed64;
    bool => Bool;
    string => String;
    bytes => Bytes;
}

/// An enum: its values sorted by number, the first of each number being its canonical name.
#[derive(Debug)]
pub struct EnumInfo {
    /// Full name, without a leading dot.
    pub(crate) name: &'static str,
    values: &'static [(i32, &'static str)],
    is_null: bool,
}

impl EnumInfo {
    /// An enum's table; `values` are sorted by number, aliases after the name they alias.
    pub const fn new(name: &'static str, values: &'static [(i32, &'static str)]) -> Self {
        Self { name, values, is_null: false }
    }

    /// `google.protobuf.NullValue`, whose one value is written `null`.
    pub(crate) const fn null() -> Self {
        Self { name: "google.protobuf.NullValue", values: &[(0, "NULL_VALUE")], is_null: true }
    }

    pub(crate) const fn is_null(&self) -> bool {
        self.is_null
    }

    /// The name of a number.
    pub fn name_of(&self, number: i32) -> Option<&'static str> {
        // Most enums count from zero without aliases: the number is the index, and its neighbour is another.
        if let Some(index) = usize::try_from(number).ok()
            && let Some(&(n, name)) = self.values.get(index)
            && n == number
            && index.checked_sub(1).is_none_or(|before| self.values[before].0 != n)
        {
            return Some(name);
        }
        let at = self.values.partition_point(|&(n, _)| n < number);
        self.values.get(at).filter(|&&(n, _)| n == number).map(|&(_, name)| name)
    }

    /// The number of a name, aliases included.
    pub fn number_of(&self, name: &str) -> Option<i32> {
        self.values.iter().find(|&&(_, n)| n == name).map(|&(n, _)| n)
    }
}

/// An enum that was generated with its JSON names.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no ProtoJSON names",
    note = "enums get them from protoc-gen-rsvc; if prost-build or tonic generated the crate of this one, give its package to \
            `extern_prost` and not to `extern_path`"
)]
pub trait JsonEnum {
    /// Its table.
    const INFO: &'static EnumInfo;
}

impl JsonEnum for prost_types::NullValue {
    const INFO: &'static EnumInfo = &EnumInfo::null();
}

#[cfg(test)]
mod tests {
    use super::{EnumInfo, Field};

    #[test]
    fn a_field_is_small() {
        assert!(size_of::<Field>() <= 6 * size_of::<usize>(), "{}", size_of::<Field>());
    }

    #[test]
    fn a_field_has_names() {
        for (names, key, json, proto) in [
            (",\"a\":", ",\"a\":", "a", "a"),
            (",\"aB\":a_b", ",\"aB\":", "aB", "a_b"),
            (",\"a\\\"\":b:a\"", ",\"a\\\"\":", "a\"", "b"),
            (",\"\":a", ",\"\":", "", "a"),
        ] {
            let field = Field::string(names, 1);
            assert_eq!((field.key(), field.json(), field.proto()), (key.as_bytes(), json, proto));
            assert!(field.has_name(json) && field.has_name(proto) && !field.has_name("c"));
        }
        let long = format!(",\"{0}\":{0}_", "x".repeat(70_000)).leak();
        assert_eq!(Field::string(long, 1).proto().len(), 70_001);
    }

    #[test]
    fn names_of_numbers() {
        let aliased =
            EnumInfo::new("E", &[(-3, "MINUS"), (0, "A"), (1, "B"), (1, "B2"), (3, "C"), (900, "D")]);
        let expected =
            [(-3, Some("MINUS")), (-1, None), (0, Some("A")), (1, Some("B")), (2, None), (3, Some("C"))];
        for (number, name) in expected {
            assert_eq!(aliased.name_of(number), name, "{number}");
        }
        assert_eq!(aliased.name_of(900), Some("D"));
        assert_eq!(aliased.number_of("B2"), Some(1));
        assert_eq!(aliased.number_of("b2"), None);
    }
}
