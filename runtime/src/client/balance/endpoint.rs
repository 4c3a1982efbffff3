//! One of several addresses of a server, and what is known of it.

use std::net::SocketAddr;

/// One of several addresses of a server ([`Builder::endpoints`](crate::client::Builder::endpoints)).
///
/// ```
/// use rsvc::client::Endpoint;
///
/// let strong = Endpoint::new("10.0.0.1:8080").weight(4);
/// let elsewhere = Endpoint::new("10.1.0.1:8080").priority(1);
/// let by_socket = Endpoint::new("unix:/run/shop.sock");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Endpoint {
    pub(super) address: String,
    pub(super) authority: Option<String>,
    pub(super) weight: u32,
    pub(super) priority: u32,
}

impl Endpoint {
    /// An address: `host:port`, or the path of a Unix socket as in `unix:/run/shop.sock`.
    pub fn new(address: impl Into<String>) -> Self {
        Self { address: address.into(), authority: None, weight: 1, priority: 0 }
    }

    /// How many calls it gets in proportion to the others. Default: 1. Zero is as good as one.
    pub fn weight(mut self, weight: u32) -> Self {
        self.weight = weight.max(1);
        self
    }

    /// When it is used: those of the smallest number are, and those of the next one while none of these can be. Default: 0.
    ///
    /// It may be a number for each zone, with one's own first.
    pub fn priority(mut self, priority: u32) -> Self {
        self.priority = priority;
        self
    }

    /// The name of the server, `host` or `host:port`, which requests bear and its certificate is for. Default: that of the
    /// channel.
    pub fn authority(mut self, authority: impl Into<String>) -> Self {
        self.authority = Some(authority.into());
        self
    }

    /// Whether the connections to one are those to the other.
    pub(super) fn is_same_server(&self, other: &Self) -> bool {
        self.address == other.address && self.authority == other.authority
    }
}

impl From<SocketAddr> for Endpoint {
    fn from(address: SocketAddr) -> Self {
        Self::new(address.to_string())
    }
}

impl From<String> for Endpoint {
    fn from(address: String) -> Self {
        Self::new(address)
    }
}

impl From<&str> for Endpoint {
    fn from(address: &str) -> Self {
        Self::new(address)
    }
}

/// What a channel knows of an endpoint ([`Channel::endpoints`](crate::Channel::endpoints)).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EndpointStatus {
    /// Its address.
    pub address: String,
    /// Whether there is a connection.
    pub state: EndpointState,
    /// How many calls are under way: from when they are sent to the end of the response.
    pub in_flight: usize,
    /// How many calls it gets in proportion to the others.
    pub weight: u32,
    /// Of which priority it is.
    pub priority: u32,
    /// Whether it is out for some time, since its calls have failed.
    pub ejected: bool,
    /// What its health check says; `None` if nobody asks, or it has not answered.
    pub healthy: Option<bool>,
}

/// Whether there is a connection to an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndpointState {
    /// There is none, and none is needed so far.
    Idle,
    /// It is being made.
    Connecting,
    /// There is one.
    Ready,
    /// It was lost, or could not be made. It is tried again.
    Failed,
}
