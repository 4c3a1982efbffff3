//! Connections without TLS: TCP, a Unix socket, or what a connector of the user's gives.

use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::path::Path;
use std::pin::Pin;
#[cfg(unix)]
use std::sync::Arc;
use std::task::{Context as Task, Poll};

use futures_util::future::BoxFuture;
use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tower_service::Service;

use super::own::{OwnConnector, OwnStream};
use super::proxy::Proxy;
use crate::call::BoxError;

/// By what way connections are made. It is one type, so that the code of channels is there once.
#[derive(Clone)]
pub(super) enum PlainConnector {
    /// To the address, or to those of the name in the URI.
    Tcp(HttpConnector, Option<SocketAddr>),
    /// The same through a proxy.
    Proxied(HttpConnector, Proxy, Option<SocketAddr>),
    #[cfg(unix)]
    Unix(Arc<Path>),
    Own(OwnConnector),
}

impl Service<Uri> for PlainConnector {
    type Response = PlainStream;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<PlainStream, BoxError>>;

    fn poll_ready(&mut self, task: &mut Task<'_>) -> Poll<Result<(), BoxError>> {
        match self {
            Self::Tcp(connector, _) | Self::Proxied(connector, ..) => {
                connector.poll_ready(task).map_err(Into::into)
            }
            #[cfg(unix)]
            Self::Unix(_) => Poll::Ready(Ok(())),
            // It is asked as it is called.
            Self::Own(_) => Poll::Ready(Ok(())),
        }
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        match self {
            Self::Tcp(connector, address) => {
                let connected = connector.call(match address {
                    None => uri,
                    Some(address) => match format!("http://{address}/").parse() {
                        Ok(uri) => uri,
                        // One of IPv6 with a zone.
                        Err(error) => return Box::pin(std::future::ready(Err(BoxError::from(error)))),
                    },
                });
                Box::pin(async move { Ok(PlainStream::Tcp(connected.await?)) })
            }
            Self::Proxied(connector, proxy, address) => {
                let connected = proxy.clone().connect(connector.clone(), uri, *address);
                Box::pin(async move { Ok(PlainStream::Tcp(connected.await?)) })
            }
            Self::Own(connector) => {
                let connected = connector.connect(uri);
                Box::pin(async move { Ok(PlainStream::Own(TokioIo::new(connected.await?))) })
            }
            #[cfg(unix)]
            Self::Unix(path) => {
                let path = Arc::clone(path);
                Box::pin(async move { Ok(PlainStream::Unix(TokioIo::new(UnixStream::connect(path).await?))) })
            }
        }
    }
}

/// A connection.
pub(super) enum PlainStream {
    Tcp(TokioIo<TcpStream>),
    #[cfg(unix)]
    Unix(TokioIo<UnixStream>),
    Own(TokioIo<Box<dyn OwnStream>>),
}

impl Connection for PlainStream {
    fn connected(&self) -> Connected {
        match self {
            Self::Tcp(stream) => stream.connected(),
            #[cfg(unix)]
            Self::Unix(_) => Connected::new(),
            Self::Own(_) => Connected::new(),
        }
    }
}

/// Does the same with any.
macro_rules! any {
    ($io:expr, $stream:ident => $does:expr) => {
        match $io {
            PlainStream::Tcp($stream) => $does,
            #[cfg(unix)]
            PlainStream::Unix($stream) => $does,
            PlainStream::Own($stream) => $does,
        }
    };
}

impl Read for PlainStream {
    #[inline]
    fn poll_read(self: Pin<&mut Self>, task: &mut Task<'_>, into: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        any!(self.get_mut(), stream => Pin::new(stream).poll_read(task, into))
    }
}

impl Write for PlainStream {
    #[inline]
    fn poll_write(self: Pin<&mut Self>, task: &mut Task<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        any!(self.get_mut(), stream => Pin::new(stream).poll_write(task, data))
    }

    #[inline]
    fn poll_flush(self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<io::Result<()>> {
        any!(self.get_mut(), stream => Pin::new(stream).poll_flush(task))
    }

    fn poll_shutdown(self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<io::Result<()>> {
        any!(self.get_mut(), stream => Pin::new(stream).poll_shutdown(task))
    }

    #[inline]
    fn is_write_vectored(&self) -> bool {
        any!(self, stream => stream.is_write_vectored())
    }

    #[inline]
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        task: &mut Task<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        any!(self.get_mut(), stream => Pin::new(stream).poll_write_vectored(task, parts))
    }
}

#[cfg(test)]
mod tests {
    use std::io::IoSlice;

    use futures_util::FutureExt as _;
    use tokio::io::{AsyncReadExt as _, AsyncWrite as _, AsyncWriteExt as _, BufWriter};
    use tokio::time::{Duration, timeout};

    use super::*;

    /// Longer than it takes.
    const LONG: Duration = Duration::from_secs(20);

    /// What is written is kept until it is flushed, and the other side sees the end.
    #[tokio::test]
    async fn all_that_is_done_with_a_connection_is_done_with_its_stream() {
        let (ours, mut theirs) = tokio::io::duplex(64);
        let own: Box<dyn OwnStream> = Box::new(BufWriter::new(ours));
        let mut stream = TokioIo::new(PlainStream::Own(TokioIo::new(own)));
        assert!(stream.is_write_vectored());
        assert_eq!(stream.write(b"ab").await.unwrap(), 2);
        assert_eq!(stream.write_vectored(&[IoSlice::new(b"c"), IoSlice::new(b"de")]).await.unwrap(), 3);
        stream.flush().await.unwrap();
        let mut read = [0; 5];
        theirs.read_exact(&mut read).await.unwrap();
        assert_eq!(&read, b"abcde");
        theirs.write_all(b"fg").await.unwrap();
        stream.read_exact(&mut read[..2]).await.unwrap();
        assert_eq!(&read[..2], b"fg");
        stream.shutdown().await.unwrap();
        assert_eq!(theirs.read(&mut read).now_or_never().expect("the end").unwrap(), 0);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn sockets_of_both_kinds_are_streams() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let tcp = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (unix, other) = UnixStream::pair().unwrap();
        let accepted = listener.accept().await.unwrap().0;
        let connected = [
            (PlainStream::Tcp(TokioIo::new(tcp)), Box::new(accepted) as Box<dyn OwnStream>),
            (PlainStream::Unix(TokioIo::new(unix)), Box::new(other)),
        ];
        for (stream, mut theirs) in connected {
            let mut stream = TokioIo::new(stream);
            assert!(stream.is_write_vectored());
            stream.write_all(b"ab").await.unwrap();
            theirs.write_all(b"cd").await.unwrap();
            let mut read = [0; 2];
            stream.read_exact(&mut read).await.unwrap();
            assert_eq!(&read, b"cd");
            stream.shutdown().await.unwrap();
            let mut all = Vec::new();
            let end = timeout(LONG, theirs.read_to_end(&mut all)).await;
            end.expect("the end, though it is still there").unwrap();
            assert_eq!(all, b"ab");
        }
    }
}
