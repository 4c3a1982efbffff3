//! What holds for every call, whatever its protocol.

pub(crate) mod body;
#[cfg(feature = "server")]
pub(crate) mod dispatch;
pub(crate) mod error;
pub(crate) mod exchange;

pub(crate) use body::{Body, BoxError};
pub(crate) use error::CallError;
pub(crate) use exchange::{Call, Exchange, Outgoing};
