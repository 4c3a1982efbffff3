//! ProtoJSON as `serde` knows it, for any self-describing format. Needs the feature `serde`.
//!
//! Messages implement `Serialize` and `Deserialize` where they were generated with the option `serde`. Whatever has
//! [`Json`], the well-known types included, is a field of a struct of one's own by `with`:
//!
//! ```
//! #[derive(serde::Serialize, serde::Deserialize)]
//! struct Visit {
//!     #[serde(with = "rsvc::json::serde")]
//!     at: prost_types::Timestamp,
//! }
//! let visit: Visit = serde_json::from_str(r#"{"at":"2024-02-29T12:30:00Z"}"#)?;
//! assert_eq!(serde_json::to_string(&visit)?, r#"{"at":"2024-02-29T12:30:00Z"}"#);
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! The rules are those of [`Json`] itself: a message is written as JSON, which serde then sees, and the other way
//! round. That takes longer than [`to_vec`](super::to_vec) and [`from_slice`](super::from_slice), which are for JSON.

mod node;

use ::serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

use self::node::Node;
use super::{Error, Json, JsonEnum, ReadOptions, Reader, WriteOptions, Writer};

/// Serializes a message as its ProtoJSON.
pub fn serialize<T: Json + ?Sized, S: Serializer>(message: &T, serializer: S) -> Result<S::Ok, S::Error> {
    forward(serializer, |writer| message.write_json(writer))
}

/// Deserializes a message from its ProtoJSON.
pub fn deserialize<'de, T: Json + Default, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    backward(deserializer, |reader| {
        let mut message = T::default();
        message.read_json(reader).map(|()| message)
    })
}

/// An enum, by its name.
#[doc(hidden)]
pub fn serialize_enum<E: JsonEnum + Copy + Into<i32>, S: Serializer>(
    value: &E,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    forward(serializer, |writer| writer.enum_value((*value).into(), E::INFO))
}

/// An enum, by its name or number.
#[doc(hidden)]
pub fn deserialize_enum<'de, E: JsonEnum + TryFrom<i32>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<E, D::Error> {
    backward(deserializer, |reader| {
        let at = reader.pos();
        let number = reader.enum_value(E::INFO)?;
        number.and_then(|number| E::try_from(number).ok()).ok_or_else(|| {
            let number = number.unwrap_or_default();
            reader.data(at, format!("{} has no value {number}", E::INFO.name))
        })
    })
}

fn forward<S: Serializer>(serializer: S, write: impl FnOnce(&mut Writer)) -> Result<S::Ok, S::Error> {
    let mut writer = Writer::new(&WriteOptions::new(), Vec::with_capacity(128));
    write(&mut writer);
    let text = writer.finish().map_err(|error| ser::Error::custom(Placed(&error)))?;
    let node = node_of(&text).map_err(|error| ser::Error::custom(Placed(&error)))?;
    node.serialize(serializer)
}

fn node_of(text: &[u8]) -> Result<Node<'_>, Error> {
    // What was just written may be as deep as messages can be made.
    let options = ReadOptions::of_any_depth();
    let mut reader = Reader::new(&options, Reader::text(text)?);
    Node::read(&mut reader)
}

fn backward<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    read: impl FnOnce(&mut Reader<'_>) -> Result<T, Error>,
) -> Result<T, D::Error> {
    let node = Node::deserialize(deserializer)?;
    let mut writer = Writer::new(&WriteOptions::new(), Vec::with_capacity(128));
    node.write(&mut writer);
    let value = writer.finish().and_then(|text| {
        let mut reader = Reader::new(&ReadOptions::new(), Reader::text(&text)?);
        reader.start()?;
        read(&mut reader)
    });
    value.map_err(|error| de::Error::custom(Placed(&error)))
}

/// An error with its path but without its offset, which is one in a text that nobody sees.
struct Placed<'a>(&'a Error);

impl std::fmt::Display for Placed<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.message())?;
        if self.0.path().is_empty() { Ok(()) } else { write!(f, " at `{}`", self.0.path()) }
    }
}

/// Gives messages, or enums, their impls of serde's traits.
#[doc(hidden)]
#[macro_export]
macro_rules! serde_impls {
    (messages, $($type:ty),*) => {
        $crate::serde_impls!(serialize, deserialize, $($type),*);
    };
    (enums, $($type:ty),*) => {
        $crate::serde_impls!(serialize_enum, deserialize_enum, $($type),*);
    };
    ($serialize:ident, $deserialize:ident, $($type:ty),*) => {
        $(
            impl $crate::codegen::serde::Serialize for $type {
                fn serialize<S: $crate::codegen::serde::Serializer>(
                    &self,
                    serializer: S,
                ) -> ::core::result::Result<S::Ok, S::Error> {
                    $crate::json::serde::$serialize(self, serializer)
                }
            }

            impl<'de> $crate::codegen::serde::Deserialize<'de> for $type {
                fn deserialize<D: $crate::codegen::serde::Deserializer<'de>>(
                    deserializer: D,
                ) -> ::core::result::Result<Self, D::Error> {
                    $crate::json::serde::$deserialize(deserializer)
                }
            }
        )*
    };
}
