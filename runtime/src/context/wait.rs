//! Calls that wait for a connection.

use super::Context;

/// Marks a call, and its request, in their extensions: it waits for a connection, however often one cannot be made. Others fail
/// with the first attempt that does. gRPC calls it `wait_for_ready`.
#[derive(Clone, Copy)]
pub(crate) struct WaitForReady;

impl Context {
    /// The call waits for a connection, up to its deadline, in place of failing when one cannot be made; as
    /// [`wait_for_ready`](crate::client::Builder::wait_for_ready) says of a channel.
    #[must_use]
    pub fn with_wait_for_ready(self) -> Self {
        self.with_extension(WaitForReady)
    }
}
