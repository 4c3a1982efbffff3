//! [`Listener`]: what a server takes connections from.

use std::fmt;
use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::stream::{self, BoxStream, Stream, StreamExt as _};
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, ToSocketAddrs};

use super::error::{Problem, ServeError};
use super::socket::{Arrival, BACKLOG, PeerInfo, Socket};
#[cfg(unix)]
use super::unix::{self, SocketFile};
#[cfg(unix)]
use crate::bridge::Connected as _;

/// How long a connection is silent before the system asks whether it is still there.
const PROBE_AFTER: Duration = Duration::from_mins(1);
/// How often the system asks then.
const PROBE_INTERVAL: Duration = Duration::from_secs(15);

/// What a server takes connections from: an address of TCP or a Unix socket. A server may have several, see
/// [`Server::with_listeners`](crate::Server::with_listeners).
///
/// ```no_run
/// # #[cfg(unix)]
/// # async fn example() -> Result<(), rsvc::server::ServeError> {
/// use rsvc::server::Listener;
///
/// let listeners = [Listener::tcp("0.0.0.0:443").await?, Listener::unix("/run/shop.sock")?.without_tls()];
/// rsvc::Server::new().with_listeners(listeners)?.serve().await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is listened to unless it is given to a server"]
pub struct Listener {
    source: ListeningSocket,
    addr: ListenAddr,
    name: Option<String>,
    plain: bool,
}

enum ListeningSocket {
    Tcp(TcpListener),
    /// The file is there if it was made here.
    #[cfg(unix)]
    Unix(tokio::net::UnixListener, Option<SocketFile>),
}

/// Where a [`Listener`] listens, as in `127.0.0.1:8080` or `unix:/run/shop.sock`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListenAddr {
    /// An address of TCP.
    Tcp(SocketAddr),
    /// A Unix socket. One that is not in the file system has no path.
    #[cfg(unix)]
    Unix(Option<PathBuf>),
}

impl Listener {
    /// Binds to an address. Port 0 takes any free port; [`addr`](Self::addr) tells which.
    pub async fn tcp<A: ToSocketAddrs + fmt::Debug>(addr: A) -> Result<Self, ServeError> {
        let bound = TcpListener::bind(&addr).await;
        // tokio has asked for room for 128, and to ask again changes that.
        match bound.and_then(|listener| SockRef::from(&listener).listen(BACKLOG).map(|()| listener)) {
            Ok(listener) => Self::from_tcp(listener),
            Err(error) => Err(Problem::Bind { addr: format!("{addr:?}"), error }.into()),
        }
    }

    /// Takes a socket of TCP that is bound already.
    pub fn from_tcp(listener: TcpListener) -> Result<Self, ServeError> {
        let addr = ListenAddr::Tcp(listener.local_addr().map_err(Problem::System)?);
        Ok(Self { source: ListeningSocket::Tcp(listener), addr, name: None, plain: false })
    }

    /// Makes a Unix socket. Who may write to the file may connect; it has the permissions that the process gives new files.
    /// A file that a server has left behind which is there no more is replaced; one that somebody listens to, or that is no
    /// socket, is not. The file goes when the server stops.
    ///
    /// It must be within a runtime of tokio.
    #[cfg(unix)]
    pub fn unix(path: impl AsRef<Path>) -> Result<Self, ServeError> {
        Self::unix_file(path.as_ref(), None)
    }

    /// The same with permissions of its own, as `0o660`. Nobody can connect before the file has them.
    #[cfg(unix)]
    pub fn unix_with_mode(path: impl AsRef<Path>, mode: u32) -> Result<Self, ServeError> {
        Self::unix_file(path.as_ref(), Some(mode))
    }

    #[cfg(unix)]
    fn unix_file(path: &Path, mode: Option<u32>) -> Result<Self, ServeError> {
        let addr = ListenAddr::Unix(Some(path.to_owned()));
        match unix::bind(path, mode) {
            Ok((listener, file)) => Ok(Self {
                source: ListeningSocket::Unix(listener, Some(file)),
                addr,
                name: None,
                plain: false,
            }),
            Err(error) => Err(Problem::Bind { addr: addr.to_string(), error }.into()),
        }
    }

    /// Takes a Unix socket that is bound already. Its file, if it has one, is not removed.
    #[cfg(unix)]
    pub fn from_unix(listener: tokio::net::UnixListener) -> Result<Self, ServeError> {
        let addr = listener.local_addr().map_err(Problem::System)?;
        let addr = ListenAddr::Unix(addr.as_pathname().map(Path::to_owned));
        Ok(Self { source: ListeningSocket::Unix(listener, None), addr, name: None, plain: false })
    }

    #[cfg(all(unix, feature = "systemd"))]
    pub(super) fn named(self, name: Option<String>) -> Self {
        Self { name, ..self }
    }

    /// Serves this one without TLS where the server has it, as for a Unix socket that only its owner can connect to.
    pub fn without_tls(mut self) -> Self {
        self.plain = true;
        self
    }

    /// Where it listens.
    pub fn addr(&self) -> &ListenAddr {
        &self.addr
    }

    /// The name that systemd has given it.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The connections, without the delay that waits for more to send. The system asks those over TCP that are silent
    /// whether they are still there.
    fn accept(self) -> BoxStream<'static, io::Result<Arrival<Socket>>> {
        let plain = self.plain;
        match self.source {
            ListeningSocket::Tcp(listener) => accepted(listener, move |listener| {
                Box::pin(async move {
                    let (stream, _) = listener.accept().await?;
                    stream.set_nodelay(true)?;
                    let probes = TcpKeepalive::new().with_time(PROBE_AFTER).with_interval(PROBE_INTERVAL);
                    SockRef::from(&stream).set_tcp_keepalive(&probes)?;
                    Ok(Arrival { io: Socket::Tcp(stream), peer: PeerInfo::default(), plain })
                })
            }),
            #[cfg(unix)]
            ListeningSocket::Unix(listener, file) => accepted((listener, file), move |(listener, _)| {
                Box::pin(async move {
                    let (stream, _) = listener.accept().await?;
                    let peer = Some(stream.connect_info());
                    Ok(Arrival { io: Socket::Unix(stream), peer, plain })
                })
            }),
        }
    }
}

type Accepting<'a> = futures_util::future::BoxFuture<'a, io::Result<Arrival<Socket>>>;

fn accepted<L: Send + Sync + 'static>(
    listener: L,
    accept: impl for<'a> Fn(&'a L) -> Accepting<'a> + Send + 'static,
) -> BoxStream<'static, io::Result<Arrival<Socket>>> {
    let state = (listener, accept);
    Box::pin(stream::unfold(state, |(listener, accept)| async {
        let accepted = accept(&listener).await;
        Some((accepted, (listener, accept)))
    }))
}

/// The connections of all listeners.
pub(super) fn accept(
    listeners: Vec<Listener>,
) -> impl Stream<Item = io::Result<Arrival<Socket>>> + Send + 'static {
    stream::select_all(listeners.into_iter().map(Listener::accept)).fuse()
}

impl fmt::Display for ListenAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(addr) => addr.fmt(f),
            #[cfg(unix)]
            Self::Unix(Some(path)) => write!(f, "unix:{}", path.display()),
            #[cfg(unix)]
            Self::Unix(None) => f.write_str("unix:"),
        }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").field("addr", &self.addr).field("name", &self.name).finish_non_exhaustive()
    }
}
