//! [`Host`]: the connections to one address.

use http::Request;
use tokio::sync::watch;

use super::attempts::{Failure, State};
use super::dialer::Dialer;
use super::http1::Http1;
use super::http2::Http2;
use crate::call::Body;
use crate::protocol::client::{Sent, Transport};
use crate::protocol::wire::HttpVersion;

/// The connections to one address of a server. Cloning is cheap, and clones share them.
///
/// A request that was not sent, or that the server has not begun with, is sent again by itself where it can be; what is left
/// of those fails with [`Unprocessed`](crate::protocol::client::Unprocessed).
#[derive(Clone)]
pub(super) struct Host(Pool);

#[derive(Clone)]
enum Pool {
    Http1(Http1),
    Http2(Http2),
}

impl Host {
    pub(super) fn new(dialer: Dialer) -> Self {
        Self(match dialer.http_version {
            HttpVersion::Http1 => Pool::Http1(Http1::new(dialer)),
            HttpVersion::Http2 => Pool::Http2(Http2::new(dialer)),
        })
    }

    /// Makes a connection if there is none, together with all others that want one. In the pause after an attempt that has
    /// failed it fails at once, for the same reason; another attempt is made at the end of the pause then.
    pub(super) async fn connect(&self) -> Result<(), Failure> {
        match &self.0 {
            Pool::Http1(pool) => pool.connect().await,
            Pool::Http2(pool) => pool.connect().await,
        }
    }

    /// What is known of the connections, as it changes.
    pub(super) fn state(&self) -> watch::Receiver<State> {
        match &self.0 {
            Pool::Http1(pool) => pool.state(),
            Pool::Http2(pool) => pool.state(),
        }
    }
}

impl Transport for Host {
    fn send(&self, request: Request<Body>) -> Sent {
        match &self.0 {
            Pool::Http1(pool) => pool.send(request),
            Pool::Http2(pool) => pool.send(request),
        }
    }
}
