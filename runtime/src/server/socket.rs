//! A connection as a listener has accepted it.

use std::io;
use std::pin::Pin;
use std::task::{Context as Task, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;

use crate::bridge::{Connected, TcpConnectInfo};

/// How many connections may wait to be accepted. One more would wait a second, until its client asks again. The system
/// may have a lower limit, as `net.core.somaxconn` of Linux.
pub(super) const BACKLOG: i32 = 1024;

/// A connection on its way from a listener to what serves it.
pub(super) struct Arrival<I> {
    pub(super) io: I,
    /// What is known of the peer beside what the transport says.
    pub(super) peer: PeerInfo,
    /// Whether it is served without TLS, whatever the server says.
    #[cfg_attr(not(feature = "_tls"), allow(dead_code, reason = "without TLS all are plain"))]
    pub(super) plain: bool,
}

/// What is known of the other end of a Unix socket; nothing of others.
#[cfg(unix)]
pub(super) type PeerInfo = Option<crate::bridge::UdsConnectInfo>;
#[cfg(not(unix))]
pub(super) type PeerInfo = ();

impl<I> Arrival<I> {
    /// A connection of which only the transport knows something.
    pub(super) fn new(io: I) -> Self {
        Self { io, peer: PeerInfo::default(), plain: false }
    }
}

/// Connections of all kinds of listeners are served by the same code, which is large.
pub(super) enum Socket {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
}

impl Connected for Socket {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        match self {
            Self::Tcp(stream) => stream.connect_info(),
            #[cfg(unix)]
            Self::Unix(_) => TcpConnectInfo { local_addr: None, remote_addr: None },
        }
    }
}

/// Does the same with either.
macro_rules! either {
    ($socket:expr, $stream:ident => $does:expr) => {
        match $socket {
            Socket::Tcp($stream) => $does,
            #[cfg(unix)]
            Socket::Unix($stream) => $does,
        }
    };
}

impl AsyncRead for Socket {
    #[inline]
    fn poll_read(self: Pin<&mut Self>, task: &mut Task<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        either!(self.get_mut(), stream => Pin::new(stream).poll_read(task, into))
    }
}

impl AsyncWrite for Socket {
    #[inline]
    fn poll_write(self: Pin<&mut Self>, task: &mut Task<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        either!(self.get_mut(), stream => Pin::new(stream).poll_write(task, data))
    }

    #[inline]
    fn poll_flush(self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<io::Result<()>> {
        either!(self.get_mut(), stream => Pin::new(stream).poll_flush(task))
    }

    fn poll_shutdown(self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<io::Result<()>> {
        either!(self.get_mut(), stream => Pin::new(stream).poll_shutdown(task))
    }

    #[inline]
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        task: &mut Task<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        either!(self.get_mut(), stream => Pin::new(stream).poll_write_vectored(task, parts))
    }

    #[inline]
    fn is_write_vectored(&self) -> bool {
        either!(self, stream => stream.is_write_vectored())
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::io::IoSlice;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::time::{Duration, timeout};

    use super::*;

    /// Longer than it takes.
    const LONG: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn sockets_of_both_kinds_are_connections() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let tcp = TcpStream::connect(address).await.unwrap();
        let (accepted, peer) = listener.accept().await.unwrap();
        let (unix, other) = UnixStream::pair().unwrap();
        for (mut socket, mut theirs, known) in [
            (Socket::Tcp(accepted), Socket::Tcp(tcp), Some((address, peer))),
            (Socket::Unix(unix), Socket::Unix(other), None),
        ] {
            let info = socket.connect_info();
            assert_eq!(info.local_addr.zip(info.remote_addr), known);
            assert!(socket.is_write_vectored());
            assert_eq!(socket.write(b"ab").await.unwrap(), 2);
            assert_eq!(socket.write_vectored(&[IoSlice::new(b"c"), IoSlice::new(b"d")]).await.unwrap(), 2);
            socket.flush().await.unwrap();
            theirs.write_all(b"ef").await.unwrap();
            let mut read = [0; 2];
            socket.read_exact(&mut read).await.unwrap();
            assert_eq!(&read, b"ef");
            socket.shutdown().await.unwrap();
            let mut all = Vec::new();
            let end = timeout(LONG, theirs.read_to_end(&mut all)).await;
            end.expect("the end, though it is still there").unwrap();
            assert_eq!(all, b"abcd");
        }
    }
}
