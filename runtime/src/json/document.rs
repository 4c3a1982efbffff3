//! A message as a whole text, both ways.

use super::erase::{Read, Write};
use super::{Error, Json, ReadOptions, Reader, WriteOptions, Writer};

/// Bytes that a text has room for at first: most messages, and few steps to the larger ones.
const FIRST: usize = 512;

impl WriteOptions {
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

    /// Writes a message into a buffer, which is empty and gone after an error.
    #[cfg(feature = "rest")]
    #[inline]
    pub(crate) fn fill<T: Json + ?Sized>(&self, message: &T, buffer: Vec<u8>) -> Result<Vec<u8>, Error> {
        self.write(&message, buffer)
    }

    fn write(&self, message: &dyn Write, buf: Vec<u8>) -> Result<Vec<u8>, Error> {
        let mut writer = Writer::new(self, buf);
        message.write(&mut writer);
        writer.finish()
    }
}

impl ReadOptions {
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
