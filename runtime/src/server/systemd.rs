//! systemd: sockets that it passes to a service, and telling it how far the service is.

use std::sync::{Mutex, PoisonError};

use sd_listen_fds::OwnedFd;
use sd_notify::NotifyState;
use socket2::{SockRef, Type};

use super::error::{Problem, ServeError};
use super::listener::Listener;

/// Whether the sockets were taken: a second owner of them would close what is not its own.
static TAKEN: Mutex<bool> = Mutex::new(false);

impl Listener {
    /// The sockets that systemd passes to this process by its units of type `.socket`, with the names
    /// ([`name`](Self::name)) that `FileDescriptorName=` gives them. There are none if it passes none, and when they are
    /// taken a second time.
    ///
    /// It must be within a runtime of tokio.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use rsvc::server::Listener;
    ///
    /// let mut listeners = Listener::systemd()?;
    /// if listeners.is_empty() {
    ///     listeners.push(Listener::tcp("127.0.0.1:8080").await?);
    /// }
    /// rsvc::Server::new().with_listeners(listeners)?.serve().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If one of them is not a listening socket of TCP or Unix.
    pub fn systemd() -> Result<Vec<Self>, ServeError> {
        let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::replace(&mut *taken, true) {
            return Ok(Vec::new());
        }
        let passed = sd_listen_fds::get().map_err(std::io::Error::other).map_err(Problem::System)?;
        passed.into_iter().map(|(name, socket)| Ok(listener(socket)?.named(name))).collect()
    }
}

fn listener(socket: OwnedFd) -> Result<Listener, ServeError> {
    let socket = socket.into_std();
    let of = SockRef::from(&socket);
    let prepare = || {
        of.set_cloexec(true)?;
        of.set_nonblocking(true)?;
        if of.r#type()? != Type::STREAM {
            return Err(std::io::Error::other("a socket of systemd's takes no connections"));
        }
        Ok(of.local_addr()?.is_unix())
    };
    let is_unix = prepare().map_err(Problem::System)?;
    if is_unix {
        let listener = tokio::net::UnixListener::from_std(socket.into()).map_err(Problem::System)?;
        Listener::from_unix(listener)
    } else {
        let listener = tokio::net::TcpListener::from_std(socket.into()).map_err(Problem::System)?;
        Listener::from_tcp(listener)
    }
}

/// Says that connections are accepted.
pub(super) fn ready() {
    notify(NotifyState::Ready);
}

/// Says that the server is about to stop.
pub(super) fn stopping() {
    notify(NotifyState::Stopping);
}

/// Says nothing if nobody wants to know.
fn notify(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "systemd cannot be told how far the server is");
    }
}
