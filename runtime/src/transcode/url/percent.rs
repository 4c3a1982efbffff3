//! Percent-encoding, by RFC 3986 and the rules of `google/api/http.proto`.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

/// What becomes of `%2F`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slash {
    Decoded,
    /// It stays as it is, so that it can be told from a slash between segments.
    Kept,
}

/// What `+` stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plus {
    Plus,
    /// As forms have it.
    Space,
}

/// The text that `raw` stands for.
pub(crate) fn decode(raw: &str, slash: Slash, plus: Plus) -> Result<Cow<'_, str>, &'static str> {
    let bytes = raw.as_bytes();
    let first = match plus {
        Plus::Plus => memchr(b'%', bytes),
        Plus::Space => memchr2(b'%', b'+', bytes),
    };
    let Some(first) = first else { return Ok(Cow::Borrowed(raw)) };
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(&bytes[..first]);
    let mut rest = &bytes[first..];
    while let Some((&byte, more)) = rest.split_first() {
        rest = more;
        match byte {
            b'%' => {
                let Some((&[high, low], more)) = more.split_first_chunk() else { return Err(CUT) };
                let (Some(high_digit), Some(low_digit)) = (digit(high), digit(low)) else { return Err(CUT) };
                rest = more;
                match high_digit << 4 | low_digit {
                    b'/' if slash == Slash::Kept => out.extend_from_slice(&[b'%', high, low]),
                    byte => out.push(byte),
                }
            }
            b'+' if plus == Plus::Space => out.push(b' '),
            byte => out.push(byte),
        }
    }
    String::from_utf8(out).map(Cow::Owned).map_err(|_| "it is not UTF-8")
}

const CUT: &str = "a `%` without two hexadecimal digits";

fn digit(byte: u8) -> Option<u8> {
    #[allow(clippy::cast_possible_truncation, reason = "a digit is at most 15")]
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes() {
        for (raw, expected) in [
            ("", Ok("")),
            ("abc", Ok("abc")),
            ("a%20b", Ok("a b")),
            ("%41%2D%7e", Ok("A-~")),
            ("caf%C3%A9", Ok("café")),
            ("a%2Fb%2fc", Ok("a/b/c")),
            ("%2525", Ok("%25")),
            ("a+b", Ok("a+b")),
            ("%", Err(CUT)),
            ("a%2", Err(CUT)),
            ("a%zz", Err(CUT)),
            ("%+1", Err(CUT)),
            ("%é", Err(CUT)),
            ("%ff", Err("it is not UTF-8")),
        ] {
            assert_eq!(decode(raw, Slash::Decoded, Plus::Plus).as_deref(), expected.as_deref(), "{raw}");
        }
    }

    #[test]
    fn keeps_slashes_of_several_segments() {
        let decoded = decode("a%2Fb/c%2fd%20%25", Slash::Kept, Plus::Plus);
        assert_eq!(decoded.as_deref(), Ok("a%2Fb/c%2fd %"));
    }

    #[test]
    fn forms_have_spaces() {
        assert_eq!(decode("a+b%2Bc", Slash::Decoded, Plus::Space).as_deref(), Ok("a b+c"));
    }
}
