//! How two ends speak with each other: what a channel chooses.

/// What HTTP/2 counts for each header besides its name and value
/// ([RFC 9113, 6.5.2](https://www.rfc-editor.org/rfc/rfc9113#section-6.5.2)). In bytes.
#[cfg(feature = "server")]
pub(crate) const PER_HEADER: usize = 32;

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
