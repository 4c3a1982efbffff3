//! The client: a [`Channel`] to a server, which generated clients call through.

pub(crate) mod call;
mod channel;
mod guard;

pub use channel::{Builder, Channel, ConnectError};
