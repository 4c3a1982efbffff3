//! The peer of a connection, as the transport tells it.

use std::any::Any;
use std::net::SocketAddr;
#[cfg(any(feature = "_tls", feature = "server"))]
use std::sync::Arc;

#[cfg(feature = "server")]
use futures_util::future::BoxFuture;
#[cfg(feature = "server")]
use tokio::sync::Semaphore;

/// What is known of the other end of a connection. All calls of the connection share it.
pub(crate) struct Peer {
    pub(crate) addr: Option<SocketAddr>,
    /// The certificates that it has shown, its own first.
    #[cfg(feature = "_tls")]
    pub(crate) certificates: Option<Arc<Vec<tokio_rustls::rustls::pki_types::CertificateDer<'static>>>>,
    /// What the transport says in its own words.
    pub(crate) info: Box<dyn Any + Send + Sync>,
    /// What is known besides if it is at the other end of a Unix socket.
    #[cfg(unix)]
    pub(crate) unix: Option<Box<dyn Any + Send + Sync>>,
    /// What its calls share; `None` where there is one at a time.
    #[cfg(feature = "server")]
    pub(crate) lane: Option<Lane>,
}

/// What the calls of a connection share that has several at once.
#[cfg(feature = "server")]
pub(crate) struct Lane {
    pub(crate) outbox: Arc<dyn Outbox>,
    /// A turn for each unary call that may run; `None` where all may.
    pub(crate) turns: Option<Semaphore>,
}

/// The responses of a connection that its client has not taken.
#[cfg(feature = "server")]
pub(crate) trait Outbox: Send + Sync {
    /// Whether there is room for so many bytes more.
    fn has_room(&self, bytes: usize) -> bool;

    /// Counts so many bytes more.
    fn hold(&self, bytes: usize);

    /// Counts so many bytes less.
    fn release(&self, bytes: usize);

    /// Whether there are so many that nothing more should begin.
    fn is_much(&self) -> bool;

    /// Waits until there are not; whether there are less before it is known that the client takes nothing.
    fn becomes_less(&self) -> BoxFuture<'_, bool>;
}

impl Peer {
    /// What the transport says, if it is of this type.
    pub(crate) fn info<T: 'static>(&self) -> Option<&T> {
        let info = (*self.info).downcast_ref();
        #[cfg(unix)]
        let info = info.or_else(|| self.unix_info());
        info
    }

    /// What is known of the other end of a Unix socket, if it is of this type.
    #[cfg(unix)]
    pub(crate) fn unix_info<T: 'static>(&self) -> Option<&T> {
        (**self.unix.as_ref()?).downcast_ref()
    }
}

/// Whether the host of a URL or of a request is this machine itself: `localhost` or a loopback address.
#[cfg(any(feature = "admin", feature = "jwks"))]
pub(crate) fn is_this_machine(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost")
        || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
