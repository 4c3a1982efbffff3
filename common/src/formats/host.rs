//! Host names, ports and e-mail addresses.

use super::ip::{is_ip_version, is_ipv4};

/// `a.isHostname()`: RFC 1034 with digits in front allowed; the last label is not all digits.
pub fn is_hostname(a: &str) -> bool {
    let labels = a.strip_suffix('.').unwrap_or(a);
    if labels.len() > 253 {
        return false;
    }
    let mut last_is_digits = false;
    for label in labels.as_bytes().split(|b| *b == b'.') {
        if !is_label(label) {
            return false;
        }
        last_is_digits = label.iter().all(u8::is_ascii_digit);
    }
    !last_is_digits
}

/// A label of a host name: letters, digits and inner dashes.
#[inline]
fn is_label(label: &[u8]) -> bool {
    let (Some(first), Some(last)) = (label.first(), label.last()) else { return false };
    label.len() <= 63
        && *first != b'-'
        && *last != b'-'
        && label.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
}

/// `a.isEmail()`: the definition of HTML's `<input type=email>`.
pub fn is_email(a: &str) -> bool {
    let Some((local, domain)) = a.split_once('@') else { return false };
    let in_local = |b: &u8| b.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(b);
    !local.is_empty()
        && local.as_bytes().iter().all(in_local)
        && domain.as_bytes().split(|b| *b == b'.').all(is_label)
}

/// `a.isHostAndPort(port_required)`
pub fn is_host_and_port(a: &str, port_required: bool) -> bool {
    if let Some(rest) = a.strip_prefix('[') {
        let Some(end) = rest.rfind(']') else { return false };
        let (host, after) = (&rest[..end], &rest[end + 1..]);
        let port = match after.strip_prefix(':') {
            Some(port) => is_port(port),
            None => after.is_empty() && !port_required,
        };
        return port && is_ip_version(host, 6);
    }
    let host = |host: &str| is_hostname(host) || is_ipv4(host);
    match a.rsplit_once(':') {
        Some((name, port)) => host(name) && is_port(port),
        None => !port_required && host(a),
    }
}

fn is_port(a: &str) -> bool {
    let digits = !a.is_empty() && a.len() <= 5 && a.bytes().all(|b| b.is_ascii_digit());
    digits && (a.len() == 1 || !a.starts_with('0')) && a.parse::<u32>().is_ok_and(|n| n <= 65_535)
}

/// A host name or an IP address.
pub fn is_address(a: &str) -> bool {
    is_hostname(a) || super::ip::is_ip(a)
}

/// A host and a port, both needed.
pub fn is_host_with_port(a: &str) -> bool {
    is_host_and_port(a, true)
}
