//! gRPC and gRPC-Web.

#[cfg(feature = "server")]
pub(crate) mod server;
pub(crate) mod status;
#[cfg(feature = "server")]
pub(crate) mod text;
