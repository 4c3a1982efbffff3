//! What holds for every call, whatever its protocol.

pub(crate) mod body;
#[cfg(feature = "server")]
pub(crate) mod dispatch;
#[cfg(feature = "server")]
pub(crate) mod collect;
pub(crate) mod error;
pub(crate) mod exchange;

pub use body::Body;
pub(crate) use body::BoxError;
pub(crate) use error::CallError;
pub(crate) use exchange::{Call, Exchange, Outgoing};
