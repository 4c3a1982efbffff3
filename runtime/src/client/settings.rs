//! What holds for a connection, whatever the version of HTTP.

use std::net::IpAddr;
use std::time::Duration;

use super::backoff::Backoff;
use crate::protocol::limits::{ConnectionLimits, Keepalive};

/// How long an address has to itself before the next one is tried as well
/// ([RFC 8305, section 5](https://www.rfc-editor.org/rfc/rfc8305#section-5)).
pub(super) const ATTEMPT_DELAY: Duration = Duration::from_millis(250);
/// How often a request is sent that no server has begun with.
pub(super) const TRIES: u32 = 3;

/// How connections are made and kept.
#[derive(Clone)]
pub(super) struct ConnectionSettings {
    /// The time for all of connecting.
    pub(super) connect_timeout: Duration,
    /// From which address of this machine connections are made.
    pub(super) local_address: Option<IpAddr>,
    /// How many connections of HTTP/2 calls are spread over.
    pub(super) connections: usize,
    /// How many there may be when those are full.
    pub(super) max_connections: usize,
    /// How long to wait before connecting again.
    pub(super) backoff: Backoff,
    /// Whether calls wait for a connection however often one cannot be made.
    pub(super) wait_for_ready: bool,
    pub(super) limits: ConnectionLimits,
}

impl Default for ConnectionSettings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            local_address: None,
            connections: 1,
            max_connections: 4,
            backoff: Backoff::default(),
            wait_for_ready: false,
            limits: ConnectionLimits::with_pings_every(Duration::from_mins(2)),
        }
    }
}

impl ConnectionSettings {
    /// How many connections of HTTP/2 there may be.
    pub(super) fn max_connections(&self) -> usize {
        self.max_connections.max(self.connections)
    }

    /// How long a server may take nothing of what it is sent: as long as one that is gone goes unnoticed.
    pub(super) fn stall(&self) -> Option<Duration> {
        self.limits.keepalive.map(Keepalive::longest)
    }
}
