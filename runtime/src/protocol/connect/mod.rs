//! Connect ([the protocol](https://connectrpc.com/docs/protocol/)).

pub(crate) mod end_stream;
pub(crate) mod error;
