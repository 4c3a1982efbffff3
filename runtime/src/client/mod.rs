//! The client: a [`Channel`] to a server, which generated clients call through.

pub(crate) mod channel;

#[cfg(feature = "rest-client")]
pub(crate) mod rest;
mod wire;

pub use channel::{Builder, Channel, ConnectError};
#[cfg(feature = "rest-client")]
pub use rest::{RestBuilder, RestChannel};
pub use wire::{Codec, Compression, HttpVersion, Protocol};
