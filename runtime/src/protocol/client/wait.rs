//! Requests that wait for a connection.

use http::Request;

/// Marks a request, in its extensions: it waits for a connection, however often one cannot be made. Others fail with the
/// first attempt that does. gRPC calls it `wait_for_ready`.
#[derive(Clone, Copy)]
pub(crate) struct WaitForReady;

/// Whether a request is marked so.
pub(crate) fn waits_for_ready<B>(request: &Request<B>) -> bool {
    request.extensions().get::<WaitForReady>().is_some()
}
