//! How two ends speak with each other: what a channel chooses.

#[cfg(feature = "server")]
use http::header::{HOST, HeaderMap, HeaderValue};

/// What HTTP/2 counts for each header besides its name and value
/// ([RFC 9113, 6.5.2](https://www.rfc-editor.org/rfc/rfc9113#section-6.5.2)). In bytes.
#[cfg(feature = "server")]
pub(crate) const PER_HEADER: usize = 32;

/// Whether a request of HTTP/1.1 says which host it is for, and only one
/// ([RFC 9112, 3.2](https://www.rfc-editor.org/rfc/rfc9112#section-3.2)).
#[cfg(feature = "server")]
pub(crate) fn has_one_host(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    hosts.next().is_some_and(is_host) && hosts.next().is_none()
}

/// Whether a value can be a host. A list of them, as proxies make of two headers, is none.
#[cfg(feature = "server")]
pub(crate) fn is_host(value: &HeaderValue) -> bool {
    // Without an early end, which hardly ever comes.
    value.as_bytes().iter().fold(true, |all, &byte| all & HOST_BYTES[usize::from(byte)])
}

/// The bytes of a host: a table, as every request has one.
#[cfg(feature = "server")]
static HOST_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        table[byte as usize] = byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'.' | b'_' | b'~' | b':' | b'[' | b']' | b'%');
        byte += 1;
    }
    table
};

/// The protocol of a channel's calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Protocol {
    /// gRPC, which needs HTTP/2.
    #[default]
    Grpc,
    /// gRPC-Web: gRPC whose trailers are part of the body, over any version of HTTP.
    GrpcWeb,
    /// Connect, over any version of HTTP.
    Connect,
}

/// The form of messages on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Codec {
    /// Protobuf's binary format.
    #[default]
    Protobuf,
    /// `ProtoJSON`.
    Json,
}

/// The version of HTTP that a channel speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HttpVersion {
    /// HTTP/1.1: one call at a time on each connection.
    Http1,
    /// HTTP/2, without asking on connections without TLS.
    #[default]
    Http2,
}
