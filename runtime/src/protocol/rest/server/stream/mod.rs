//! Streams: the messages of a request's body as they arrive, and those of a response as they come.

mod delimited;
pub(crate) mod format;
mod media;
pub(crate) mod requests;
pub(crate) mod responses;
pub(crate) mod writer;
