//! What a server says about calls over gRPC, gRPC-Web and Connect.

use super::compression::AcceptedCompressions;
use super::limits::MessageLimits;
use super::timed_reader::StreamTimeouts;
use crate::call::dispatch::Policy;

/// The size from which response messages are compressed.
#[derive(Clone, Copy)]
pub(crate) enum CompressFrom {
    /// What is usual for the protocol.
    ByProtocol,
    Never,
    /// In bytes.
    Size(usize),
}

impl CompressFrom {
    /// The size, where `usual` is that of the protocol. `None` compresses nothing.
    pub(crate) fn or(self, usual: Option<usize>) -> Option<usize> {
        match self {
            Self::ByProtocol => usual,
            Self::Never => None,
            Self::Size(bytes) => Some(bytes),
        }
    }
}

/// Settings of a server for all calls of these protocols.
#[derive(Clone)]
pub(crate) struct ServerSettings {
    pub(crate) policy: Policy,
    pub(crate) messages: MessageLimits,
    /// How requests may be compressed.
    pub(crate) accepted: AcceptedCompressions,
    pub(crate) compress: CompressFrom,
    /// How long a client may keep the server waiting.
    pub(crate) timeouts: StreamTimeouts,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            policy: Policy::default(),
            messages: MessageLimits::default(),
            accepted: AcceptedCompressions::all(),
            compress: CompressFrom::ByProtocol,
            timeouts: StreamTimeouts::default(),
        }
    }
}
