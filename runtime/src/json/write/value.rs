//! One value of each kind.

use rsvc_common::base64;

use super::Writer;
use crate::json::scan::{find_special, is_plain};

/// Below this, a float without a fraction is written as an integer.
const EXACT: f64 = 1e15;

impl Writer {
    #[inline]
    pub(in crate::json) fn raw(&mut self, text: &str) {
        self.buf.extend_from_slice(text.as_bytes());
    }

    /// An integer of any width as a JSON number.
    #[cfg(feature = "serde")]
    pub(in crate::json) fn number(&mut self, value: impl itoa::Integer) {
        self.raw(itoa::Buffer::new().format(value));
    }

    /// `int32` and its kin.
    pub fn i32_value(&mut self, value: i32) {
        self.raw(itoa::Buffer::new().format(value));
    }

    /// `uint32` and its kin.
    pub fn u32_value(&mut self, value: u32) {
        self.raw(itoa::Buffer::new().format(value));
    }

    /// `int64` and its kin: a string, since JavaScript's numbers are doubles.
    pub fn i64_value(&mut self, value: i64) {
        self.buf.push(b'"');
        self.raw(itoa::Buffer::new().format(value));
        self.buf.push(b'"');
    }

    /// `uint64` and its kin: a string.
    pub fn u64_value(&mut self, value: u64) {
        self.buf.push(b'"');
        self.raw(itoa::Buffer::new().format(value));
        self.buf.push(b'"');
    }

    /// `double`.
    #[allow(clippy::float_cmp, clippy::cast_possible_truncation, clippy::cast_precision_loss)] // whether it is whole
    pub fn f64_value(&mut self, value: f64) {
        // What does not fit becomes the nearest that does.
        let whole = value as i64;
        if whole as f64 == value && value.abs() < EXACT && !(whole == 0 && value.is_sign_negative()) {
            self.raw(itoa::Buffer::new().format(whole));
        } else if value.is_finite() {
            self.raw(zmij::Buffer::new().format_finite(value));
        } else {
            self.not_finite(value);
        }
    }

    /// `float`.
    #[allow(clippy::float_cmp, clippy::cast_possible_truncation, clippy::cast_precision_loss)] // whether it is whole
    pub fn f32_value(&mut self, value: f32) {
        let whole = value as i32;
        if whole as f32 == value && value.abs() < 1e7 && !(whole == 0 && value.is_sign_negative()) {
            self.raw(itoa::Buffer::new().format(whole));
        } else if value.is_finite() {
            self.raw(zmij::Buffer::new().format_finite(value));
        } else {
            self.not_finite(f64::from(value));
        }
    }

    #[cold]
    fn not_finite(&mut self, value: f64) {
        self.raw(if value.is_nan() {
            "\"NaN\""
        } else if value > 0.0 {
            "\"Infinity\""
        } else {
            "\"-Infinity\""
        });
    }

    /// `bool`.
    pub fn bool_value(&mut self, value: bool) {
        self.raw(if value { "true" } else { "false" });
    }

    /// `null`.
    pub(in crate::json) fn null_value(&mut self) {
        self.raw("null");
    }

    /// `bytes`, as base64.
    pub fn bytes_value(&mut self, value: &[u8]) {
        self.buf.push(b'"');
        base64::encode(value, &mut self.buf);
        self.buf.push(b'"');
    }

    /// A string that needs no escapes, appended by `write`.
    pub(in crate::json) fn ascii_value(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.buf.push(b'"');
        write(&mut self.buf);
        self.buf.push(b'"');
    }

    /// `string`.
    pub fn str_value(&mut self, value: &str) {
        let bytes = value.as_bytes();
        self.buf.reserve(bytes.len() + 2);
        self.buf.push(b'"');
        if is_plain(bytes) {
            self.buf.extend_from_slice(bytes);
        } else {
            self.escaped(bytes);
        }
        self.buf.push(b'"');
    }

    /// The content of a string with something that has to be escaped.
    fn escaped(&mut self, bytes: &[u8]) {
        let mut done = 0;
        loop {
            let at = find_special(bytes, done);
            self.buf.extend_from_slice(&bytes[done..at]);
            let Some(&byte) = bytes.get(at) else { break };
            self.escape(byte);
            done = at + 1;
        }
    }

    fn escape(&mut self, byte: u8) {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let short = match byte {
            b'"' | b'\\' => byte,
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0x08 => b'b',
            0x0c => b'f',
            _ => {
                let digits = [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]];
                self.raw("\\u00");
                self.buf.extend_from_slice(&digits);
                return;
            }
        };
        self.buf.extend_from_slice(&[b'\\', short]);
    }
}
