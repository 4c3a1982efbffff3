//! What a server says about calls over gRPC, gRPC-Web and Connect.

use super::compression::Compression;
use super::paced::Waiting;
use crate::call::dispatch::Policy;
use crate::message;

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
    /// The largest request message, in bytes, after decompression.
    pub(crate) max_request_size: usize,
    /// The memory that a request message may take, in bytes, unless that is less than 32 times its size.
    pub(crate) max_message_memory: usize,
    /// The largest response message, in bytes, before compression.
    pub(crate) max_response_size: usize,
    /// How requests may be compressed.
    pub(crate) accept_compression: Vec<Compression>,
    pub(crate) compress: CompressFrom,
    /// How long a client may keep the server waiting.
    pub(crate) waiting: Waiting,
}

impl Default for ServerSettings {
    fn default() -> Self {
        let policy = Policy { check_responses: cfg!(debug_assertions), ..Policy::default() };
        Self {
            policy,
            max_request_size: 4 << 20,
            max_message_memory: message::DEFAULT_MEMORY,
            max_response_size: usize::MAX,
            accept_compression: Compression::SUPPORTED.to_vec(),
            compress: CompressFrom::ByProtocol,
            waiting: Waiting::default(),
        }
    }
}
