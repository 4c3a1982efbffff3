//! Streams: the messages of a request's body as they arrive, and those of a response as they come.

pub(crate) mod incoming;
pub(crate) mod outgoing;
