//! REST in axum.

use crate::protocol::rest::server::Rest;

/// A router whose other paths lead to the services. Routes that are added to it come first.
///
/// ```
/// use axum::routing::get;
///
/// let rest = rsvc::rest::Rest::new();
/// let app: axum::Router = axum::Router::from(rest).route("/healthz", get(|| async { "ok" }));
/// ```
impl From<Rest> for axum::Router {
    fn from(rest: Rest) -> Self {
        Self::new().fallback_service(rest)
    }
}
