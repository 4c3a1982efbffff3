//! Small formats of the standard rules: ids, names, headers, lengths.

/// Whether there are fewer characters; most texts are decided by their bytes.
#[inline]
pub fn is_shorter(a: &str, than: i64) -> bool {
    let than = usize::try_from(than).unwrap_or(0);
    // A character has one to four bytes.
    a.len() < than || (a.len() < than.saturating_mul(4) && characters(a) < than)
}

/// Whether there are more characters.
#[inline]
pub fn is_longer(a: &str, than: i64) -> bool {
    let than = usize::try_from(than).unwrap_or(0);
    a.len() > than && (a.len() > than.saturating_mul(4) || characters(a) > than)
}

/// Counting, which is needed rarely enough to stay out of the way.
#[inline(never)]
fn characters(a: &str) -> usize {
    a.chars().count()
}

/// A UUID with its dashes.
pub fn is_uuid(a: &str) -> bool {
    let a = a.as_bytes();
    a.len() == 36
        && a.iter().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => *b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// A UUID without dashes.
pub fn is_tuuid(a: &str) -> bool {
    a.len() == 32 && a.bytes().all(|b| b.is_ascii_hexdigit())
}

/// A ULID: Crockford's base 32, 128 bits.
pub fn is_ulid(a: &str) -> bool {
    let base32 = |b: u8| b.is_ascii_alphanumeric() && !b"iIlLoOuU".contains(&b);
    a.len() == 26 && matches!(a.as_bytes()[0], b'0'..=b'7') && a.bytes().all(base32)
}

fn is_name(a: &str) -> bool {
    let start = a.as_bytes().first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_');
    start && a.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// A full name of protobuf.
pub fn is_protobuf_name(a: &str) -> bool {
    a.split('.').all(is_name)
}

/// A full name of protobuf with a dot in front.
pub fn is_protobuf_name_with_dot(a: &str) -> bool {
    a.strip_prefix('.').is_some_and(is_protobuf_name)
}

/// The name of an HTTP header, or when not strict, anything on one line.
pub fn is_header_name(a: &str, strict: bool) -> bool {
    if !strict {
        return !a.is_empty() && is_header_value(a, false);
    }
    let name = a.strip_prefix(':').unwrap_or(a);
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+,-.^_|~`".contains(&b))
}

/// The value of an HTTP header, or when not strict, anything on one line.
pub fn is_header_value(a: &str, strict: bool) -> bool {
    if strict {
        a.bytes().all(|b| b == b'\t' || !(b < 0x20 || b == 0x7f))
    } else {
        !a.bytes().any(|b| matches!(b, 0 | b'\n' | b'\r'))
    }
}

/// Whether a path of a field mask is `scope` or below it.
#[inline]
pub fn is_within(path: &str, scope: &str) -> bool {
    path.strip_prefix(scope).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
