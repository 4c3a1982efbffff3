//! IP addresses and prefixes.

/// An address as bits, from the top of the word, and its width.
#[derive(Clone, Copy)]
struct Address {
    bits: u128,
    width: u32,
}

/// `a.isIp()`
pub fn is_ip(a: &str) -> bool {
    is_ipv4(a) || is_ipv6(a)
}

/// `a.isIp(version)`: 4, 6, or 0 for any.
pub fn is_ip_version(a: &str, version: i64) -> bool {
    match version {
        0 => is_ip(a),
        4 => is_ipv4(a),
        6 => is_ipv6(a),
        _ => false,
    }
}

/// Four decimal numbers.
pub fn is_ipv4(a: &str) -> bool {
    v4(a).is_some()
}

/// RFC 4291, with a zone as in RFC 4007.
pub fn is_ipv6(a: &str) -> bool {
    match a.split_once('%') {
        Some((address, zone)) => !zone.is_empty() && v6(address).is_some(),
        None => v6(a).is_some(),
    }
}

/// `a.isIpPrefix()`
pub fn is_ip_prefix(a: &str) -> bool {
    is_ip_prefix_version_strict(a, 0, false)
}

/// `a.isIpPrefix(version)`
pub fn is_ip_prefix_version(a: &str, version: i64) -> bool {
    is_ip_prefix_version_strict(a, version, false)
}

/// `a.isIpPrefix(strict)`: strict wants the bits behind the prefix to be zero.
pub fn is_ip_prefix_strict(a: &str, strict: bool) -> bool {
    is_ip_prefix_version_strict(a, 0, strict)
}

/// `a.isIpPrefix(version, strict)`
pub fn is_ip_prefix_version_strict(a: &str, version: i64, strict: bool) -> bool {
    let Some((address, length)) = a.split_once('/') else { return false };
    let address = match version {
        0 => v4(address).or_else(|| v6(address)),
        4 => v4(address),
        6 => v6(address),
        _ => None,
    };
    let Some(Address { bits, width }) = address else { return false };
    let plain = matches!(length.as_bytes(), [b'0'] | [b'1'..=b'9', ..]) && length.len() <= 3;
    let Some(length) = length.parse::<u32>().ok().filter(|n| plain && *n <= width) else { return false };
    // A shift by the whole word leaves nothing.
    !strict || bits.checked_shl(length).unwrap_or(0) == 0
}

fn v4(a: &str) -> Option<Address> {
    let mut bits: u128 = 0;
    let mut count = 0;
    for part in a.as_bytes().split(|b| *b == b'.') {
        let plain = matches!(part, [b'0'] | [b'1'..=b'9', ..]) && part.len() <= 3;
        if !plain || !part.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let value = part.iter().fold(0_u32, |n, b| n * 10 + u32::from(b - b'0'));
        if value > 255 {
            return None;
        }
        bits = bits << 8 | u128::from(value);
        count += 1;
    }
    (count == 4).then_some(Address { bits: bits << 96, width: 32 })
}

/// Groups of up to four digits; `::` once for zeros, and the last two groups may be written as IPv4.
fn v6(a: &str) -> Option<Address> {
    let (head, tail) = match a.split_once("::") {
        Some((head, tail)) => (head, Some(tail)),
        None => (a, None),
    };
    let (high, used) = groups(head, tail.is_none())?;
    let Some(tail) = tail else {
        return (used == 8).then_some(Address { bits: high, width: 128 });
    };
    let (low, more) = groups(tail, true)?;
    if used + more > 7 {
        return None;
    }
    let high = high.checked_shl(16 * (8 - used)).unwrap_or(0);
    Some(Address { bits: high | low, width: 128 })
}

fn groups(a: &str, last: bool) -> Option<(u128, u32)> {
    if a.is_empty() {
        return Some((0, 0));
    }
    let mut bits: u128 = 0;
    let mut count = 0;
    let mut parts = a.split(':').peekable();
    while let Some(part) = parts.next() {
        if last && parts.peek().is_none() && part.contains('.') {
            bits = bits << 32 | v4(part)?.bits >> 96;
            count += 2;
        } else {
            if part.is_empty() || part.len() > 4 || !part.bytes().all(|b| b.is_ascii_hexdigit()) {
                return None;
            }
            bits = bits << 16 | u128::from_str_radix(part, 16).ok()?;
            count += 1;
        }
        if count > 8 {
            return None;
        }
    }
    Some((bits, count))
}

macro_rules! prefixes {
    ($($(#[$doc:meta])* $name:ident $version:literal $strict:literal;)*) => {
        $($(#[$doc])*
        pub fn $name(a: &str) -> bool {
            is_ip_prefix_version_strict(a, $version, $strict)
        })*
    };
}

prefixes! {
    /// An IPv4 address with the length of a prefix.
    is_ipv4_prefix 4 false;
    /// An IPv6 address with the length of a prefix.
    is_ipv6_prefix 6 false;
    /// A prefix, zero behind its length.
    is_ip_prefix_strictly 0 true;
    /// An IPv4 prefix, zero behind its length.
    is_ipv4_prefix_strictly 4 true;
    /// An IPv6 prefix, zero behind its length.
    is_ipv6_prefix_strictly 6 true;
}
