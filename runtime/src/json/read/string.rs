//! Strings.

use std::borrow::Cow;

use rsvc_common::base64;

use super::{Error, Reader};
use crate::json::scan::find_special;

impl<'a> Reader<'a> {
    /// A string's value, borrowed where it has no escapes.
    pub(in crate::json) fn str_value(&mut self) -> Result<Cow<'a, str>, Error> {
        if self.byte() != b'"' {
            return self.bare_value();
        }
        let start = self.pos + 1;
        let end = find_special(self.input(), start);
        if self.input().get(end) == Some(&b'"') {
            self.pos = end + 1;
            return Ok(Cow::Borrowed(&self.text[start..end]));
        }
        self.pos = start;
        self.unescape(end).map(Cow::Owned)
    }

    /// The whole text, if that is a string without its quotes.
    #[cold]
    fn bare_value(&mut self) -> Result<Cow<'a, str>, Error> {
        if !self.bare {
            return Err(self.expected("a string"));
        }
        self.pos = self.text.len();
        Ok(Cow::Borrowed(self.text))
    }

    /// `string`.
    pub fn string_value(&mut self) -> Result<String, Error> {
        self.str_value().map(Cow::into_owned)
    }

    /// `bytes`.
    pub fn bytes_value(&mut self) -> Result<Vec<u8>, Error> {
        let at = self.pos;
        let text = self.str_value()?;
        base64::decode(text.as_bytes()).map_err(|wrong| {
            match text.get(wrong..).and_then(|t| t.chars().next()) {
                Some(c) => self.data(at + 1 + wrong, format!("{c:?} is not base64")),
                None => self.data(at, "base64 of a wrong length".into()),
            }
        })
    }

    /// The rest of a string from its first special byte.
    #[cold]
    fn unescape(&mut self, mut special: usize) -> Result<String, Error> {
        let mut out = String::new();
        loop {
            out.push_str(&self.text[self.pos..special]);
            self.pos = special;
            match self.input().get(special) {
                Some(b'"') => {
                    self.pos += 1;
                    return Ok(out);
                }
                Some(b'\\') => out.push(self.escape()?),
                Some(_) => return Err(self.syntax(special, "a control character in a string".into())),
                None => return Err(self.syntax(special, "a string without an end".into())),
            }
            special = find_special(self.input(), self.pos);
        }
    }

    /// Takes an escape.
    fn escape(&mut self) -> Result<char, Error> {
        let at = self.pos;
        self.pos += 2;
        Ok(match self.input().get(at + 1) {
            Some(&byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(at),
            Some(_) => return Err(self.syntax(at, "an escape that JSON does not have".into())),
            None => return Err(self.syntax(at + 1, "a string without an end".into())),
        })
    }

    /// Takes the digits of `\uXXXX`, and the second escape of a pair.
    fn unicode_escape(&mut self, at: usize) -> Result<char, Error> {
        let first = self.four_digits()?;
        let code = match first {
            0xd800..0xdc00 if self.input()[self.pos..].starts_with(b"\\u") => {
                self.pos += 2;
                match self.four_digits()? {
                    second @ 0xdc00..0xe000 => 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00),
                    _ => first,
                }
            }
            _ => first,
        };
        char::from_u32(code).ok_or_else(|| self.syntax(at, "half of a surrogate pair".into()))
    }

    fn four_digits(&mut self) -> Result<u32, Error> {
        let mut code = 0;
        for _ in 0..4 {
            let Some(digit) = char::from(self.byte()).to_digit(16) else {
                return Err(self.syntax(self.pos, "`\\u` takes four hexadecimal digits".into()));
            };
            code = code << 4 | digit;
            self.pos += 1;
        }
        Ok(code)
    }
}
