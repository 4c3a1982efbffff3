//! Texts of a format.

use std::fmt::Write as _;

use super::random::Random;
use super::words::{self, Persona};
use crate::formats as test;

/// A format of a text or of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the names are those of the rules
pub enum Format {
    Email,
    Hostname,
    Ip,
    Ipv4,
    Ipv6,
    Uri,
    UriRef,
    Address,
    Uuid,
    Tuuid,
    Ulid,
    IpWithPrefixlen,
    Ipv4WithPrefixlen,
    Ipv6WithPrefixlen,
    IpPrefix,
    Ipv4Prefix,
    Ipv6Prefix,
    HostAndPort,
    ProtobufFqn,
    ProtobufDotFqn,
    HeaderName,
    HeaderValue,
    /// Not strict.
    AnyHeaderName,
    /// Not strict.
    AnyHeaderValue,
}

/// The formats and their names in the rules.
const FORMATS: &[(Format, &str)] = &[
    (Format::Email, "email"),
    (Format::Hostname, "hostname"),
    (Format::Ip, "ip"),
    (Format::Ipv4, "ipv4"),
    (Format::Ipv6, "ipv6"),
    (Format::Uri, "uri"),
    (Format::UriRef, "uri_ref"),
    (Format::Address, "address"),
    (Format::Uuid, "uuid"),
    (Format::Tuuid, "tuuid"),
    (Format::Ulid, "ulid"),
    (Format::IpWithPrefixlen, "ip_with_prefixlen"),
    (Format::Ipv4WithPrefixlen, "ipv4_with_prefixlen"),
    (Format::Ipv6WithPrefixlen, "ipv6_with_prefixlen"),
    (Format::IpPrefix, "ip_prefix"),
    (Format::Ipv4Prefix, "ipv4_prefix"),
    (Format::Ipv6Prefix, "ipv6_prefix"),
    (Format::HostAndPort, "host_and_port"),
    (Format::ProtobufFqn, "protobuf_fqn"),
    (Format::ProtobufDotFqn, "protobuf_dot_fqn"),
    (Format::HeaderName, "header_name"),
    (Format::HeaderValue, "header_value"),
    (Format::AnyHeaderName, "any_header_name"),
    (Format::AnyHeaderValue, "any_header_value"),
];

impl Format {
    /// The one that the rules call so.
    pub fn of(name: &str) -> Option<Self> {
        FORMATS.iter().find(|known| known.1 == name).map(|known| known.0)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        FORMATS.iter().find(|known| known.0 == self).map_or("", |known| known.1)
    }

    /// Whether a text has it.
    pub fn has(self, text: &str) -> bool {
        match self {
            Self::UriRef => test::is_uri_ref(text),
            Self::HeaderName => test::is_header_name(text, true),
            Self::HeaderValue => test::is_header_value(text, true),
            Self::AnyHeaderName => test::is_header_name(text, false),
            Self::AnyHeaderValue => test::is_header_value(text, false),
            _ => test::STRING_FORMATS.iter().any(|known| known.rule == self.name() && (known.test)(text)),
        }
    }

    /// The sizes of bytes that have it.
    pub fn sizes(self) -> &'static [usize] {
        match self {
            Self::Ip => &[4, 16],
            Self::Ipv4 => &[4],
            Self::Ipv6 | Self::Uuid => &[16],
            _ => &[],
        }
    }

    /// A text that has it.
    pub(super) fn text(self, name: &str, who: Persona, random: &mut Random) -> String {
        match self {
            Self::Email => words::email(who),
            Self::Hostname | Self::Address => format!("{}.example.com", host(name, who)),
            Self::Ip | Self::Ipv4 => ipv4(random),
            Self::Ipv6 => format!("2001:db8::{:x}", 1 + random.below(0xffff)),
            Self::Uri => format!("https://example.com/{}", words::stem(name, who)),
            Self::UriRef => format!("/{}", words::stem(name, who)),
            Self::Uuid => uuid(random, true),
            Self::Tuuid => uuid(random, false),
            Self::Ulid => ulid(random),
            Self::IpWithPrefixlen | Self::Ipv4WithPrefixlen => format!("{}/24", ipv4(random)),
            Self::Ipv6WithPrefixlen => format!("2001:db8::{:x}/64", 1 + random.below(0xffff)),
            Self::IpPrefix | Self::Ipv4Prefix => format!("192.0.{}.0/24", random.below(256)),
            Self::Ipv6Prefix => format!("2001:db8:{:x}::/48", 1 + random.below(0xffff)),
            Self::HostAndPort => format!("{}.example.com:8080", host(name, who)),
            Self::ProtobufFqn => format!("example.v1.{}", pascal(who)),
            Self::ProtobufDotFqn => format!(".example.v1.{}", pascal(who)),
            Self::HeaderName | Self::AnyHeaderName => format!("x-{}", words::stem("request-id", who)),
            Self::HeaderValue | Self::AnyHeaderValue => words::stem(name, who),
        }
    }
}

fn host(name: &str, who: Persona) -> String {
    let stem = words::stem(name, who).replace('_', "-");
    if test::is_hostname(&stem) { stem } else { "api".into() }
}

fn pascal(who: Persona) -> String {
    let handle = words::handle(who);
    let mut chars = handle.chars();
    chars.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + chars.as_str())
}

/// Of the network for documentation (RFC 5737).
fn ipv4(random: &mut Random) -> String {
    let net = ["192.0.2", "198.51.100", "203.0.113"];
    let net = random.pick(&net).copied().unwrap_or("192.0.2");
    format!("{net}.{}", 1 + random.below(254))
}

/// Version 4 (RFC 9562).
fn uuid(random: &mut Random, dashes: bool) -> String {
    let bits = u128::from(random.number()) << 64 | u128::from(random.number());
    let bits = bits & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let hex = format!("{bits:032x}");
    if !dashes {
        return hex;
    }
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

fn ulid(random: &mut Random) -> String {
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut out = String::from("01K");
    for _ in 0..23 {
        let _ = write!(out, "{}", char::from(DIGITS[random.below(32)]));
    }
    out
}
