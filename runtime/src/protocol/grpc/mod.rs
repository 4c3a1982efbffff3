//! gRPC and gRPC-Web.

#[cfg(feature = "client")]
pub(crate) mod client;
pub(crate) mod codec;
#[cfg(feature = "client")]
pub(crate) mod guard;
#[cfg(feature = "server")]
pub(crate) mod server;
#[cfg(feature = "web")]
pub(crate) mod web;
