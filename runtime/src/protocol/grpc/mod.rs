//! gRPC and gRPC-Web.

#[cfg(feature = "client")]
pub(crate) mod client;
#[cfg(feature = "server")]
pub(crate) mod server;
pub(crate) mod status;
#[cfg(feature = "server")]
pub(crate) mod text;
