//! A message without its type.
//!
//! What a protocol does with a message goes through [`AnyMessage`]: its table of functions is made once for each message
//! type, whatever the number of protocols and methods.

use std::any::Any;

use bytes::Bytes;

use crate::json::memory::{self, TooMuchMemory, Unfit};
use crate::json::{self, Field, Json, MessageInfo, NegativeZeros, ReadOptions};
use crate::validate::Validate;

/// The memory that a message may take unless somebody says otherwise, in bytes.
#[cfg(feature = "rpc")]
pub(crate) const DEFAULT_MEMORY: usize = 32 << 20;

/// A message of any type, as protocols read and write it.
///
/// Every message that has JSON and rules is one; generated messages are.
pub trait AnyMessage: Validate + Send + Sync + 'static {
    /// The table of its fields.
    fn table(&self) -> &'static MessageInfo;

    /// Decodes `wire` into the message, merging with what is there.
    ///
    /// All decoding goes by [`Bytes`], so that a program has one copy of the code that decodes a message, and fields kept
    /// as `Bytes` share the memory of what arrived.
    fn merge_wire(&mut self, wire: Bytes) -> Result<(), prost::DecodeError>;

    /// The number of bytes that [`encode_wire`](Self::encode_wire) appends, unless there are negative zeros.
    fn wire_len(&self) -> usize;

    /// Appends the message to `out`.
    fn encode_wire(&self, out: &mut Vec<u8>);

    /// The message as a value of its own type.
    fn as_any(&self) -> &dyn Any;

    /// The same to change it.
    fn as_any_mut(&mut self) -> &mut dyn Any;

    /// An empty message of the same type.
    #[cfg(feature = "server")]
    fn empty(&self) -> Box<dyn AnyMessage>;

    /// Exchanges two messages of the same type; whether they are.
    #[cfg(feature = "server")]
    fn swap(&mut self, other: &mut dyn AnyMessage) -> bool;
}

impl<T: prost::Message + Validate + Default + 'static> AnyMessage for T {
    #[inline]
    fn table(&self) -> &'static MessageInfo {
        T::info()
    }

    fn merge_wire(&mut self, wire: Bytes) -> Result<(), prost::DecodeError> {
        self.merge(wire)
    }

    fn wire_len(&self) -> usize {
        self.encoded_len()
    }

    fn encode_wire(&self, out: &mut Vec<u8>) {
        self.encode_raw(out);
        NegativeZeros::append(self, out);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    #[cfg(feature = "server")]
    fn empty(&self) -> Box<dyn AnyMessage> {
        Box::new(Self::default())
    }

    #[cfg(feature = "server")]
    fn swap(&mut self, other: &mut dyn AnyMessage) -> bool {
        let Some(other) = other.as_any_mut().downcast_mut() else { return false };
        std::mem::swap(self, other);
        true
    }
}

/// Why a message cannot be read.
#[derive(Debug)]
pub(crate) enum ReadError {
    Wire(prost::DecodeError),
    Json(json::Error),
    Memory(TooMuchMemory),
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Wire(error) => error.fmt(f),
            Self::Json(error) => error.fmt(f),
            Self::Memory(error) => error.fmt(f),
        }
    }
}

/// A message from JSON for which there is no setting, as errors are.
#[cfg(feature = "rpc")]
pub(crate) fn from_json<T: Json + Default>(text: &[u8], options: &ReadOptions) -> Result<T, ReadError> {
    memory::check_text(T::info(), None, text, options, DEFAULT_MEMORY)?;
    options.from_slice(text).map_err(ReadError::Json)
}

impl From<Unfit> for ReadError {
    fn from(unfit: Unfit) -> Self {
        match unfit {
            Unfit::Memory(error) => Self::Memory(error),
            Unfit::Json(error) => Self::Json(error),
        }
    }
}

/// Whatever comes from outside is read by one of these: a message takes `limit` bytes of memory, or 32 times its size.
impl dyn AnyMessage {
    /// Decodes `wire` into the message, which is empty.
    #[inline]
    pub(crate) fn read_wire(&mut self, wire: Bytes, limit: usize) -> Result<(), ReadError> {
        memory::check_wire(self.table(), &wire, limit).map_err(ReadError::Memory)?;
        self.merge_wire(wire).map_err(ReadError::Wire)
    }

    /// Reads JSON into the message, which is empty.
    #[inline]
    pub(crate) fn read_text(
        &mut self,
        text: &[u8],
        options: &ReadOptions,
        limit: usize,
    ) -> Result<(), ReadError> {
        memory::check_text(self.table(), None, text, options, limit)?;
        options.merge_slice(self, text).map_err(ReadError::Json)
    }

    /// Reads the JSON of its field at `index`, which `field` describes. `null` leaves it as it is, unless that is a value
    /// of it.
    #[cfg(any(feature = "rest", feature = "rest-client"))]
    pub(crate) fn read_field_text(
        &mut self,
        index: usize,
        field: &Field,
        text: &[u8],
        options: &ReadOptions,
        limit: usize,
    ) -> Result<(), ReadError> {
        memory::check_text(self.table(), Some(field), text, options, limit)?;
        options.merge_field(self, index, field, text).map_err(ReadError::Json)
    }

    /// Moves a message into this one, which is empty. One of another type, which another crate has generated for the same
    /// definition, goes by its bytes.
    #[cfg(all(feature = "server", feature = "client"))]
    pub(crate) fn take_from(&mut self, other: &mut dyn AnyMessage) -> Result<(), ReadError> {
        if self.swap(other) {
            return Ok(());
        }
        self.merge_wire(other.to_wire().into()).map_err(ReadError::Wire)
    }

    /// Takes the message, and leaves an empty one.
    #[cfg(feature = "server")]
    pub(crate) fn take(&mut self) -> Box<dyn AnyMessage> {
        let mut taken = self.empty();
        self.swap(&mut *taken);
        taken
    }

    /// The message as bytes.
    pub(crate) fn to_wire(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.wire_len());
        self.encode_wire(&mut out);
        out
    }
}
