//! Connect ([the protocol](https://connectrpc.com/docs/protocol/)).

pub(crate) mod end_stream;
pub(crate) mod error;
pub(crate) mod get;
#[cfg(feature = "server")]
pub(crate) mod server;
pub(crate) mod timeout;
