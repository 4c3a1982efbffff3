//! Entity tags: what HTTP calls the version of a response (RFC 9110, section 8.8.3).
//!
//! ```
//! use rsvc::etag::EntityTag;
//!
//! let of_seven = EntityTag::of(&7u64).unwrap();
//! assert_eq!(of_seven.to_string(), "\"7\"");
//! assert_eq!(EntityTag::of(""), None);
//! ```

use std::fmt;

use http::header::{ETAG, HeaderName};
use http::{HeaderMap, HeaderValue};
use prost::bytes::Bytes;
use prost_types::Timestamp;

/// Stands between a version and the form that it is sent in.
const FORM: u8 = b'~';

/// The forms of a response, each of which has a tag of its own. A response in JSON that is not compressed has none of them.
const FORMS: [&str; 4] = [PROTOBUF, "gzip", "br", "zstd"];

/// The form of a response in protobuf.
pub(crate) const PROTOBUF: &str = "proto";

/// Bytes of the hash of a content.
#[cfg(feature = "server")]
const HASH: usize = 16;

/// An entity tag.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EntityTag {
    is_weak: bool,
    /// What stands between the quotes.
    opaque: Vec<u8>,
}

impl EntityTag {
    /// The tag of a version, if there is one: see [`Version`].
    pub fn of<V: Version + ?Sized>(version: &V) -> Option<Self> {
        version.entity_tag()
    }

    /// A strong tag of bytes that a tag may have.
    pub(crate) fn strong(opaque: impl Into<Vec<u8>>) -> Self {
        Self { is_weak: false, opaque: opaque.into() }
    }

    /// The tag of a content, which is all these parts: its hash by `BLAKE2b`, of 128 bits. Nobody can make two contents
    /// with one tag, which a condition as `If-Match` relies on.
    #[cfg(feature = "server")]
    pub(crate) fn of_content<const N: usize>(parts: [&[u8]; N]) -> Self {
        let mut hash = blake2b_simd::Params::new().hash_length(HASH).to_state();
        for part in parts {
            hash.update(part);
        }
        Self::strong(hexadecimal(hash.finalize().as_bytes()))
    }

    /// Reads one tag, as `"7"` or `W/"7"`. `None` if it is none.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let (tag, rest) = Self::take(text)?;
        rest.is_empty().then_some(tag)
    }

    /// Reads the tag that a text begins with, and gives what is behind it.
    fn take(text: &[u8]) -> Option<(Self, &[u8])> {
        let (is_weak, text) = match text.strip_prefix(b"W/") {
            Some(text) => (true, text),
            None => (false, text),
        };
        let text = text.strip_prefix(b"\"")?;
        let end = text.iter().position(|&byte| byte == b'"')?;
        let (opaque, rest) = (&text[..end], &text[end + 1..]);
        let is_allowed = opaque.iter().all(|&byte| is_etagc(byte));
        is_allowed.then(|| (Self { is_weak, opaque: opaque.to_vec() }, rest))
    }

    /// Whether two responses with this tag need not be the same byte for byte.
    pub fn is_weak(&self) -> bool {
        self.is_weak
    }

    /// What stands between the quotes. It is text unless the peer has bytes beyond ASCII in it.
    pub fn opaque(&self) -> &[u8] {
        &self.opaque
    }

    /// Whether both are strong and the same: what `If-Match` goes by.
    pub fn matches_strongly(&self, other: &Self) -> bool {
        !self.is_weak && self == other
    }

    /// Whether they are the same, weak or not: what `If-None-Match` goes by.
    pub fn matches_weakly(&self, other: &Self) -> bool {
        self.opaque == other.opaque
    }

    /// Whether it is the tag of a response of this version in any of the forms that responses have.
    fn is_form_of(&self, version: &Self) -> bool {
        let Some(forms) = self.opaque.strip_prefix(&*version.opaque) else { return false };
        let Some(forms) = forms.strip_prefix(&[FORM]) else { return forms.is_empty() };
        forms.split(|&byte| byte == FORM).all(|form| FORMS.iter().any(|known| known.as_bytes() == form))
    }

    /// The value of a header.
    pub(crate) fn to_header(&self) -> HeaderValue {
        let prefix: &[u8] = if self.is_weak { b"W/\"" } else { b"\"" };
        let text = [prefix, &self.opaque, b"\""].concat();
        HeaderValue::from_bytes(&text).expect("a tag has no bytes that a header has not")
    }
}

/// The tag as it stands in a header. Bytes that are not UTF-8 become U+FFFD.
impl fmt::Display for EntityTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = if self.is_weak { "W/" } else { "" };
        write!(f, "{prefix}\"{}\"", String::from_utf8_lossy(&self.opaque))
    }
}

impl fmt::Debug for EntityTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EntityTag({self})")
    }
}

/// Whether a byte may stand in a tag: anything printable but `"`, and all beyond ASCII.
fn is_etagc(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x7e | 0x80..)
}

/// Gives the strong tag of a response, if it has one, the name of its form: another form has other bytes.
pub(crate) fn add_form(headers: &mut HeaderMap, form: &str) {
    let tag = headers.get(ETAG).and_then(|value| EntityTag::parse(value.as_bytes()));
    if let Some(mut tag) = tag.filter(|tag| !tag.is_weak) {
        tag.opaque.push(FORM);
        tag.opaque.extend_from_slice(form.as_bytes());
        headers.insert(ETAG, tag.to_header());
    }
}

