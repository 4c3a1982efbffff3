//! One connection, from its first byte to its last: which version of HTTP it speaks, and serving that.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context as Task, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, timeout_at};

use crate::bridge::Status;
use crate::call::Body;
use crate::cancellation::CancellationToken;
use crate::server::Connected;
use crate::server::connect_info::ConnectInfo;
use crate::server::header_timeout::HeaderTimeout;
use crate::server::http_service::HttpService;
use crate::server::limits::Limits;
use crate::server::linger::{self, Linger};
use crate::server::rewind::Rewind;
use crate::server::session::{ConnectionUse, Sessions, may_upgrade, track};
use crate::server::waker::is_new;

/// What a connection of HTTP/2 begins with.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// How HTTP is spoken.
#[derive(Clone)]
pub(super) struct Http {
    http1: http1::Builder,
    http2: http2::Builder<TokioExecutor>,
}

impl Http {
    pub(super) fn new(limits: &Limits) -> Self {
        let mut http2 = http2::Builder::new(TokioExecutor::new());
        http2
            .timer(TokioTimer::new())
            .max_concurrent_streams(limits.streams)
            .max_header_list_size(limits.header_list);
        #[cfg(feature = "websocket")]
        http2.enable_connect_protocol();
        if let Some((interval, timeout)) = limits.keepalive {
            http2.keep_alive_interval(interval).keep_alive_timeout(timeout);
        }
        // `HeaderTimeout` is its limit of time.
        let mut http1 = http1::Builder::new();
        http1.header_read_timeout(None);
        Self { http1, http2 }
    }

    /// Serves a connection until it is over, or until `draining` ends and what was begun is done. Its
    /// first bytes and the head of each request over HTTP/1.1 may take `handshake_timeout`.
    pub(super) async fn serve<I>(
        &self,
        mut io: I,
        service: impl HttpService,
        draining: &Arc<CancellationToken>,
        handshake_timeout: Duration,
    ) where
        I: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
    {
        let start = Instant::now();
        let begun = tokio::select! {
            begun = timeout_at(start + handshake_timeout, beginning(&mut io)) => begun,
            () = draining.cancelled() => return,
        };
        let (is_http2, first) = match begun {
            Ok(Ok(begun)) => begun,
            Ok(Err(error)) => return tracing::debug!(%error, "a connection broke"),
            Err(_) => return tracing::debug!("a connection said nothing"),
        };
        let (usage, sessions) = track(is_http2);
        let connect_info = ConnectInfo::new(io.connect_info());
        let ended = if is_http2 {
            let io = TokioIo::new(Rewind::new(io, first));
            let connection = self.http2.serve_connection(io, on_connection(service, connect_info, usage));
            run(connection, http2::Connection::graceful_shutdown, sessions, draining).await
        } else {
            let io = Linger::new(Rewind::new(io, first), Arc::clone(draining));
            let io = TokioIo::new(HeaderTimeout::new(io, start, handshake_timeout, usage.clone()));
            let connection =
                self.http1.serve_connection(io, on_connection(service, connect_info, usage)).with_upgrades();
            run(connection, http1::UpgradeableConnection::graceful_shutdown, sessions, draining).await
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection broke");
        }
    }
}

/// The first bytes of a connection, and whether they are those of HTTP/2.
async fn beginning(io: &mut (impl AsyncRead + Unpin)) -> io::Result<(bool, Vec<u8>)> {
    let mut first = vec![0; 4096];
    let mut filled = 0;
    loop {
        let read = poll_fn(|task| {
            let mut buf = ReadBuf::new(&mut first[filled..]);
            ready!(Pin::new(&mut *io).poll_read(task, &mut buf))?;
            Poll::Ready(io::Result::Ok(buf.filled().len()))
        })
        .await?;
        filled += read;
        let compared = filled.min(PREFACE.len());
        let may_be_http2 = first[..compared] == PREFACE[..compared];
        if read == 0 || !may_be_http2 || compared == PREFACE.len() {
            first.truncate(filled);
            return Ok((may_be_http2 && compared == PREFACE.len(), first));
        }
    }
}

/// Runs a connection with its sessions. When `draining` ends, it takes no more requests.
async fn run<C: Future>(
    connection: C,
    wind_down: fn(Pin<&mut C>),
    sessions: Sessions,
    draining: &CancellationToken,
) -> C::Output {
    let mut connection = pin!(connection);
    let mut over = pin!(draining.cancelled());
    let mut known = None;
    let mut told = false;
    let connection = poll_fn(move |task| {
        // Asking each time would cost each request something.
        if !told
            && (is_new(&mut known, task) || draining.is_cancelled())
            && over.as_mut().poll(task).is_ready()
        {
            told = true;
            wind_down(connection.as_mut());
        }
        connection.as_mut().poll(task)
    });
    sessions.run_beside(connection).await
}

/// The service as one connection sees it: every request knows where it comes from, and whom to leave a session with.
fn on_connection(
    service: impl HttpService,
    connect_info: ConnectInfo,
    usage: ConnectionUse,
) -> impl hyper::service::Service<
    Request<Incoming>,
    Response = Response<InUse>,
    Error = Infallible,
    Future: Send + 'static,
> {
    hyper::service::service_fn(move |request: Request<Incoming>| {
        let (mut parts, body) = request.into_parts();
        let may_upgrade = may_upgrade(&parts);
        // Calls of `POST` nearly always have one, and asking costs a lock.
        let may_have_body = parts.method == Method::POST || !body.is_end_stream();
        let body = match usage.guard() {
            _ if !may_have_body => Body::empty(),
            Some(guard) => Body::incoming(body).guarded(guard),
            None => Body::incoming(body),
        };
        // Of those that do not ask for another protocol, nobody needs it.
        if may_upgrade {
            parts.extensions.insert(usage.sessions());
        }
        let is_connect = parts.method == Method::CONNECT;
        let answer = service.answer(parts, body, &connect_info);
        let usage = usage.clone();
        async move {
            let mut response = answer.await;
            if let Some(rest) = usage.take_rest()
                && !linger::read_out(rest).await
            {
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            let status = response.status();
            if may_upgrade && (status == StatusCode::SWITCHING_PROTOCOLS || is_connect && status.is_success())
            {
                usage.note_upgrade();
            }
            Ok(response.map(|body| InUse { body, usage }))
        }
    })
}

/// A body. As long as there is one, its connection is in use.
struct InUse {
    body: Body,
    #[allow(dead_code, reason = "held for as long as the body is")]
    usage: ConnectionUse,
}

impl http_body::Body for InUse {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Pin::new(&mut self.body).poll_frame(task)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
