//! What stands between a call and the connections of its channel.

use super::credentials::{Authorized, Credentials};
use super::layers::Layers;
use super::max_calls::MaxCalls;
use crate::protocol::client::Transport;

/// The transports that a channel puts on each other.
#[derive(Clone, Default)]
pub(super) struct Stack {
    /// How many calls may be under way, and how many may wait.
    pub(super) max_calls: Option<(usize, usize)>,
    pub(super) credentials: Option<Credentials>,
    /// Layers of the user's.
    pub(super) layers: Layers,
}

impl Stack {
    /// Puts all of them on one, the innermost first.
    pub(super) fn on(&self, transport: Box<dyn Transport>) -> Box<dyn Transport> {
        let mut transport = self.layers.on(transport);
        if let Some(credentials) = &self.credentials {
            transport = Box::new(Authorized::new(transport, credentials));
        }
        if let Some((under_way, waiting)) = self.max_calls {
            transport = Box::new(MaxCalls::new(transport, under_way, waiting));
        }
        transport
    }

    /// Why they cannot be put on a transport, if they cannot.
    pub(super) fn check(&self, is_plain_text: bool) -> Result<(), &'static str> {
        self.credentials.as_ref().map_or(Ok(()), |credentials| credentials.check(is_plain_text))
    }
}
