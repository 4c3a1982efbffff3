//! The protocols: each turns HTTP into an exchange of messages and back.
//!
//! The files here are what the protocols share; a folder is one protocol, for the server and for the client.

pub(crate) mod accept;
mod base64;
#[cfg(feature = "server")]
pub(crate) mod caching;
#[cfg(feature = "client")]
pub(crate) mod client;
pub(crate) mod compression;
pub(crate) mod connect;
pub(crate) mod envelope;
mod flow;
pub(crate) mod grpc;
#[cfg(feature = "server")]
pub(crate) mod intercepted;
pub(crate) mod limits;
#[cfg(any(feature = "rest", feature = "rest-client"))]
pub(crate) mod rest;
#[cfg(feature = "server")]
pub(crate) mod rpc;
#[cfg(feature = "server")]
pub(crate) mod server;
#[cfg(feature = "server")]
pub(crate) mod service;
#[cfg(feature = "server")]
pub(crate) mod settings;
#[cfg(feature = "server")]
mod text;
#[cfg(feature = "server")]
pub(crate) mod timed_reader;
pub(crate) mod wire;
