//! Serving REST.
//!
//! A request goes this way: `transcode::routes` finds the binding of its path, the generated service its method, `call` is
//! the frame around each kind of method. In it `headers` makes metadata of the headers, `request` and `transcode::text` a
//! message of the body and the URL, and `respond` or `error` the response.

#[cfg(feature = "axum")]
mod axum;
pub(crate) mod body;
pub(crate) mod call;
pub(crate) mod error;
pub(crate) mod options;
pub(crate) mod request;
pub(crate) mod respond;
pub(crate) mod service;
pub(crate) mod stream;
#[cfg(feature = "websocket")]
pub(crate) mod websocket;

pub(crate) use call::Call;
pub use options::Options;
pub use service::Rest;
