//! Serving REST.
//!
//! A request goes this way: `transcode::routes` finds the binding of its path (`service`), which is one of a method of a
//! service. `exchange` is the call as its handler sees it: `headers` makes metadata of the headers, `request` and
//! `transcode::url` a message of the body and the URL, and `respond` or `error` the response; `error_body` is for those who want errors in a form of their own. `answer` is what happens
//! around it, and `origins` knows which pages may call. `stream` has the bodies of calls that stream, `websocket` their other form.

mod answer;
#[cfg(feature = "axum")]
mod axum;
#[cfg(feature = "compression")]
mod compress;
mod details;
mod error;
mod error_body;
mod exchange;
mod foreign;
mod forms;
mod headers;
mod method;
mod options;
mod origins;
mod request;
mod respond;
mod service;
mod stream;
#[cfg(feature = "websocket")]
mod websocket;

pub use error_body::{ErrorBody, ErrorResponse};
#[cfg(all(feature = "multipart", any(test, fuzzing)))]
pub(crate) use forms::{Event, Parts};
pub(crate) use headers::timeout_of_caller;
#[cfg(all(feature = "multipart", any(test, fuzzing)))]
pub(crate) use options::FormLimits;
pub use options::Options;
pub use service::{Rest, RestFuture};
