//! Connections: accepting them, serving HTTP on each, and letting them finish.

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context as Task, Poll};
use std::time::Duration;

use futures_util::stream::{Stream, StreamExt};
use http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Sleep, sleep};
use tonic::body::Body;

use super::session::{Way, sessions};
use super::target::Targets;
use super::{Connected, Health, HttpService};
use crate::lifetime::Lifetime;

/// How long accepting pauses when the system refuses it, as when there are no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What a connection may do.
pub(super) struct Limits {
    pub(super) connections: usize,
    pub(super) streams: u32,
    pub(super) header_list: u32,
    pub(super) keepalive: Option<(Duration, Duration)>,
    pub(super) handshake: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: usize::MAX,
            streams: 1024,
            header_list: 16 * 1024,
            keepalive: Some((Duration::from_mins(1), Duration::from_secs(20))),
            handshake: Duration::from_secs(20),
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

/// Everything about serving except what is served.
pub(super) struct Serving {
    pub(super) limits: Limits,
    pub(super) drain: Drain,
    pub(super) health: Option<Health>,
    /// Ends when the server is told to stop.
    pub(super) stopping: Arc<Lifetime>,
    #[cfg(feature = "tls")]
    pub(super) tls: Option<tokio_rustls::TlsAcceptor>,
}

/// The connections of a listener, without the delay that waits for more to send.
pub(super) fn tcp(listener: TcpListener) -> impl Stream<Item = io::Result<TcpStream>> {
    futures_util::stream::unfold(listener, |listener| async {
        let accepted = listener.accept().await.and_then(|(stream, _)| {
            stream.set_nodelay(true)?;
            Ok(stream)
        });
        Some((accepted, listener))
    })
}

impl Serving {
    /// Serves until `stop` resolves or all connections there ever were are closed, then lets calls finish, until `hurry` resolves or their time is up.
    pub(super) async fn run<I, E>(
        self,
        service: impl HttpService,
        incoming: impl Stream<Item = Result<I, E>>,
        stop: impl Future<Output = ()>,
        hurry: impl Future<Output = ()>,
    ) where
        I: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
        E: fmt::Display,
    {
        let http = self.http();
        let graceful = GracefulShutdown::new();
        let mut connections = JoinSet::new();
        let mut stop = pin!(self.stop(stop));
        {
            let mut incoming = pin!(incoming);
            let mut more = true;
            while more || !connections.is_empty() {
                tokio::select! {
                    biased;
                    () = &mut stop => break,
                    Some(ended) = connections.join_next() => report(&ended),
                    accepted = incoming.next(), if more && connections.len() < self.limits.connections => match accepted {
                        Some(Ok(io)) => {
                            connections.spawn(self.connection(io, &http, service.clone(), graceful.watcher()));
                        }
                        Some(Err(error)) => {
                            tracing::warn!(%error, "cannot accept a connection");
                            sleep(ACCEPT_PAUSE).await;
                        }
                        None => more = false,
                    },
                }
            }
        }
        // Sessions go on when their connections are done with HTTP.
        let done = async {
            graceful.shutdown().await;
            while let Some(ended) = connections.join_next().await {
                report(&ended);
            }
        };
        let finished = tokio::select! {
            () = done => true,
            () = sleep(self.drain.timeout) => false,
            () = hurry => false,
        };
        if !finished {
            tracing::warn!(connections = connections.len(), "calls did not finish in time and are ended");
            connections.shutdown().await;
        }
    }

    /// Serves one connection to its end.
    fn connection<I>(
        &self,
        io: I,
        http: &Builder<TokioExecutor>,
        service: impl HttpService,
        watcher: Watcher,
    ) -> impl Future<Output = ()> + Send + 'static
    where
        I: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
    {
        let http = http.clone();
        let silence = self.limits.handshake;
        #[cfg(feature = "tls")]
        let tls = self.tls.clone();
        async move {
            #[cfg(feature = "tls")]
            if let Some(tls) = tls {
                match tokio::time::timeout(silence, tls.accept(io)).await {
                    Ok(Ok(io)) => serve_http(io, &http, service, watcher, silence).await,
                    Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                    Err(_) => tracing::debug!("a TLS handshake took too long"),
                }
                return;
            }
            serve_http(io, &http, service, watcher, silence).await;
        }
    }

    /// Waits for the word to stop and passes it on.
    async fn stop(&self, stop: impl Future<Output = ()>) {
        stop.await;
        self.stopping.end();
        if let Some(health) = &self.health {
            health.stop();
        }
        sleep(self.drain.delay).await;
    }

    fn http(&self) -> Builder<TokioExecutor> {
        let mut http = Builder::new(TokioExecutor::new());
        http.http1().timer(TokioTimer::new()).header_read_timeout(self.limits.handshake);
        http.http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(self.limits.streams)
            .max_header_list_size(self.limits.header_list);
        #[cfg(feature = "websocket")]
        http.http2().enable_connect_protocol();
        if let Some((interval, timeout)) = self.limits.keepalive {
            http.http2().keep_alive_interval(interval).keep_alive_timeout(timeout);
        }
        http
    }
}

async fn serve_http<I>(
    io: I,
    http: &Builder<TokioExecutor>,
    service: impl HttpService,
    watcher: Watcher,
    silence: Duration,
) where
    I: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
{
    let (way, sessions) = sessions();
    let service = on_connection(service, io.connect_info(), way);
    let io = TokioIo::new(Silence::new(Targets::new(io), silence));
    let connection = http.serve_connection_with_upgrades(io, service).into_owned();
    if let Err(error) = sessions.run_beside(watcher.watch(connection)).await {
        tracing::debug!(%error, "a connection broke");
    }
}

/// The service as one connection sees it: every request knows where it comes from, and whom to leave a session with.
fn on_connection<C: Clone + Send + Sync + 'static>(
    service: impl HttpService,
    connection: C,
    way: Way,
) -> impl hyper::service::Service<
    Request<Incoming>,
    Response = http::Response<Body>,
    Error = Infallible,
    Future: Send + 'static,
> {
    hyper::service::service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(connection.clone());
        way.note_on(&mut request);
        let answer = service.clone().answer(request);
        async move { Ok(answer.await) }
    })
}

pub(super) fn report(ended: &Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(%error, "a connection panicked");
    }
}

/// A connection that must say something within a while after it was opened.
struct Silence<I> {
    io: I,
    /// `None` once it has spoken.
    limit: Option<Pin<Box<Sleep>>>,
}

impl<I> Silence<I> {
    fn new(io: I, limit: Duration) -> Self {
        Self { io, limit: Some(Box::pin(sleep(limit))) }
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Silence<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.io).poll_read(task, buf);
        if let Some(limit) = &mut self.limit {
            if read.is_ready() {
                self.limit = None;
            } else if limit.as_mut().poll(task).is_ready() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        }
        read
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Silence<I> {
    fn poll_write(mut self: Pin<&mut Self>, task: &mut Task<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(task, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(task)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(task)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(task, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
