//! Streams: the messages of a request's body as they arrive, and those of a response as they come.

mod delimited;
mod format;
pub(crate) mod incoming;
mod media;
mod options;
pub(crate) mod outgoing;
pub(crate) mod split;
#[cfg(feature = "websocket")]
pub(crate) mod websocket;
mod writing;
