//! The peer of a connection, as the transport tells it.

use std::any::Any;
use std::net::SocketAddr;
#[cfg(feature = "_tls")]
use std::sync::Arc;

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
