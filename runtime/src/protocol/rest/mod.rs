//! REST: HTTP and JSON, as `google.api.http` says.

#[cfg(feature = "rest-client")]
pub(crate) mod client;
pub(crate) mod headers;
pub(crate) mod negotiate;
pub(crate) mod server;
