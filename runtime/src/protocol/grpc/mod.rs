//! gRPC and gRPC-Web.

use http::HeaderName;

use super::wire::Codec;

#[cfg(feature = "client")]
pub(crate) mod client;
#[cfg(feature = "server")]
pub(crate) mod server;
pub(crate) mod status;
pub(crate) mod trailers;

/// The header that says how messages are compressed.
pub(crate) const ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
/// The header that says how messages may be compressed.
pub(crate) const ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");
/// The flag of the envelope of gRPC-Web that holds trailers.
pub(crate) const TRAILERS: u8 = 0x80;

/// The media type of messages in a form.
#[inline]
pub(crate) const fn media_type(codec: Codec) -> &'static str {
    match codec {
        Codec::Protobuf => "application/grpc",
        Codec::Json => "application/grpc+json",
    }
}

/// The media type of gRPC-Web's messages in a form.
#[inline]
pub(crate) const fn web_media_type(codec: Codec) -> &'static str {
    match codec {
        Codec::Protobuf => "application/grpc-web+proto",
        Codec::Json => "application/grpc-web+json",
    }
}
