//! Streams of messages: [`RequestStream`], [`ResponseStream`], and the [`Sender`] that feeds either.

mod channel;
mod incoming;
mod request;
mod response;

pub use channel::{Closed, Sender};
pub(crate) use incoming::Incoming;
#[cfg(any(feature = "server", feature = "client"))]
pub(crate) use incoming::poll_each;
use incoming::{PollMessage, poll_message};
pub use request::RequestStream;
pub use response::ResponseStream;
