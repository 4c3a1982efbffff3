//! What stands between a call and the connections of its channel.

use super::layers::Layers;
use crate::protocol::client::Transport;

/// The transports that a channel puts on each other.
#[derive(Clone, Default)]
pub(super) struct Stack {
    /// Layers of the user's.
    pub(super) layers: Layers,
}

impl Stack {
    /// Puts all of them on one, the innermost first.
    pub(super) fn on(&self, transport: Box<dyn Transport>) -> Box<dyn Transport> {
        self.layers.on(transport)
    }
}