/// A value that changes with what it is the version of, as the field of `cache.etag` in a `.proto`.
///
/// Integers and the numbers of enums are written in decimal, bytes in hexadecimal, timestamps as seconds and
/// nanoseconds. A string is taken as it is; what cannot stand in a tag, and `%` and `~`, becomes `%` and two
/// hexadecimal digits. A string that is an entity tag with its quotes, as [AIP-154](https://google.aip.dev/154) has it, is
/// that tag. The empty string, no bytes and `None` have no tag.
pub trait Version {
    /// The tag of this version.
    fn entity_tag(&self) -> Option<EntityTag>;
}

macro_rules! integers {
    ($($ty:ty)*) => {$(
        impl Version for $ty {
            fn entity_tag(&self) -> Option<EntityTag> {
                Some(EntityTag::strong(itoa::Buffer::new().format(*self)))
            }
        }
    )*};
}

integers! { i32 i64 u32 u64 }

impl Version for str {
    fn entity_tag(&self) -> Option<EntityTag> {
        if self.is_empty() {
            return None;
        }
        if let Some(tag) = EntityTag::parse(self.as_bytes()) {
            return Some(tag);
        }
        let mut opaque = Vec::with_capacity(self.len());
        for byte in self.bytes() {
            if is_etagc(byte) && byte.is_ascii() && byte != b'%' && byte != FORM {
                opaque.push(byte);
            } else {
                opaque.extend_from_slice(format!("%{byte:02X}").as_bytes());
            }
        }
        Some(EntityTag::strong(opaque))
    }
}

impl Version for String {
    fn entity_tag(&self) -> Option<EntityTag> {
        self.as_str().entity_tag()
    }
}

impl Version for [u8] {
    fn entity_tag(&self) -> Option<EntityTag> {
        (!self.is_empty()).then(|| EntityTag::strong(hexadecimal(self)))
    }
}

impl Version for Vec<u8> {
    fn entity_tag(&self) -> Option<EntityTag> {
        self.as_slice().entity_tag()
    }
}

impl Version for Bytes {
    fn entity_tag(&self) -> Option<EntityTag> {
        self[..].entity_tag()
    }
}

impl Version for Timestamp {
    fn entity_tag(&self) -> Option<EntityTag> {
        Some(EntityTag::strong(format!("{}.{:09}", self.seconds, self.nanos)))
    }
}

impl<V: Version> Version for Option<V> {
    fn entity_tag(&self) -> Option<EntityTag> {
        self.as_ref()?.entity_tag()
    }
}

impl<V: Version + ?Sized> Version for &V {
    fn entity_tag(&self) -> Option<EntityTag> {
        (**self).entity_tag()
    }
}

/// Bytes as digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut digits, byte| {
        write!(digits, "{byte:02x}").expect("a string takes all text");
        digits
    })
}

/// What `If-Match` or `If-None-Match` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// `*`: whatever is there.
    Any,
    /// These tags.
    Tags(Vec<EntityTag>),
}

/// A header is neither `*` nor a list of entity tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

impl Condition {
    /// What all headers of a name say; `None` if there are none.
    pub(crate) fn of(headers: &HeaderMap, name: &HeaderName) -> Option<Result<Self, Malformed>> {
        let mut values = headers.get_all(name).into_iter().map(HeaderValue::as_bytes).peekable();
        values.peek()?;
        Some(Self::parse(values).ok_or(Malformed))
    }

    /// A list may go on in further headers, and may have elements that are empty.
    fn parse<'a>(mut values: impl Iterator<Item = &'a [u8]>) -> Option<Self> {
        let first = trim(values.next()?);
        if first == b"*" {
            return values.next().is_none().then_some(Self::Any);
        }
        let mut tags = Vec::new();
        for mut rest in std::iter::once(first).chain(values) {
            loop {
                rest = trim(rest);
                if let Some(behind) = rest.strip_prefix(b",") {
                    rest = behind;
                    continue;
                }
                if rest.is_empty() {
                    break;
                }
                let (tag, behind) = EntityTag::take(rest)?;
                tags.push(tag);
                rest = trim(behind);
                if !rest.is_empty() && !rest.starts_with(b",") {
                    return None;
                }
            }
        }
        Some(Self::Tags(tags))
    }

    /// As `If-Match`: whether it names a response that has this tag.
    pub(crate) fn has_strong(&self, current: Option<&EntityTag>) -> bool {
        match self {
            Self::Any => true,
            Self::Tags(tags) => {
                current.is_some_and(|current| tags.iter().any(|tag| tag.matches_strongly(current)))
            }
        }
    }

    /// As `If-None-Match`: whether it names a response that has this tag.
    pub(crate) fn has_weak(&self, current: Option<&EntityTag>) -> bool {
        match self {
            Self::Any => true,
            Self::Tags(tags) => {
                current.is_some_and(|current| tags.iter().any(|tag| tag.matches_weakly(current)))
            }
        }
    }

    /// As `If-Match` of a change: whether it names this version in any form that it is sent in.
    pub(crate) fn has_version(&self, version: Option<&EntityTag>) -> bool {
        match self {
            Self::Any => true,
            Self::Tags(tags) => version.is_some_and(|version| {
                !version.is_weak && tags.iter().any(|tag| !tag.is_weak && tag.is_form_of(version))
            }),
        }
    }

    /// As `If-None-Match` of a change.
    pub(crate) fn has_version_weakly(&self, version: Option<&EntityTag>) -> bool {
        match self {
            Self::Any => true,
            Self::Tags(tags) => version.is_some_and(|version| tags.iter().any(|tag| tag.is_form_of(version))),
        }
    }
}

/// Without the white space that HTTP allows around the elements of a list.
fn trim(text: &[u8]) -> &[u8] {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = text.iter().position(|byte| !is_space(byte)).unwrap_or(text.len());
    let end = text.iter().rposition(|byte| !is_space(byte)).map_or(start, |end| end + 1);
    &text[start..end]
}

#[cfg(test)]
mod tests;
