//! What holds for every call, whatever its protocol.

#[cfg(feature = "server")]
pub(crate) mod aside;
pub(crate) mod background;
pub(crate) mod body;
#[cfg(feature = "server")]
pub(crate) mod collect;
#[cfg(feature = "server")]
pub(crate) mod dispatch;
pub(crate) mod error;
pub(crate) mod exchange;
pub(crate) mod idle;
#[cfg(feature = "server")]
pub(crate) mod in_flight;
pub(crate) mod intercept;
pub(crate) mod rules;
#[cfg(feature = "server")]
pub(crate) mod session;
#[cfg(feature = "server")]
pub(crate) mod turn;
#[cfg(any(feature = "server", feature = "compression"))]
pub(crate) mod yield_budget;

pub use body::Body;
#[cfg(feature = "compression")]
pub(crate) use body::HoldingBody;
pub(crate) use body::{BoxError, Guard};
pub(crate) use error::CallError;
pub(crate) use exchange::{Call, Exchange, Outgoing, Responded};
