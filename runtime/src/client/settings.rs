//! What holds for a connection, whatever the version of HTTP.

use std::time::Duration;

/// How connections are made and kept.
#[derive(Clone)]
pub(super) struct ConnectionSettings {
    /// The time for all of connecting.
    pub(super) connect_timeout: Duration,
    /// How often to ask whether the server is there, and how long it may take to answer.
    pub(super) keepalive: Option<(Duration, Duration)>,
    /// The most that the headers of a response may have, in bytes as HTTP/2 counts them.
    pub(super) max_header_list_size: u32,
}

impl Default for ConnectionSettings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            keepalive: Some((Duration::from_mins(2), Duration::from_secs(20))),
            max_header_list_size: 16 << 10,
        }
    }
}

impl ConnectionSettings {
    /// How long a server may take nothing of what it is sent: as long as one that is gone goes unnoticed.
    pub(super) fn stall(&self) -> Option<Duration> {
        self.keepalive.map(|(interval, timeout)| interval.saturating_add(timeout))
    }
}
