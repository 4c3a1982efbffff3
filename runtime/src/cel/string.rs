//! Functions on strings and bytes; positions count characters.

use rsvc_common::text;

use super::Error;

type Result<T> = std::result::Result<T, Error>;

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// `a.size()` in characters.
#[inline]
pub fn size(a: &str) -> i64 {
    count(a.chars().count())
}

/// `a.size()` in bytes.
#[inline]
pub fn size_bytes(a: &[u8]) -> i64 {
    count(a.len())
}

/// The length of a list.
#[inline]
pub fn length(n: usize) -> i64 {
    count(n)
}

/// `a + b`
pub fn concat(a: &str, b: &str) -> String {
    [a, b].concat()
}

/// `a + b`
pub fn concat_bytes(a: &[u8], b: &[u8]) -> Vec<u8> {
    [a, b].concat()
}

/// `a.contains(b)`
#[inline]
pub fn contains(a: &str, b: &str) -> bool {
    a.contains(b)
}

/// `a.startsWith(b)`
#[inline]
pub fn starts_with(a: &str, b: &str) -> bool {
    a.starts_with(b)
}

/// `a.endsWith(b)`
#[inline]
pub fn ends_with(a: &str, b: &str) -> bool {
    a.ends_with(b)
}

/// `a.contains(b)`
pub fn contains_bytes(a: &[u8], b: &[u8]) -> bool {
    b.is_empty() || a.windows(b.len()).any(|w| w == b)
}

/// `a.startsWith(b)`
#[inline]
pub fn starts_with_bytes(a: &[u8], b: &[u8]) -> bool {
    a.starts_with(b)
}

/// `a.endsWith(b)`
#[inline]
pub fn ends_with_bytes(a: &[u8], b: &[u8]) -> bool {
    a.ends_with(b)
}

/// `string(a)`
pub fn str_from_bool(a: bool) -> String {
    a.to_string()
}

/// `string(a)`
pub fn str_from_int(a: i64) -> String {
    a.to_string()
}

/// `string(a)`
pub fn str_from_uint(a: u64) -> String {
    a.to_string()
}

/// `string(a)`
pub fn str_from_double(a: f64) -> String {
    text::double_short(a)
}

/// `string(a)`: what is not UTF-8 fails.
pub fn str_from_bytes(a: &[u8]) -> Result<&str> {
    std::str::from_utf8(a).map_err(|_| Error::new("the bytes are not UTF-8"))
}

/// `bytes(a)`
#[inline]
pub fn bytes_from_str(a: &str) -> &[u8] {
    a.as_bytes()
}

/// Where the character of this number starts; its count is the end.
fn byte_at(a: &str, at: i64) -> Result<usize> {
    let at = usize::try_from(at).map_err(|_| Error::INDEX)?;
    let mut seen = 0;
    for (byte, _) in a.char_indices() {
        if seen == at {
            return Ok(byte);
        }
        seen += 1;
    }
    if seen == at { Ok(a.len()) } else { Err(Error::INDEX) }
}

/// `a.charAt(at)`: empty at the end.
pub fn char_at(a: &str, at: i64) -> Result<&str> {
    let rest = &a[byte_at(a, at)?..];
    Ok(&rest[..rest.chars().next().map_or(0, char::len_utf8)])
}

/// `a.substring(from)`
pub fn substring_from(a: &str, from: i64) -> Result<&str> {
    Ok(&a[byte_at(a, from)?..])
}

/// `a.substring(from, to)`
pub fn substring(a: &str, from: i64, to: i64) -> Result<&str> {
    a.get(byte_at(a, from)?..byte_at(a, to)?).ok_or(Error::INDEX)
}

/// `a.indexOf(b)`
pub fn index_of(a: &str, b: &str) -> i64 {
    a.find(b).map_or(-1, |at| size(&a[..at]))
}

/// `a.indexOf(b, from)`
pub fn index_of_from(a: &str, b: &str, from: i64) -> Result<i64> {
    let start = byte_at(a, from)?;
    Ok(a[start..].find(b).map_or(-1, |at| size(&a[..start + at])))
}

