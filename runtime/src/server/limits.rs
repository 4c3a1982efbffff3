//! How much a connection may do, and how long a server takes to stop.

use std::time::Duration;

/// How many connections there may be, and what each may do.
#[derive(Clone)]
pub(super) struct Limits {
    pub(super) connections: usize,
    /// Those of one address; `None` for half of all.
    pub(super) connections_per_address: Option<usize>,
    pub(super) streams: u32,
    pub(super) header_list: u32,
    pub(super) keepalive: Option<(Duration, Duration)>,
    pub(super) handshake: Duration,
    /// How long a client may leave a response unread.
    pub(super) send_timeout: Option<Duration>,
    /// How much responses may hold that were not sent, in bytes.
    pub(super) unsent: usize,
    /// How old a connection may become.
    pub(super) age: Option<Duration>,
}

impl Limits {
    pub(super) fn per_address(&self) -> usize {
        self.connections_per_address.unwrap_or_else(|| self.connections.div_ceil(2))
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            connections_per_address: None,
            streams: 200,
            header_list: 16 * 1024,
            keepalive: Some((Duration::from_mins(1), Duration::from_secs(20))),
            handshake: Duration::from_secs(20),
            send_timeout: Some(Duration::from_mins(1)),
            unsent: 32 << 20,
            age: Some(Duration::from_hours(1)),
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
