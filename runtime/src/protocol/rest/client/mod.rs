//! Calling over REST, as `google.api.http` says.
//!
//! A call goes by the first binding of its method that can say the request: `url` makes the path and the query of it,
//! `request` the rest of an HTTP request. `response` reads what comes back, `responses` a stream of it.

mod call;
mod compress;
mod events;
mod request;
mod response;
mod responses;
mod target;
mod url;

pub(crate) use call::OneResponse;
#[cfg(any(test, fuzzing))]
pub(crate) use events::Events;
pub(crate) use request::RequestTemplate;
pub use target::Target;
pub(crate) use target::{RestCall, RestEndpoint};
