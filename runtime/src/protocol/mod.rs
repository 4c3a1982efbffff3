//! The protocols: each turns HTTP into an exchange of messages and back.
//!
//! The files here are what the protocols share; a folder is one protocol, for the server and for the client.

#[cfg(feature = "server")]
pub(crate) mod accept;
#[cfg(feature = "compression")]
pub(crate) mod compression;
pub(crate) mod grpc;
#[cfg(feature = "rest")]
pub(crate) mod rest;
