//! Any JSON value, between our text and serde's data model: order and duplicates as they came, numbers as they are.

use std::borrow::Cow;
use std::fmt;

use ::serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use ::serde::ser::{Serialize, Serializer};

use crate::json::{Error, Reader, Writer};

/// A JSON value.
pub(super) enum Node<'a> {
    Null,
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Short(f32),
    Text(Cow<'a, str>),
    Bytes(Vec<u8>),
    List(Vec<Node<'a>>),
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
}

/// How deep a format may nest: whatever the reader of messages takes, each of its 100 levels in a list.
const DEPTH_LIMIT: u32 = 201;

impl<'a> Node<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        Ok(match reader.byte() {
            b'{' => {
                let mut entries = Vec::new();
                reader.open_entries()?;
                while let Some(key) = reader.next_entry(!entries.is_empty())? {
                    entries.push((key, Self::read(reader)?));
                }
                Self::Object(entries)
            }
            b'[' => {
                let (mut elements, mut first) = (Vec::new(), true);
                reader.open_array()?;
                while reader.next_value_element(&mut first)? {
                    elements.push(Self::read(reader)?);
                }
                Self::List(elements)
            }
            b'"' => Self::Text(reader.str_value()?),
            b't' | b'f' => Self::Bool(reader.bool_value()?),
            b'-' | b'0'..=b'9' => {
                let at = reader.pos();
                let text = reader.number_text()?;
                if let Ok(value) = text.parse::<i64>() {
                    Self::Signed(value)
                } else if let Ok(value) = text.parse::<u64>() {
                    Self::Unsigned(value)
                } else {
                    reader.rewind(at);
                    Self::Float(reader.f64_value()?)
                }
            }
            _ if reader.null()? => Self::Null,
            _ => return Err(reader.expected("a value")),
        })
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        match self {
            Self::Null => writer.null_value(),
            Self::Bool(value) => writer.bool_value(*value),
            // Without quotes, unlike those of messages.
            Self::Signed(value) => writer.number(*value),
            Self::Unsigned(value) => writer.number(*value),
            Self::Float(value) => writer.f64_value(*value),
            Self::Short(value) => writer.f32_value(*value),
            Self::Text(value) => writer.str_value(value),
            Self::Bytes(value) => writer.bytes_value(value),
            Self::List(elements) => {
                let array = writer.open_array();
                for element in elements {
                    writer.element();
                    element.write(writer);
                }
                writer.close_array(array);
            }
            Self::Object(entries) => {
                let object = writer.open();
                for (key, value) in entries {
                    writer.dynamic_key(key);
                    value.write(writer);
                }
                writer.close(object);
            }
        }
    }
}

impl Serialize for Node<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Signed(value) => serializer.serialize_i64(*value),
            Self::Unsigned(value) => serializer.serialize_u64(*value),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::Short(value) => serializer.serialize_f32(*value),
            Self::Text(value) => serializer.serialize_str(value),
            Self::Bytes(value) => serializer.serialize_bytes(value),
            Self::List(elements) => serializer.collect_seq(elements),
            Self::Object(entries) => serializer.collect_map(entries.iter().map(|(key, value)| (key, value))),
        }
    }
}

impl<'de> Deserialize<'de> for Node<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Nested(DEPTH_LIMIT).deserialize(deserializer)
    }
}

/// A value that may have so many levels.
#[derive(Clone, Copy)]
struct Nested(u32);

impl Nested {
    fn inner<E: de::Error>(self) -> Result<Self, E> {
        self.0.checked_sub(1).map(Self).ok_or_else(|| E::custom("nested too deep"))
    }
}

impl<'de> DeserializeSeed<'de> for Nested {
    type Value = Node<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// Methods that turn a value of serde into a node.
macro_rules! visit {
    ($($visit:ident($value:ident: $type:ty) => $node:expr;)*) => {$(
        fn $visit<E: de::Error>(self, $value: $type) -> Result<Node<'de>, E> {
            Ok($node)
        }
    )*};
}

impl<'de> Visitor<'de> for Nested {
    type Value = Node<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value that JSON has")
    }

    visit! {
        visit_bool(value: bool) => Node::Bool(value);
        visit_i64(value: i64) => Node::Signed(value);
        visit_u64(value: u64) => Node::Unsigned(value);
        visit_f64(value: f64) => Node::Float(value);
        // By its own digits: those of the nearest double are others.
        visit_f32(value: f32) => Node::Short(value);
        visit_borrowed_str(value: &'de str) => Node::Text(Cow::Borrowed(value));
        visit_str(value: &str) => Node::Text(Cow::Owned(value.to_owned()));
        visit_string(value: String) => Node::Text(Cow::Owned(value));
        visit_bytes(value: &[u8]) => Node::Bytes(value.to_owned());
        visit_byte_buf(value: Vec<u8>) => Node::Bytes(value);
    }

    fn visit_none<E: de::Error>(self) -> Result<Node<'de>, E> {
        Ok(Node::Null)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Node<'de>, E> {
        Ok(Node::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node<'de>, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node<'de>, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node<'de>, A::Error> {
        let (inner, mut elements) = (self.inner()?, Vec::new());
        while let Some(element) = access.next_element_seed(inner)? {
            elements.push(element);
        }
        Ok(Node::List(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node<'de>, A::Error> {
        let (inner, mut entries) = (self.inner()?, Vec::new());
        while let Some(key) = access.next_key_seed(inner)? {
            let key = match key {
                Node::Text(text) => text,
                // Other formats have keys that JSON has not.
                Node::Bool(key) => key.to_string().into(),
                Node::Signed(key) => key.to_string().into(),
                Node::Unsigned(key) => key.to_string().into(),
                _ => {
                    return Err(de::Error::custom(
                        "a key that is neither a string nor an integer nor a bool",
                    ));
                }
            };
            entries.push((key, access.next_value_seed(inner)?));
        }
        Ok(Node::Object(entries))
    }
}
