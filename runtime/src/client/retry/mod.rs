//! Calls that are made again: after a failure, or before there is an answer.
//!
//! It stands above the connections and below interceptors: one call of the user's is one span, however many attempts it
//! takes. What is known of a failure is its status, so that all protocols share this
//! ([gRFC A6](https://github.com/grpc/proposal/blob/master/A6-client-retries.md)).

mod attempts;
mod budget;
mod hedge;
mod pause;
mod policy;
mod replay;
mod settings;
mod stream;

pub(super) use attempts::Attempts;
pub(super) use hedge::hedge;
pub(super) use pause::pause;
pub(super) use replay::Replay;
pub use settings::Retries;
pub(super) use settings::Retrying;
pub(super) use stream::{Begin, responses};
