//! URIs and references to them, by the grammar of RFC 3986 with zones as in RFC 6874.

use super::ip::is_ipv6;

/// `a.isUri()`
pub fn is_uri(a: &str) -> bool {
    let scheme = a.as_bytes().iter().take_while(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b)).count();
    let starts = a.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
    starts && a.as_bytes().get(scheme) == Some(&b':') && rest(&a[scheme + 1..], true)
}

/// `a.isUriRef()`: a URI, or one relative to another.
pub fn is_uri_ref(a: &str) -> bool {
    is_uri(a) || rest(a, false)
}

/// Everything after the scheme. Without a scheme the first segment of a path has no colon.
fn rest(a: &str, after_scheme: bool) -> bool {
    let (a, fragment) = a.split_once('#').map_or((a, ""), |(a, f)| (a, f));
    let (a, query) = a.split_once('?').map_or((a, ""), |(a, q)| (a, q));
    let tail = |b| is_pchar(b) || b == b'/' || b == b'?';
    if !encoded(fragment, tail) || !encoded(query, tail) {
        return false;
    }
    let path = if let Some(a) = a.strip_prefix("//") {
        let end = a.find('/').unwrap_or(a.len());
        if !authority(&a[..end]) {
            return false;
        }
        &a[end..]
    } else {
        let first = a.split_once('/').map_or(a, |(first, _)| first);
        if !after_scheme && first.contains(':') {
            return false;
        }
        a
    };
    encoded(path, |b| is_pchar(b) || b == b'/')
}

fn authority(a: &str) -> bool {
    let a = match a.split_once('@') {
        Some((user, a)) => {
            if !encoded(user, |b| is_unreserved(b) || is_sub_delim(b) || b == b':') {
                return false;
            }
            a
        }
        None => a,
    };
    let (host, port) = match a.strip_prefix('[') {
        Some(literal) => {
            let Some(end) = literal.find(']') else { return false };
            if !ip_literal(&literal[..end]) {
                return false;
            }
            ("", &literal[end + 1..])
        }
        None => a.find(':').map_or((a, ""), |at| (&a[..at], &a[at..])),
    };
    let port =
        port.is_empty() || port.strip_prefix(':').is_some_and(|p| p.bytes().all(|b| b.is_ascii_digit()));
    port && encoded(host, |b| is_unreserved(b) || is_sub_delim(b)) && decodes_to_utf8(host)
}

fn ip_literal(a: &str) -> bool {
    if let Some(future) = a.strip_prefix('v') {
        let Some((version, address)) = future.split_once('.') else { return false };
        let named = |b: u8| is_unreserved(b) || is_sub_delim(b) || b == b':';
        return !version.is_empty()
            && version.bytes().all(|b| b.is_ascii_hexdigit())
            && !address.is_empty()
            && address.bytes().all(named);
    }
    // No dotted form here: the grammar of the reference takes digits and colons alone.
    let hex = |a: &str| a.bytes().all(|b| b.is_ascii_hexdigit() || b == b':') && is_ipv6(a);
    match a.split_once('%') {
        Some((address, zone)) => {
            let Some(zone) = zone.strip_prefix("25") else { return false };
            hex(address) && !zone.is_empty() && encoded(zone, is_unreserved) && decodes_to_utf8(zone)
        }
        None => hex(a),
    }
}

/// Whether all is allowed or percent-encoded.
fn encoded(a: &str, allowed: impl Fn(u8) -> bool) -> bool {
    let bytes = a.as_bytes();
    let mut at = 0;
    while let Some(b) = bytes.get(at) {
        if allowed(*b) {
            at += 1;
        } else if *b == b'%' && bytes.get(at + 1..at + 3).is_some_and(|d| d.iter().all(u8::is_ascii_hexdigit))
        {
            at += 3;
        } else {
            return false;
        }
    }
    true
}

/// Percent-encoding in a host stands for UTF-8; checked without building the text.
fn decodes_to_utf8(a: &str) -> bool {
    if !a.contains('%') {
        return true;
    }
    let digit = |b: u8| char::from(b).to_digit(16).unwrap_or(0).to_le_bytes()[0];
    let bytes = a.as_bytes();
    // A sequence has at most four bytes, so a small window is enough.
    let mut window = [0_u8; 4];
    let mut held = 0;
    let mut at = 0;
    while at < bytes.len() {
        let byte = if bytes[at] == b'%' && at + 2 < bytes.len() {
            at += 3;
            digit(bytes[at - 2]) << 4 | digit(bytes[at - 1])
        } else {
            at += 1;
            bytes[at - 1]
        };
        window[held] = byte;
        held += 1;
        match std::str::from_utf8(&window[..held]) {
            Ok(_) => held = 0,
            Err(error) if error.error_len().is_some() || held == 4 => return false,
            Err(_) => {}
        }
    }
    held == 0
}

fn is_unreserved(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"-._~".contains(&b)
}

fn is_sub_delim(b: u8) -> bool {
    b"!$&'()*+,;=".contains(&b)
}

fn is_pchar(b: u8) -> bool {
    is_unreserved(b) || is_sub_delim(b) || b == b':' || b == b'@'
}
