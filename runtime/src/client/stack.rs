//! What stands between a call and the connections of its channel.

use crate::protocol::client::Transport;

/// The transports that a channel puts on each other.
#[derive(Clone, Default)]
pub(super) struct Stack {}

impl Stack {
    /// Puts all of them on one, the innermost first.
    #[allow(clippy::unused_self, reason = "there are none yet")]
    pub(super) fn on(&self, transport: Box<dyn Transport>) -> Box<dyn Transport> {
        transport
    }
}
