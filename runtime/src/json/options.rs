//! How to read and how to write.

use super::erase::{Read, Write};
use super::{Error, Json, Reader, Writer};

/// Bytes that a text has room for at first: most messages, and few steps to the larger ones.
const FIRST: usize = 512;

/// How messages are written. The default is what the specification asks for.
#[derive(Clone, Debug, Default)]
#[allow(clippy::struct_excessive_bools)] // each is a choice of its own
pub struct WriteOptions {
    pub(super) emit_defaults: bool,
    pub(super) proto_names: bool,
    pub(super) enums_as_numbers: bool,
    pub(super) pretty: bool,
}

impl WriteOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes fields without presence also when they have their default value.
    #[must_use]
    pub fn emit_defaults(mut self, yes: bool) -> Self {
        self.emit_defaults = yes;
        self
    }

    /// Names fields as the `.proto` does, not in camel case.
    #[must_use]
    pub fn proto_names(mut self, yes: bool) -> Self {
        self.proto_names = yes;
        self
    }

    /// Writes enums as numbers, not by name.
    #[must_use]
    pub fn enums_as_numbers(mut self, yes: bool) -> Self {
        self.enums_as_numbers = yes;
        self
    }

    /// One entry a line, indented by two spaces.
    #[must_use]
    pub fn pretty(mut self, yes: bool) -> Self {
        self.pretty = yes;
        self
    }

    /// A message as bytes.
    #[inline]
    pub fn to_vec<T: Json + ?Sized>(&self, message: &T) -> Result<Vec<u8>, Error> {
        self.write(&message, Vec::with_capacity(FIRST))
    }

    /// A message as text.
    ///
    /// # Panics
    /// Never: what is written is UTF-8.
    #[inline]
    pub fn to_string<T: Json + ?Sized>(&self, message: &T) -> Result<String, Error> {
        self.to_vec(message).map(|bytes| String::from_utf8(bytes).expect("only text is written"))
    }

    /// Appends a message to `out`. After an error `out` is as it was.
    #[inline]
    pub fn append<T: Json + ?Sized>(&self, message: &T, out: &mut Vec<u8>) -> Result<(), Error> {
        if out.is_empty() {
            *out = self.write(&message, std::mem::take(out))?;
        } else {
            out.extend_from_slice(&self.to_vec(message)?);
        }
        Ok(())
    }

    fn write(&self, message: &dyn Write, buf: Vec<u8>) -> Result<Vec<u8>, Error> {
        let mut writer = Writer::new(self, buf);
        message.write(&mut writer);
        writer.finish()
    }
}

/// How messages are read. The default refuses what it does not know.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    pub(super) ignore_unknown: bool,
    pub(super) depth_limit: u32,
    pub(super) partial: bool,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { ignore_unknown: false, depth_limit: 100, partial: false }
    }
}

impl ReadOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Skips fields and enum names that the message does not have.
    #[must_use]
    pub fn ignore_unknown(mut self, yes: bool) -> Self {
        self.ignore_unknown = yes;
        self
    }

    /// How deep objects (and the arrays of a `google.protobuf.Value`) may nest: 100 unless told otherwise.
    #[must_use]
    pub fn depth_limit(mut self, levels: u32) -> Self {
        self.depth_limit = levels;
        self
    }

    /// Accepts messages without their proto2 `required` fields.
    #[must_use]
    pub fn partial(mut self, yes: bool) -> Self {
        self.partial = yes;
        self
    }

    /// A message from bytes.
    #[inline]
    pub fn from_slice<T: Json + Default>(&self, json: &[u8]) -> Result<T, Error> {
        let mut message = T::default();
        self.merge_slice(&mut message, json)?;
        Ok(message)
    }

    /// A message from text.
    #[inline]
    pub fn from_str<T: Json + Default>(&self, json: &str) -> Result<T, Error> {
        let mut message = T::default();
        self.merge_str(&mut message, json)?;
        Ok(message)
    }

    /// Reads into `message` as protobuf merges: what the text does not name stays, lists grow, maps take the
    /// new entries, messages merge in turn. After an error `message` is partly changed.
    #[inline]
    pub fn merge_slice<T: Json + ?Sized>(&self, message: &mut T, json: &[u8]) -> Result<(), Error> {
        self.merge_str(message, Reader::text(json)?)
    }

    /// [`ReadOptions::merge_slice`], from text.
    #[inline]
    pub fn merge_str<T: Json + ?Sized>(&self, mut message: &mut T, json: &str) -> Result<(), Error> {
        self.read(&mut message, json)
    }

    fn read(&self, message: &mut dyn Read, json: &str) -> Result<(), Error> {
        let mut reader = Reader::new(self, json);
        reader.start()?;
        message.read(&mut reader)?;
        reader.finish()
    }
}
