//! REST: HTTP and JSON, as `google.api.http` says.

#[cfg(feature = "rest-client")]
pub(crate) mod client;
pub(crate) mod negotiate;
#[cfg(feature = "rest")]
pub(crate) mod server;

/// What stands before the name of metadata in a header.
pub(crate) const METADATA_PREFIX: &str = "grpc-metadata-";
/// What stands before the name of trailing metadata in a header.
pub(crate) const TRAILER_PREFIX: &str = "grpc-trailer-";
