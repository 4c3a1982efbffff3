//! The client: a [`Channel`] to a server, which generated clients call through.

pub(crate) mod channel;

#[cfg(feature = "rest-client")]
pub(crate) mod rest;

pub use crate::protocol::compression::Compression;
pub use crate::protocol::wire::{Codec, HttpVersion, Protocol};
pub use channel::{Builder, Channel, ConnectError};
#[cfg(feature = "rest-client")]
pub use rest::{RestBuilder, RestChannel};
