//! Streams of messages: [`RequestStream`], [`ResponseStream`], and the [`Sender`] that feeds either.

mod channel;
mod incoming;
mod request;
mod response;

pub(crate) use incoming::Incoming;
pub use channel::{Closed, Sender};
pub use request::RequestStream;
pub use response::ResponseStream;
