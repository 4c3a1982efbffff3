//! Connect ([the protocol](https://connectrpc.com/docs/protocol/)).

#[cfg(feature = "client")]
pub(crate) mod client;
pub(crate) mod end_stream;
pub(crate) mod error;
pub(crate) mod get;
#[cfg(feature = "server")]
pub(crate) mod server;
pub(crate) mod timeout;
#[cfg(feature = "client")]
pub(crate) mod unary;

use http::HeaderName;

use super::wire::Codec;

/// The header with the version of the protocol.
pub(crate) const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("connect-protocol-version");
/// The version of the protocol.
pub(crate) const VERSION: &str = "1";
/// The header that says how the messages of a stream are compressed.
pub(crate) const ENCODING: HeaderName = HeaderName::from_static("connect-content-encoding");
/// The header that says how the messages of a stream may be compressed.
pub(crate) const ACCEPT_ENCODING: HeaderName = HeaderName::from_static("connect-accept-encoding");
/// What stands before the names of trailers, which are headers in the response of a unary call.
pub(crate) const TRAILER_PREFIX: &str = "trailer-";

/// The media type of the one message of a unary call.
pub(crate) const fn unary_media_type(codec: Codec) -> &'static str {
    match codec {
        Codec::Protobuf => "application/proto",
        Codec::Json => "application/json",
    }
}

/// The media type of a stream of messages.
pub(crate) const fn stream_media_type(codec: Codec) -> &'static str {
    match codec {
        Codec::Protobuf => "application/connect+proto",
        Codec::Json => "application/connect+json",
    }
}
