//! ProtoJSON: every generated message reads and writes it.
//!
//! ```
//! let mask: prost_types::FieldMask = rsvc::json::from_str(r#""userName,email""#)?;
//! assert_eq!(mask.paths, ["user_name", "email"]);
//! assert_eq!(rsvc::json::to_string(&mask)?, r#""userName,email""#);
//! # Ok::<(), rsvc::json::Error>(())
//! ```
//!
//! [`ReadOptions`] and [`WriteOptions`] say how, [`register`] makes hand-written messages known to `Any`.

mod document;
mod dynamic;
mod erase;
mod error;
#[cfg(any(feature = "rest", feature = "rest-client"))]
mod field;
mod fields;
pub(crate) mod info;
mod locate;
pub(crate) mod memory;
mod meter;
mod options;
#[cfg(feature = "rest")]
pub(crate) mod paths;
mod plain;
mod read;
mod registry;
mod scan;
#[cfg(feature = "serde")]
pub mod serde;
#[cfg(test)]
mod tests;
pub(crate) mod wkt;
mod write;
mod zeros;

pub(crate) use dynamic::wire;
pub use error::{Error, ErrorKind};
#[doc(hidden)]
#[cfg(feature = "rest")]
pub(crate) use field::set_text;
pub use fields::{JsonMap, MapKey, Object};
#[doc(hidden)]
pub use info::{EnumInfo, Field, JsonEnum, MessageInfo, Type};
#[doc(hidden)]
pub use meter::Meter;
pub use options::{ReadOptions, WriteOptions};
#[doc(hidden)]
pub use plain::{Plain, PlainMessage};
#[doc(hidden)]
pub use read::Reader;
#[doc(hidden)]
pub use registry::GENERATED;
pub(crate) use registry::find as find_message;
pub use registry::register;
#[doc(hidden)]
pub use write::{Start, Writer};
#[doc(hidden)]
pub use zeros::NegativeZeros;
pub(crate) use zeros::encode;

/// [`Json::read_json`] of every generated message.
#[doc(hidden)]
#[macro_export]
macro_rules! read_json_by_table {
    () => {
        #[inline]
        fn read_json(
            &mut self,
            reader: &mut $crate::json::Reader<'_>,
        ) -> ::core::result::Result<(), $crate::json::Error> {
            reader.fields(<Self as $crate::json::Json>::info(), self)
        }
    };
}

/// Stands where generated code asks for impls of serde.
#[cfg(not(feature = "serde"))]
#[doc(hidden)]
#[macro_export]
macro_rules! serde_impls {
    ($($any:tt)*) => {
        ::core::compile_error!(
            "code generated with the option `serde` needs the feature `serde` of the crate `rsvc`"
        );
    };
}

/// A value with a JSON form: a message, or a scalar that stands for its wrapper message.
///
/// Generated code implements it; use [`to_string`], [`from_str`] and their like.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no ProtoJSON",
    note = "messages get it from protoc-gen-rsvc; if prost-build or tonic generated the crate of this one, give its package to \
            `extern_prost` and not to `extern_path`"
)]
pub trait Json {
    /// Its table. Written by hand: [`MessageInfo::custom`].
    fn info() -> &'static MessageInfo
    where
        Self: Sized;

    /// Writes the value.
    fn write_json(&self, writer: &mut Writer);

    /// Reads into the value, merging with what is there.
    fn read_json(&mut self, reader: &mut Reader<'_>) -> Result<(), Error>;

    /// Reads the field of an index of the table, for [`Reader::fields`]. Only generated code has it.
    #[doc(hidden)]
    fn read_field(&mut self, index: usize, reader: &mut Reader<'_>) -> Result<(), Error> {
        let _ = (index, reader);
        Ok(())
    }

    /// Takes a value from the text and adds up what reading it would take besides its struct. For messages whose JSON is
    /// not by their table.
    #[doc(hidden)]
    fn measure(reader: &mut Reader<'_>, meter: &mut Meter) -> Result<(), Error>
    where
        Self: Sized,
    {
        reader.measure_unknown(meter)
    }

    /// Encodes the fields that prost leaves out although they are set. Only generated code has it.
    #[doc(hidden)]
    #[inline]
    fn negative_zeros(&self, _zeros: &mut NegativeZeros) {}
}

/// A message as JSON bytes.
#[inline]
pub fn to_vec<T: Json + ?Sized>(message: &T) -> Result<Vec<u8>, Error> {
    WriteOptions::new().to_vec(message)
}

/// A message of a table, from its bytes, as JSON.
pub(crate) fn json_of_bytes(info: &MessageInfo, bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let mut writer = Writer::new(&WriteOptions::new(), Vec::new());
    dynamic::write(info, bytes, &mut writer);
    writer.finish()
}

/// A message as JSON text.
#[inline]
pub fn to_string<T: Json + ?Sized>(message: &T) -> Result<String, Error> {
    WriteOptions::new().to_string(message)
}

/// A message from JSON bytes.
#[inline]
pub fn from_slice<T: Json + Default>(json: &[u8]) -> Result<T, Error> {
    ReadOptions::new().from_slice(json)
}

/// A message from JSON text.
#[inline]
pub fn from_str<T: Json + Default>(json: &str) -> Result<T, Error> {
    ReadOptions::new().from_str(json)
}

/// Reads JSON into a message that may have content: see [`ReadOptions::merge_slice`].
#[inline]
pub fn merge<T: Json + ?Sized>(message: &mut T, json: &[u8]) -> Result<(), Error> {
    ReadOptions::new().merge_slice(message, json)
}
