//! Endpoints that a name stands for.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::call::BoxError;

/// Finds the addresses that a name stands for.
pub trait Resolve: Send + Sync + 'static {
    /// The addresses of `host`, each with `port`, unless they have ports of their own.
    fn resolve(&self, host: &str, port: u16) -> BoxFuture<'static, Result<Vec<SocketAddr>, BoxError>>;
}

/// How often a name is asked for, and who is.
///
/// Nobody says how long an answer holds, since the operating system's resolver, which is asked, does not tell. The name is asked
/// again on a timer, and when a connection is lost or cannot be made.
///
/// ```no_run
/// # fn example() -> Result<(), rsvc::ConnectError> {
/// use std::time::Duration;
/// use rsvc::client::Dns;
///
/// let channel = rsvc::Channel::builder("http://shop.internal:8080")
///     .dns(Dns::new().refresh(Duration::from_secs(10)))
///     .connect_lazy()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct Dns {
    pub(super) refresh: Duration,
    pub(super) min_refresh: Duration,
    pub(super) resolver: Arc<dyn Resolve>,
}

impl Dns {
    /// Asks the operating system, every 30 seconds.
    pub fn new() -> Self {
        Self {
            refresh: Duration::from_secs(30),
            min_refresh: Duration::from_secs(5),
            resolver: Arc::new(System),
        }
    }

    /// How often the name is asked for while nothing fails. Default: every 30 seconds.
    pub fn refresh(mut self, interval: Duration) -> Self {
        self.refresh = interval;
        self
    }

    /// How long it is not asked for again, whatever fails. Default: 5 seconds.
    pub fn min_refresh(mut self, interval: Duration) -> Self {
        self.min_refresh = interval;
        self
    }

    /// Asks somebody else.
    pub fn resolver(mut self, resolver: impl Resolve) -> Self {
        self.resolver = Arc::new(resolver);
        self
    }
}

impl Default for Dns {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Dns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dns")
            .field("refresh", &self.refresh)
            .field("min_refresh", &self.min_refresh)
            .finish_non_exhaustive()
    }
}

/// The resolver of the operating system.
struct System;

impl Resolve for System {
    fn resolve(&self, host: &str, port: u16) -> BoxFuture<'static, Result<Vec<SocketAddr>, BoxError>> {
        // An address of IPv6 stands in brackets in a URI, and nowhere else.
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Box::pin(async move {
            let mut addresses = Vec::new();
            for address in tokio::net::lookup_host((host, port)).await? {
                if !addresses.contains(&address) {
                    addresses.push(address);
                }
            }
            Ok(addresses)
        })
    }
}
