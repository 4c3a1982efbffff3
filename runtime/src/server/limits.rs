//! How much a connection may do, and how long a server takes to stop.

use std::time::Duration;

/// What a connection may do.
pub(super) struct Limits {
    pub(super) connections: usize,
    pub(super) streams: u32,
    pub(super) header_list: u32,
    pub(super) keepalive: Option<(Duration, Duration)>,
    pub(super) handshake: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: usize::MAX,
            streams: 1024,
            header_list: 16 * 1024,
            keepalive: Some((Duration::from_mins(1), Duration::from_secs(20))),
            handshake: Duration::from_secs(20),
        }
    }
}

/// How a server stops.
pub(super) struct Drain {
    pub(super) delay: Duration,
    pub(super) timeout: Duration,
}

impl Default for Drain {
    fn default() -> Self {
        Self { delay: Duration::ZERO, timeout: Duration::from_secs(30) }
    }
}
