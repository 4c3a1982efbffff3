//! Requests that wait for a connection.

use http::Request;

pub(crate) use crate::context::wait::WaitForReady;

/// Whether a request waits for a connection.
pub(crate) fn waits_for_ready<B>(request: &Request<B>) -> bool {
    request.extensions().get::<WaitForReady>().is_some()
}
