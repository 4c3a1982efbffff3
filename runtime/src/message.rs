//! A message without its type.
//!
//! What a protocol does with a message goes through [`AnyMessage`]: its table of functions is made once for each message
//! type, whatever the number of protocols and methods.

use std::any::Any;

use bytes::Bytes;

use crate::json::{MessageInfo, NegativeZeros};
use crate::validate::Validate;

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
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

impl<T: prost::Message + Validate + 'static> AnyMessage for T {
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

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

impl dyn AnyMessage {
    /// The message as bytes.
    pub(crate) fn to_wire(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.wire_len());
        self.encode_wire(&mut out);
        out
    }
}