/// `a.lastIndexOf(b)`
pub fn last_index_of(a: &str, b: &str) -> i64 {
    a.rfind(b).map_or(-1, |at| size(&a[..at]))
}

/// `a.lastIndexOf(b, from)`: the last that starts at `from` or before.
pub fn last_index_of_from(a: &str, b: &str, from: i64) -> Result<i64> {
    let start = byte_at(a, from)?;
    let found = a.char_indices().map(|(at, _)| at).chain([a.len()]).take_while(|at| *at <= start);
    Ok(found.filter(|at| a[*at..].starts_with(b)).last().map_or(-1, |at| size(&a[..at])))
}

/// `a.lowerAscii()`
pub fn lower_ascii(a: &str) -> String {
    a.to_ascii_lowercase()
}

/// `a.upperAscii()`
pub fn upper_ascii(a: &str) -> String {
    a.to_ascii_uppercase()
}

/// `a.replace(b, c)`
pub fn replace(a: &str, b: &str, c: &str) -> String {
    a.replace(b, c)
}

/// `a.replace(b, c, limit)`; a negative limit is none.
pub fn replace_n(a: &str, b: &str, c: &str, limit: i64) -> String {
    usize::try_from(limit).map_or_else(|_| a.replace(b, c), |limit| a.replacen(b, c, limit))
}

/// `a.split(b)`; an empty separator gives the characters.
pub fn split(a: &str, b: &str) -> Vec<String> {
    if b.is_empty() { a.chars().map(String::from).collect() } else { a.split(b).map(str::to_owned).collect() }
}

/// `a.split(b, limit)`; a negative limit is none.
pub fn split_n(a: &str, b: &str, limit: i64) -> Vec<String> {
    let Ok(limit) = usize::try_from(limit) else { return split(a, b) };
    if limit == 0 {
        return Vec::new();
    }
    if !b.is_empty() {
        return a.splitn(limit, b).map(str::to_owned).collect();
    }
    let mut rest = a;
    let mut out = Vec::new();
    while out.len() + 1 < limit
        && let Some(c) = rest.chars().next()
    {
        out.push(c.to_string());
        rest = &rest[c.len_utf8()..];
    }
    if !rest.is_empty() {
        out.push(rest.to_owned());
    }
    out
}

/// `a.trim()`, of Unicode's white space.
pub fn trim(a: &str) -> &str {
    a.trim()
}

/// `a.reverse()`
pub fn reverse(a: &str) -> String {
    a.chars().rev().collect()
}

/// `strings.quote(a)`
pub fn quote(a: &str) -> String {
    let mut out = String::with_capacity(a.len() + 2);
    out.push('"');
    for c in a.chars() {
        match c {
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x0b' => out.push_str("\\v"),
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// `list.join(separator)`
pub fn join<S: AsRef<str>>(items: impl Iterator<Item = S>, separator: &str) -> String {
    let mut out = String::new();
    for (i, item) in items.enumerate() {
        if i > 0 {
            out.push_str(separator);
        }
        out.push_str(item.as_ref());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_of_parts() {
        for (text, separator, limit, expected) in [
            ("", "", 0, &[][..]),
            ("", "", 1, &[]),
            ("ab", "", 0, &[]),
            ("ab", "", 1, &["ab"]),
            ("abc", "", 2, &["a", "bc"]),
            ("üb", "", 5, &["ü", "b"]),
            ("ab", "", -1, &["a", "b"]),
            ("a,b,c", ",", 0, &[]),
            ("a,b,c", ",", 1, &["a,b,c"]),
            ("a,b,c", ",", 2, &["a", "b,c"]),
            ("a,b,c", ",", 9, &["a", "b", "c"]),
            ("a,b,c", ",", -1, &["a", "b", "c"]),
        ] {
            assert_eq!(split_n(text, separator, limit), expected, "{text:?} {separator:?} {limit}");
        }
    }
}
