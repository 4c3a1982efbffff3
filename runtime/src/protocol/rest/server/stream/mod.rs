//! Streams: the messages of a request's body as they arrive, and those of a response as they come.

pub(crate) mod delimited;
pub(crate) mod format;
pub(crate) mod incoming;
pub(crate) mod media;
mod options;
pub(crate) mod outgoing;
pub(crate) mod writing;
