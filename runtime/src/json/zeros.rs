//! Negative zeros, which prost does not send.
//!
//! A field without presence is sent unless it has the default value, which for floating point is the zero whose bits
//! are all zero. prost compares numbers, and so loses the sign. What it leaves out can follow the message, since what
//! follows is merged into what came before ([encoding](https://protobuf.dev/programming-guides/encoding/#last-one-wins)).
//! Messages in lists and maps are not merged: theirs are lost.

use prost::Message;
use prost::bytes::BufMut;
use prost::encoding::{WireType, double, encode_key, encode_varint, float};

use super::Json;

/// A message as bytes, all of it.
pub(crate) fn encode<T: Message + Json>(message: &T) -> Vec<u8> {
    let mut out = message.encode_to_vec();
    NegativeZeros::append(message, &mut out);
    out
}

/// The encoding of what prost leaves out of a message.
#[derive(Debug, Default)]
pub struct NegativeZeros {
    out: Vec<u8>,
}

impl NegativeZeros {
    /// Appends what prost left out of `message` to its encoding.
    #[inline]
    pub(crate) fn append<T: Json>(message: &T, buf: &mut impl BufMut) {
        let mut zeros = Self::default();
        message.negative_zeros(&mut zeros);
        if !zeros.out.is_empty() {
            buf.put_slice(&zeros.out);
        }
    }

    /// A field without presence.
    #[inline]
    pub fn double(&mut self, number: u32, value: f64) {
        if value.to_bits() == (-0.0_f64).to_bits() {
            double::encode(number, &value, &mut self.out);
        }
    }

    /// A field without presence.
    #[inline]
    pub fn float(&mut self, number: u32, value: f32) {
        if value.to_bits() == (-0.0_f32).to_bits() {
            float::encode(number, &value, &mut self.out);
        }
    }

    /// A field that is a message, and no list.
    pub fn message<T: Json>(&mut self, number: u32, value: Option<&T>) {
        let inner = Self::inside(value);
        if !inner.is_empty() {
            encode_key(number, WireType::LengthDelimited, &mut self.out);
            encode_varint(inner.len() as u64, &mut self.out);
            self.out.extend(inner);
        }
    }

    /// A field that is a group, and no list.
    pub fn group<T: Json>(&mut self, number: u32, value: Option<&T>) {
        let inner = Self::inside(value);
        if !inner.is_empty() {
            encode_key(number, WireType::StartGroup, &mut self.out);
            self.out.extend(inner);
            encode_key(number, WireType::EndGroup, &mut self.out);
        }
    }

    fn inside<T: Json>(value: Option<&T>) -> Vec<u8> {
        let mut inner = Self::default();
        if let Some(value) = value {
            value.negative_zeros(&mut inner);
        }
        inner.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrapper_keeps_its_sign() {
        for (value, length) in [(-0.0, 9), (0.0, 0), (1.0, 0)] {
            let mut zeros = Vec::new();
            NegativeZeros::append(&value, &mut zeros);
            assert_eq!(zeros.len(), length, "{value}");
        }
        assert!(f64::decode(&*encode(&-0.0_f64)).unwrap().is_sign_negative());
    }
}
