//! What holds for a connection, whatever the version of HTTP.

use std::time::Duration;

use crate::protocol::limits::{ConnectionLimits, Keepalive};

/// How connections are made and kept.
#[derive(Clone)]
pub(super) struct ConnectionSettings {
    /// The time for all of connecting.
    pub(super) connect_timeout: Duration,
    pub(super) limits: ConnectionLimits,
}

impl Default for ConnectionSettings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            limits: ConnectionLimits::with_pings_every(Duration::from_mins(2)),
        }
    }
}

impl ConnectionSettings {
    /// How long a server may take nothing of what it is sent: as long as one that is gone goes unnoticed.
    pub(super) fn stall(&self) -> Option<Duration> {
        self.limits.keepalive.map(Keepalive::longest)
    }
}
