//! REST: generated services over HTTP and JSON, as `google.api.http` says.
//!
//! [`Server`](crate::Server) serves it beside gRPC, [`Rest`] in any other server. A request goes this way: `routes` finds
//! the binding of its path, the generated service its method, `call` is the frame around each kind of method. In it
//! `headers` makes metadata of the headers, `request` and `text` a message of the body and the URL, and `respond` or
//! `error` the response.

mod accept;
#[cfg(feature = "axum")]
mod axum;
pub(crate) mod binding;
mod body;
pub(crate) mod call;
#[cfg(feature = "compression")]
mod compress;
pub(crate) mod error;
pub(crate) mod headers;
pub(crate) mod httpbody;
pub(crate) mod negotiate;
mod options;
mod request;
pub(crate) mod respond;
pub(crate) mod routes;
mod segments;
mod service;
pub(crate) mod stream;
mod text;

pub(crate) use call::Call;
pub use options::Options;
pub use service::Rest;
