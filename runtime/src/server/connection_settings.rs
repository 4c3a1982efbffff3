//! What a server says about connections, and how it stops.

use std::time::Duration;

use super::Server;
use crate::protocol::limits::{ConnectionLimits, Keepalive};

/// How many connections there may be, and what each may do.
#[derive(Clone)]
pub(super) struct ConnectionSettings {
    pub(super) count: usize,
    /// Those of one address; `None` for half of all.
    pub(super) count_per_address: Option<usize>,
    pub(super) streams: u32,
    /// How many unary calls of a connection may run; `None` for all.
    pub(super) turns: Option<usize>,
    pub(super) limits: ConnectionLimits,
    pub(super) handshake: Duration,
    /// How long a client may leave a response unread.
    pub(super) send_timeout: Option<Duration>,
    /// How much responses may hold that were not sent, in bytes.
    pub(super) unsent: usize,
    /// How old a connection may become.
    pub(super) age: Option<Duration>,
    /// How long one of HTTP/2 may be without a call.
    pub(super) idle: Option<Duration>,
}

impl ConnectionSettings {
    pub(super) fn per_address(&self) -> usize {
        self.count_per_address.unwrap_or_else(|| self.count.div_ceil(2))
    }
}

impl Default for ConnectionSettings {
    fn default() -> Self {
        Self {
            count: 10_000,
            count_per_address: None,
            streams: 200,
            turns: None,
            limits: ConnectionLimits::with_pings_every(Duration::from_mins(1)),
            handshake: Duration::from_secs(20),
            send_timeout: Some(Duration::from_mins(1)),
            unsent: 32 << 20,
            age: Some(Duration::from_hours(1)),
            idle: Some(Duration::from_mins(5)),
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

/// Settings of connections: how many there may be, what each may do, and how they end.
impl<L> Server<L> {
    /// How many connections may be open; more have to wait. Default: 10,000.
    pub fn max_connections(mut self, count: usize) -> Self {
        self.connections.count = count.max(1);
        self
    }

    /// How many connections may be open from one address; more are closed at once. An IPv6 address stands for all that
    /// begin with the same 64 bits. Behind a proxy all connections come from one address. Default: half of
    /// [`max_connections`](Self::max_connections).
    pub fn max_connections_per_address(mut self, count: usize) -> Self {
        self.connections.count_per_address = Some(count.max(1));
        self
    }

    /// How old a connection may become, a tenth more or less, so that those that began together do not end together. It
    /// then takes no more calls (HTTP/2: GOAWAY), and those that are under way may finish. Load balancers move clients
    /// by it. Default: an hour. `None` has no limit.
    pub fn max_connection_age(mut self, age: Option<Duration>) -> Self {
        self.connections.age = age;
        self
    }

    /// How long a connection of HTTP/2 may be without a call; it ends within twice that, with GOAWAY, and clients connect
    /// again when they need to. One of HTTP/1.1 has the time for its next request, see
    /// [`handshake_timeout`](Self::handshake_timeout). Default: 5 minutes. `None` has no limit.
    pub fn max_connection_idle(mut self, idle: Option<Duration>) -> Self {
        self.connections.idle = idle;
        self
    }

    /// How long a client may leave a response unread: over HTTP/1.1 16 KiB of it, over HTTP/2 64 KiB. Its call ends then,
    /// over HTTP/1.1 its connection. The deadline of a call ends it earlier. Default: a minute. `None` has no limit.
    pub fn send_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.connections.send_timeout = timeout;
        self
    }

    /// How much the responses of one connection of HTTP/2 may hold that its client has not taken, in bytes. A response
    /// beyond that is dropped and its call ends with `RESOURCE_EXHAUSTED` (`ENHANCE_YOUR_CALM`), unless it is alone. From
    /// 16 MiB on new calls and messages of streams wait. What a layer has put a body of its own around is counted only from
    /// when it is sent. Default: 32 MiB.
    pub fn max_unsent_size(mut self, bytes: usize) -> Self {
        self.connections.unsent = bytes;
        self
    }

    /// How many calls a connection may have under way. Default: 200.
    pub fn max_concurrent_streams(mut self, count: u32) -> Self {
        self.connections.streams = count;
        self
    }

    /// How many unary calls of one connection may have their handlers running; its others wait for their turn, in the order
    /// in which they came. What all callers queue for, as a pool of connections to a database, one of them cannot fill
    /// then: set about as many as that pool has. Behind a proxy one connection may be that of many callers. Calls with
    /// streams are not counted. Default: as many as [`max_concurrent_streams`](Self::max_concurrent_streams).
    pub fn max_running_calls_per_connection(mut self, count: usize) -> Self {
        self.connections.turns = Some(count.max(1));
        self
    }

    /// How many bytes of headers a request may have, each with 32 bytes more than its name and value. REST has a limit of
    /// its own. Default: 16 KiB.
    pub fn max_header_list_size(mut self, bytes: u32) -> Self {
        self.connections.limits.max_header_list_size = bytes;
        self
    }

    /// How many bytes of a request may come before they are taken, over HTTP/2: more is faster over long
    /// distances and takes more memory. Between 1 KiB and 2 GiB. Default: 1 MiB.
    pub fn initial_stream_window_size(mut self, bytes: u32) -> Self {
        self.connections.limits.flow.set_stream_window(bytes);
        self
    }

    /// The same of all requests of a connection together. At least 64 KiB. Default: 1 MiB.
    pub fn initial_connection_window_size(mut self, bytes: u32) -> Self {
        self.connections.limits.flow.set_connection_window(bytes);
        self
    }

    /// Measures how far away the other end is, and lets both windows grow by that, from 64 KiB up to 16 MiB. They are then
    /// not those that were set. Default: no.
    pub fn adaptive_window(mut self, yes: bool) -> Self {
        self.connections.limits.flow.set_adaptive(yes);
        self
    }

    /// The largest frame of HTTP/2 that is taken, in bytes. Between 16 KiB and 16 MiB. Default: 16 KiB.
    pub fn max_frame_size(mut self, bytes: u32) -> Self {
        self.connections.limits.flow.set_max_frame_size(bytes);
        self
    }

    /// How often an HTTP/2 ping asks whether a client is still there, and how long it may take to answer. Default:
    /// every minute, 20 seconds. `None` never asks.
    pub fn keepalive(mut self, interval_and_timeout: Option<(Duration, Duration)>) -> Self {
        self.connections.limits.keepalive = interval_and_timeout.map(Keepalive::of);
        self
    }

    /// How long a new connection may stay silent. One of HTTP/1.1 has as long for the head of each of its requests, or at
    /// most a quarter longer. Default: 20 seconds.
    pub fn handshake_timeout(mut self, timeout: Duration) -> Self {
        self.connections.handshake = timeout;
        self
    }

    /// How long to go on as before once the server is told to stop and its health says so, for load balancers to
    /// notice. Default: not at all.
    pub fn drain_delay(mut self, delay: Duration) -> Self {
        self.drain.delay = delay;
        self
    }

    /// How long calls that are under way may take once the server stops. Default: 30 seconds.
    pub fn drain_timeout(mut self, timeout: Duration) -> Self {
        self.drain.timeout = timeout;
        self
    }

    /// Serves TLS only. Default: no TLS.
    #[cfg(feature = "_tls")]
    pub fn tls(mut self, tls: crate::tls::ServerTls) -> Self {
        self.tls = Some(tls);
        self
    }
}
