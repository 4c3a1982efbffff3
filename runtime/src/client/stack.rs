//! What stands between a call and the connections of its channel.

use super::max_calls::MaxCalls;
use crate::protocol::client::Transport;

/// The transports that a channel puts on each other.
#[derive(Clone, Default)]
pub(super) struct Stack {
    /// How many calls may be under way, and how many may wait.
    pub(super) max_calls: Option<(usize, usize)>,
}

impl Stack {
    /// Puts all of them on one, the innermost first.
    pub(super) fn on(&self, transport: Box<dyn Transport>) -> Box<dyn Transport> {
        match self.max_calls {
            Some((under_way, waiting)) => Box::new(MaxCalls::new(transport, under_way, waiting)),
            None => transport,
        }
    }
}
