//! The tokens of protobuf source, with their places. Only what is needed to find things in a text: the parser
//! proper is protox's.

use std::ops::Range;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Word,
    Number,
    Text,
    /// One character of anything else.
    Sign,
}

/// A token; its text is `&source[span]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) kind: TokenKind,
    pub(crate) text: &'a str,
    pub(crate) start: usize,
}

impl Token<'_> {
    pub(crate) fn span(&self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }

    pub(crate) fn is(&self, text: &str) -> bool {
        self.kind != TokenKind::Text && self.text == text
    }

    /// The bytes that a string stands for.
    pub(crate) fn content(&self) -> Vec<u8> {
        let inside = self.text.get(1..self.text.len().saturating_sub(1)).unwrap_or_default().as_bytes();
        let mut content = Vec::with_capacity(inside.len());
        let mut at = 0;
        while let Some(&byte) = inside.get(at) {
            if byte == b'\\' {
                let (bytes, length) = escape(&inside[at..]);
                content.extend(bytes);
                at += length;
            } else {
                content.push(byte);
                at += 1;
            }
        }
        content
    }

    /// The inside of a string without escapes.
    pub(crate) fn unquoted(&self) -> Option<&str> {
        let inside = self.text.get(1..self.text.len().checked_sub(1)?)?;
        (self.kind == TokenKind::Text && !inside.contains('\\')).then_some(inside)
    }
}

/// A part of a text with what is to stand there.
pub(crate) type Change = (Range<usize>, String);

/// All tokens of a text, comments left out. Text that is not protobuf gives tokens too, as far as it goes.
pub(crate) fn tokens(source: &str) -> Vec<Token<'_>> {
    let bytes = source.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let rest = &bytes[at..];
        let length = match byte {
            _ if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b'/' if rest.starts_with(b"//") => {
                at += line(rest);
                continue;
            }
            b'/' if rest.starts_with(b"/*") => {
                at += source[at + 2..].find("*/").map_or(rest.len(), |end| end + 4);
                continue;
            }
            b'"' | b'\'' => string(rest, byte),
            _ if byte.is_ascii_digit() => number(rest),
            b'.' if rest.get(1).is_some_and(u8::is_ascii_digit) => number(rest),
            _ if byte.is_ascii_alphabetic() || byte == b'_' => word(rest),
            _ => source[at..].chars().next().map_or(1, char::len_utf8),
        };
        let kind = match byte {
            b'"' | b'\'' => TokenKind::Text,
            _ if byte.is_ascii_alphabetic() || byte == b'_' => TokenKind::Word,
            _ if byte.is_ascii_digit() || length > 1 && byte == b'.' => TokenKind::Number,
            _ => TokenKind::Sign,
        };
        found.push(Token { kind, text: &source[at..at + length], start: at });
        at += length;
    }
    found
}

fn line(rest: &[u8]) -> usize {
    rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len())
}

fn word(rest: &[u8]) -> usize {
    rest.iter().position(|b| !b.is_ascii_alphanumeric() && *b != b'_').unwrap_or(rest.len())
}

/// Digits of any base, a point, an exponent with its sign.
fn number(rest: &[u8]) -> usize {
    let hex = rest.starts_with(b"0x") || rest.starts_with(b"0X");
    let mut end = 0;
    while let Some(&byte) = rest.get(end) {
        let exponent_sign =
            !hex && end > 0 && matches!(byte, b'+' | b'-') && matches!(rest[end - 1], b'e' | b'E');
        if !(byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.' || exponent_sign) {
            break;
        }
        end += 1;
    }
    end
}

/// To the closing quote, or to the end of the line when there is none.
fn string(rest: &[u8], quote: u8) -> usize {
    let mut end = 1;
    while let Some(&byte) = rest.get(end) {
        match byte {
            b'\\' if rest.get(end + 1).is_some_and(|&b| b != b'\n') => end += 2,
            b'\n' => return end,
            _ if byte == quote => return end + 1,
            _ => end += 1,
        }
    }
    // An escape may have led past a character of several bytes; the end of the text is a boundary anyway.
    rest.len()
}

/// The bytes that an escape stands for, and its length.
pub(crate) fn escape(bytes: &[u8]) -> (Vec<u8>, usize) {
    let number = |from: usize, most: usize, radix: u32| {
        let digits = bytes[from..].iter().take(most).take_while(|b| char::from(**b).is_digit(radix)).count();
        let text = std::str::from_utf8(&bytes[from..from + digits]).unwrap_or("");
        (u32::from_str_radix(text, radix).unwrap_or(0), from + digits)
    };
    let low = |n: u32| vec![n.to_le_bytes()[0]];
    let unicode = |n: u32| {
        let c = char::from_u32(n).unwrap_or('\u{fffd}');
        c.encode_utf8(&mut [0; 4]).as_bytes().to_vec()
    };
    match bytes.get(1) {
        None => (Vec::new(), 1),
        Some(b'n') => (vec![b'\n'], 2),
        Some(b't') => (vec![b'\t'], 2),
        Some(b'r') => (vec![b'\r'], 2),
        Some(b'a') => (vec![7], 2),
        Some(b'b') => (vec![8], 2),
        Some(b'f') => (vec![12], 2),
        Some(b'v') => (vec![11], 2),
        Some(b'x' | b'X') => {
            let (n, length) = number(2, 2, 16);
            (low(n), length)
        }
        Some(b'u') => {
            let (n, length) = number(2, 4, 16);
            (unicode(n), length)
        }
        Some(b'U') => {
            let (n, length) = number(2, 8, 16);
            (unicode(n), length)
        }
        Some(b'0'..=b'7') => {
            let (n, length) = number(1, 3, 8);
            (low(n), length)
        }
        Some(other) => (vec![*other], 2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_each_kind() {
        let texts: Vec<&str> =
            tokens("a.b_1 = 'x\\'y' /* c */ 1.5e-3 // d\n0x1F-.5 é").iter().map(|t| t.text).collect();
        assert_eq!(texts, ["a", ".", "b_1", "=", "'x\\'y'", "1.5e-3", "0x1F", "-", ".5", "é"]);
    }

    #[test]
    fn unfinished_text_ends_somewhere() {
        for text in ["/*/ a", "\"abc", "'\\", "/* x", "/", "'é\\é", "1e+", "\"a\nb"] {
            let end = tokens(text).last().map_or(0, |t| t.span().end);
            assert!(end <= text.len());
        }
    }
}
