//! Compression: gzip, br and zstd, all in Rust.

mod accepted;
#[cfg(feature = "br")]
mod brotli;
#[cfg(feature = "compression")]
pub(crate) mod decode;
#[cfg(feature = "compression")]
pub(crate) mod encode;
#[cfg(feature = "compression")]
mod feed;
#[cfg(feature = "compression")]
pub(crate) mod held;
#[cfg(feature = "zstd")]
mod zstd;

use bytes::Bytes;
use http::{HeaderMap, HeaderName};

use super::accept;

pub(crate) use accepted::AcceptedCompressions;

/// A compression of messages or bodies. What a build lacks the feature for is neither accepted nor used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Compression {
    /// `br`, which gRPC does not have. It needs the feature `br`.
    Brotli,
    /// `gzip`, which every peer knows. It needs the feature `compression`.
    Gzip,
    /// `zstd`. It needs the feature `zstd`.
    Zstd,
}

/// Why compressed bytes did not become a message.
#[derive(Debug)]
pub(crate) enum DecompressError {
    /// They become more bytes than the limit allows.
    TooLarge,
    /// They are not what they are said to be.
    Malformed(String),
}

impl Compression {
    /// All that this build can do, the preferred first: the smallest results come first.
    pub(crate) const SUPPORTED: &[Self] = &[
        #[cfg(feature = "br")]
        Self::Brotli,
        #[cfg(feature = "compression")]
        Self::Gzip,
        #[cfg(feature = "zstd")]
        Self::Zstd,
    ];

    /// Whether this build can do it.
    pub(crate) fn is_supported(self) -> bool {
        Self::SUPPORTED.contains(&self)
    }

    /// Its name in headers.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// The compression with this name, if this build can do it.
    pub(crate) fn by_name(name: &str) -> Option<Self> {
        let name = if name.eq_ignore_ascii_case("x-gzip") { "gzip" } else { name };
        Self::SUPPORTED.iter().copied().find(|known| known.name().eq_ignore_ascii_case(name))
    }

    /// How many there are.
    const ALL: usize = 3;

    /// What the client wants: the one it likes most, if it does not like none at all better.
    pub(crate) fn wanted(headers: &HeaderMap, name: HeaderName) -> Option<Self> {
        Self::wanted_among(headers, name, Self::SUPPORTED)
    }

    /// The same among some.
    pub(crate) fn wanted_among(headers: &HeaderMap, name: HeaderName, among: &[Self]) -> Option<Self> {
        let mut likes = [None; Self::ALL];
        let (mut others, mut identity) = (None, None);
        for (coding, quality) in accept::entries(headers, name) {
            match coding {
                "*" => others = Some(quality),
                coding if coding.eq_ignore_ascii_case("identity") => identity = Some(quality),
                coding => {
                    if let Some(coding) = Self::by_name(coding) {
                        likes[coding as usize] = Some(quality);
                    }
                }
            }
        }
        let quality = |coding: &Self| likes[*coding as usize].or(others).unwrap_or(0);
        // Of equals, `max_by_key` takes the last.
        let known = among.iter().copied().filter(|coding| coding.is_supported());
        let best = known.rev().max_by_key(quality)?;
        (quality(&best) > 0 && quality(&best) >= identity.unwrap_or(0)).then_some(best)
    }

    /// Compresses bytes that are there as a whole.
    #[cfg(feature = "compression")]
    pub(crate) fn compress(self, data: &[u8]) -> Vec<u8> {
        encode::whole(self, data)
    }

    /// Compresses bytes that are there as a whole.
    #[cfg(not(feature = "compression"))]
    pub(crate) fn compress(self, data: &[u8]) -> Vec<u8> {
        let _ = data;
        self.is_missing()
    }

    /// Decompresses bytes that are there as a whole, and become at most `limit` bytes.
    #[cfg(feature = "compression")]
    pub(crate) fn decompress(self, data: Bytes, limit: usize) -> Result<Bytes, DecompressError> {
        decode::whole(self, data, limit)
    }

    /// Decompresses bytes that are there as a whole, and become at most `limit` bytes.
    #[cfg(not(feature = "compression"))]
    pub(crate) fn decompress(self, data: Bytes, limit: usize) -> Result<Bytes, DecompressError> {
        let _ = (data, limit);
        self.is_missing()
    }

    /// Where this build cannot do it: nobody was offered it.
    #[cfg(not(all(feature = "br", feature = "zstd")))]
    fn is_missing(self) -> ! {
        unreachable!("this build has no {self:?}, and offers none")
    }
}
