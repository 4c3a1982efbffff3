//! What a server says about calls over gRPC, gRPC-Web and Connect.

use super::compression::Compression;
use crate::call::dispatch::Policy;

/// Settings of a server for all calls of these protocols.
#[derive(Clone)]
pub(crate) struct ServerSettings {
    pub(crate) policy: Policy,
    /// The largest request message, in bytes, after decompression.
    pub(crate) max_request_size: usize,
    /// The largest response message, in bytes, before compression.
    pub(crate) max_response_size: usize,
    /// How requests may be compressed.
    pub(crate) accept_compression: Vec<Compression>,
    /// The size from which response messages are compressed; `None` leaves it to the protocol.
    pub(crate) compress_from: Option<Option<usize>>,
}

impl Default for ServerSettings {
    fn default() -> Self {
        let policy = Policy { check_responses: cfg!(debug_assertions), ..Policy::default() };
        Self {
            policy,
            max_request_size: 4 << 20,
            max_response_size: usize::MAX,
            accept_compression: Compression::SUPPORTED.to_vec(),
            compress_from: None,
        }
    }
}
