//! Reading: a pull parser over the whole text.
//!
//! A value's reader is called at the value's first byte, whitespace already skipped, and leaves the byte after
//! the value. The text is known to be UTF-8 before the first byte is looked at.

mod entries;
mod levels;
mod number;
mod skip;
mod string;

use super::error::{Error, ErrorKind};
use super::options::ReadOptions;

pub(super) use number::{integer, shown};

/// JSON being read. Generated code calls its methods.
#[derive(Debug)]
pub struct Reader<'a> {
    text: &'a str,
    pub(super) pos: usize,
    pub(super) options: ReadOptions,
    /// Messages that may still open: see [`ReadOptions::depth_limit`].
    pub(super) levels_left: u32,
    /// Within an `Any`.
    in_any: bool,
    /// The object of an `Any` whose `@type` has been read already: where its fields are read from.
    pub(super) any_at: Option<usize>,
    /// Fields met in the open objects, for those beyond the first 64 of a message.
    pub(super) seen: Vec<u64>,
    /// The text is a string without its quotes.
    bare: bool,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(options: &ReadOptions, text: &'a str) -> Self {
        let options = options.clone();
        let levels_left = options.depth_limit.saturating_add(1);
        Self {
            text,
            pos: 0,
            levels_left,
            in_any: false,
            options,
            any_at: None,
            seen: Vec::new(),
            bare: false,
        }
    }

    /// Of a text that is a string without its quotes, and does not begin with one.
    #[cfg(feature = "rest")]
    pub(super) fn bare(options: &ReadOptions, text: &'a str) -> Self {
        Self { bare: true, ..Self::new(options, text) }
    }

    /// Bytes as text.
    pub(crate) fn text(json: &[u8]) -> Result<&str, Error> {
        std::str::from_utf8(json)
            .map_err(|e| Error::at(ErrorKind::Syntax, json, e.valid_up_to(), "invalid UTF-8".into()))
    }

    /// To the first value.
    pub(crate) fn start(&mut self) -> Result<(), Error> {
        self.skip_whitespace();
        if self.at_end() {
            Err(self.syntax(self.pos, "expected a value, found the end".into()))
        } else {
            Ok(())
        }
    }

    /// Nothing may follow.
    pub(crate) fn finish(&mut self) -> Result<(), Error> {
        self.skip_whitespace();
        if self.at_end() { Ok(()) } else { Err(self.expected("the end")) }
    }

    pub(super) fn ignores_unknown(&self) -> bool {
        self.options.ignore_unknown
    }

    pub(super) fn pos(&self) -> usize {
        self.pos
    }

    pub(super) fn at_end(&self) -> bool {
        self.pos >= self.text.len()
    }

    #[inline]
    pub(super) fn input(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    /// The next byte; zero, which no JSON has, at the end.
    #[inline]
    pub(super) fn byte(&self) -> u8 {
        self.input().get(self.pos).copied().unwrap_or(0)
    }

    /// The next byte that is not whitespace.
    #[inline]
    pub(crate) fn peek(&mut self) -> u8 {
        let byte = self.byte();
        if byte > b' ' {
            return byte;
        }
        self.skip_whitespace();
        self.byte()
    }

    fn skip_whitespace(&mut self) {
        while matches!(self.byte(), b' ' | b'\n' | b'\r' | b'\t') {
            self.pos += 1;
        }
    }

    /// Takes `word`, or fails.
    pub(super) fn literal(&mut self, word: &'static str) -> Result<(), Error> {
        if self.input()[self.pos..].starts_with(word.as_bytes()) {
            self.pos += word.len();
            Ok(())
        } else {
            Err(self.expected("a value"))
        }
    }

    /// Whether the value is `null`, which is then taken.
    pub(crate) fn null(&mut self) -> Result<bool, Error> {
        if self.byte() == b'n' { self.literal("null").map(|()| true) } else { Ok(false) }
    }

    /// `bool`.
    pub fn bool_value(&mut self) -> Result<bool, Error> {
        match self.byte() {
            b't' => self.literal("true").map(|()| true),
            b'f' => self.literal("false").map(|()| false),
            _ => Err(self.expected("a bool")),
        }
    }

    /// Back to a value that was read only to look ahead.
    #[cfg(feature = "serde")]
    pub(super) fn rewind(&mut self, at: usize) {
        self.pos = at;
    }

    /// The object that begins here is read without its `@type`.
    pub(super) fn skip_type_here(&mut self) {
        self.any_at = Some(self.pos);
    }

    /// Enters the array of a repeated field, which is not a level of its own.
    pub(super) fn open_array(&mut self) -> Result<(), Error> {
        if self.byte() != b'[' {
            return Err(self.expected("an array"));
        }
        self.pos += 1;
        Ok(())
    }

    /// To the array's next element, if it has one; `first` is true before the first and set to false.
    pub(super) fn next_element(&mut self, first: &mut bool) -> Result<bool, Error> {
        match self.peek() {
            b']' => {
                self.pos += 1;
                return Ok(false);
            }
            b',' if !*first => {
                self.pos += 1;
                if self.peek() == b']' {
                    return Err(self.expected("a value"));
                }
            }
            _ if *first => {}
            _ => return Err(self.expected("`,` or `]`")),
        }
        *first = false;
        Ok(true)
    }

    /// The text is not JSON.
    #[cold]
    pub(super) fn syntax(&self, at: usize, message: String) -> Error {
        Error::at(ErrorKind::Syntax, self.input(), at, message)
    }

    /// The text is JSON that the message does not have.
    #[cold]
    pub(super) fn data(&self, at: usize, message: String) -> Error {
        Error::at(ErrorKind::Data, self.input(), at, message)
    }

    /// A string that is not what it should be.
    #[cold]
    pub(super) fn wrong_text(&self, at: usize, text: &str, what: &str) -> Error {
        self.data(at, format!("{:?} is not {what}", shown(text)))
    }

    /// Something else stands here.
    #[cold]
    pub(super) fn expected(&self, what: &str) -> Error {
        let rest = self.text.get(self.pos..).unwrap_or("\u{fffd}");
        let Some(first) = rest.chars().next() else {
            return self.syntax(self.pos, format!("expected {what}, found the end"));
        };
        let found = match first {
            '{' => "an object",
            '[' => "an array",
            '"' => "a string",
            _ => match word(rest) {
                "true" | "false" => "a bool",
                "null" => "null",
                "" => return self.syntax(self.pos, format!("expected {what}, found {first:?}")),
                word if is_number(word) => "a number",
                word => {
                    return self.syntax(self.pos, format!("expected {what}, found `{}`", shown(word)));
                }
            },
        };
        self.data(self.pos, format!("expected {what}, found {found}"))
    }
}

/// What stands at the beginning of `text` up to white space or a mark of JSON, if it is a word or a number.
fn word(text: &str) -> &str {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '+' | '.');
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    &text[..end]
}

/// Whether a word begins as a number does and has nothing that numbers do not have.
fn is_number(word: &str) -> bool {
    word.strip_prefix('-').unwrap_or(word).starts_with(|c: char| c.is_ascii_digit())
        && word.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.' | b'e' | b'E'))
}
