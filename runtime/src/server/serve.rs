//! One connection, from its first byte to its last: which version of HTTP it speaks, and serving that.

use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context as Task, Poll, ready};
use std::time::Duration;

use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body::Body as _;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Semaphore;
use tokio::time::{Instant, Sleep, sleep, timeout, timeout_at};

use crate::call::Body;
use crate::call::turn::Waited;
use crate::cancellation::CancellationToken;
use crate::deadline;
#[cfg(feature = "rest")]
use crate::deadline::earliest;
use crate::peer::{Lane, Outbox as _};
use crate::protocol::connect;
use crate::protocol::limits::Keepalive;
#[cfg(feature = "rest")]
use crate::protocol::rest;
use crate::protocol::service::Answering;
use crate::server::Connected;
use crate::server::connect_info::ConnectInfo;
use crate::server::connection_settings::ConnectionSettings;
use crate::server::connection_timer::ConnectionTimer;
use crate::server::control_frames::{ControlFrames, PREFACE};
use crate::server::expiry::Expiry;
use crate::server::http_service::{HttpService, Layered};
use crate::server::linger::{self, Linger};
use crate::server::rewind::Rewind;
use crate::server::sending::SentBody;
use crate::server::session::{ConnectionUse, Sessions, may_upgrade, track};
use crate::server::socket::PeerInfo;
use crate::server::streams::StreamExecutor;
use crate::server::waker::is_new;

/// How much of a connection of HTTP/1.1 is read at once, in bytes.
const READ_BUFFER: usize = 64 << 10;
/// How long a request that is not whole is waited for once a connection ends.
const UNFINISHED: Duration = Duration::from_millis(500);
/// How many times as long the end of a response may take to leave hyper, which does not tell of it.
const LAST_RESPONSE: u32 = 10;

/// How many calls of HTTP/2 may wait to be accepted that were given up already: as many as h2 has by default, or as many calls
/// as a client may have at once.
const RESETS: usize = 20;

/// How HTTP is spoken.
#[derive(Clone)]
pub(super) struct Http {
    http1: http1::Builder,
    settings: ConnectionSettings,
}

impl Http {
    pub(super) fn new(settings: &ConnectionSettings) -> Self {
        // `ConnectionTimer` is its limit of time. The head of a request has to fit into what is read at once.
        let mut http1 = http1::Builder::new();
        // A head and its body go out of one buffer: to copy a body costs less than to keep books of several buffers.
        http1.writev(false);
        http1.header_read_timeout(None).max_buf_size(READ_BUFFER.max(settings.limits.header_list_size()));
        Self { http1, settings: settings.clone() }
    }

    /// What serves one connection of HTTP/2: the tasks of its streams are its own.
    fn http2(&self) -> http2::Builder<StreamExecutor> {
        let settings = &self.settings;
        let mut http2 = http2::Builder::new(StreamExecutor::new(settings.send_timeout));
        http2
            .timer(TokioTimer::new())
            .max_concurrent_streams(settings.streams)
            // A client may give up at once all calls that it may have begun. There is no more of them in any case.
            .max_pending_accept_reset_streams(
                usize::try_from(settings.streams).unwrap_or(usize::MAX).max(RESETS),
            )
            // Beyond the limit of a call, so that what is over it is answered in the words of its protocol.
            .max_header_list_size(settings.limits.max_header_list_size.saturating_mul(2));
        settings.limits.flow.tell_server(&mut http2);
        #[cfg(feature = "websocket")]
        http2.enable_connect_protocol();
        if let Some(Keepalive { interval, timeout }) = settings.limits.keepalive {
            http2.keep_alive_interval(interval).keep_alive_timeout(timeout);
        }
        http2
    }

    /// Serves a connection until it is over, or until `draining` ends and what was begun is done.
    pub(super) async fn serve<I>(
        &self,
        mut io: I,
        peer: PeerInfo,
        service: Layered<impl HttpService>,
        draining: &Arc<CancellationToken>,
    ) where
        I: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
    {
        let start = Instant::now();
        let ConnectionSettings { handshake: handshake_timeout, send_timeout, unsent, age, idle, .. } =
            self.settings;
        let begun = tokio::select! {
            begun = timeout_at(start + handshake_timeout, beginning(&mut io)) => begun,
            () = draining.cancelled() => return,
        };
        let (is_http2, first) = match begun {
            Ok(Ok(begun)) => begun,
            Ok(Err(error)) => return tracing::debug!(%error, "a connection broke"),
            Err(_) => return tracing::debug!("a connection said nothing"),
        };
        let (usage, sessions) = track(is_http2, unsent);
        let connect_info = ConnectInfo::new(io.connect_info(), peer);
        let ended = if is_http2 {
            let turns = self.settings.turns.map(Semaphore::new);
            let connect_info =
                connect_info.with_lane(Lane { outbox: Arc::clone(usage.unsent()) as _, turns });
            let io = TokioIo::new(ControlFrames::new(Rewind::new(io, first), usage.clone()));
            let service = on_connection(service, connect_info, usage);
            let connection = Box::pin(self.http2().serve_connection(io, service));
            let expiry = Expiry::new(age, idle);
            run(connection, http2::Connection::graceful_shutdown, sessions, draining, expiry).await
        } else {
            let io = Linger::new(Rewind::new(io, first), Arc::clone(draining));
            let io = ConnectionTimer::new(io, start, handshake_timeout, send_timeout, usage.clone());
            let service = on_connection(service, connect_info, usage);
            let connection = self.http1.serve_connection(TokioIo::new(io), service).with_upgrades();
            let connection = Box::pin(connection);
            // `ConnectionTimer` ends one that is not used.
            let expiry = Expiry::new(age, None);
            run(connection, http1::UpgradeableConnection::graceful_shutdown, sessions, draining, expiry).await
        };
        if let Some(Err(error)) = ended {
            tracing::debug!(%error, "a connection broke");
        }
    }
}

/// The first bytes of a connection, and whether they are those of HTTP/2.
async fn beginning(io: &mut (impl AsyncRead + Unpin)) -> io::Result<(bool, Vec<u8>)> {
    let mut first = Vec::new();
    loop {
        let read = poll_fn(|task| {
            let mut room = [MaybeUninit::uninit(); 4096];
            let mut buf = ReadBuf::uninit(&mut room);
            ready!(Pin::new(&mut *io).poll_read(task, &mut buf))?;
            first.extend_from_slice(buf.filled());
            Poll::Ready(io::Result::Ok(buf.filled().len()))
        })
        .await?;
        let compared = first.len().min(PREFACE.len());
        let may_be_http2 = first[..compared] == PREFACE[..compared];
        if read == 0 || !may_be_http2 || compared == PREFACE.len() {
            return Ok((may_be_http2 && compared == PREFACE.len(), first));
        }
    }
}

/// Runs a connection with its sessions. When `draining` ends, or the connection has expired, it takes no more requests,
/// and is closed when it has nothing to do. `None` if it did not close by itself.
///
/// The connection is large, and tasks are moved around when they are made: it stays in its box.
async fn run<C: Future>(
    mut connection: Pin<Box<C>>,
    wind_down: fn(Pin<&mut C>),
    sessions: Sessions,
    draining: &CancellationToken,
    mut expiry: Expiry,
) -> Option<C::Output> {
    let mut over = pin!(draining.cancelled());
    let mut known = None;
    // Once it is told to end: when is looked whether it has nothing to do.
    let mut ending: Option<Pin<Box<Sleep>>> = None;
    let mut idle = 0;
    let usage = sessions.usage().clone();
    let connection = poll_fn(move |task| {
        // Asking each time would cost each request something.
        if ending.is_none()
            && (is_new(&mut known, task) || draining.is_cancelled() || expiry.is_due())
            && (over.as_mut().poll(task).is_ready() || expiry.poll(task, &usage).is_ready())
        {
            ending = Some(Box::pin(sleep(UNFINISHED)));
            wind_down(connection.as_mut());
        }
        if let Poll::Ready(ended) = connection.as_mut().poll(task) {
            return Poll::Ready(Some(ended));
        }
        // Half a request has not begun, and nobody waits for the rest.
        while let Some(ending) = &mut ending
            && ending.as_mut().poll(task).is_ready()
        {
            idle = if usage.is_idle() { idle + 1 } else { 0 };
            if idle >= if usage.has_answered() { LAST_RESPONSE } else { 1 } {
                return Poll::Ready(None);
            }
            ending.as_mut().reset(Instant::now() + UNFINISHED);
        }
        Poll::Pending
    });
    sessions.run_beside(connection).await
}

/// The service as one connection sees it: every request knows where it comes from, and whom to leave a session with.
fn on_connection(
    service: Layered<impl HttpService>,
    connect_info: ConnectInfo,
    usage: ConnectionUse,
) -> impl hyper::service::Service<
    Request<Incoming>,
    Response = Response<SentBody>,
    Error = h2::Error,
    Future: Send + 'static,
> {
    hyper::service::service_fn(move |request: Request<Incoming>| {
        let (mut parts, body) = request.into_parts();
        let may_upgrade = may_upgrade(&parts);
        // Calls of `POST` nearly always have one, and asking costs a lock.
        let may_have_body = parts.method == Method::POST || !body.is_end_stream();
        let body = if may_have_body { Body::incoming(body).guarded(usage.guard()) } else { Body::empty() };
        // Of those that do not ask for another protocol, nobody needs it.
        if may_upgrade {
            parts.extensions.insert(usage.sessions());
        }
        let is_connect = parts.method == Method::CONNECT;
        let stage = if usage.unsent().is_much() {
            Stage::Waits(when_less(usage.clone(), service.clone(), parts, body, connect_info.clone()))
        } else {
            Stage::Answers(service.answer(&mut parts, body, Some(&connect_info)))
        };
        Answered { stage, usage: Some(usage.clone()), may_upgrade, is_connect }
    })
}

/// A request on its way to its response, as the connection sees it.
struct Answered {
    stage: Stage,
    /// `None` once the response is there.
    usage: Option<ConnectionUse>,
    may_upgrade: bool,
    is_connect: bool,
}

enum Stage {
    /// It has not begun, and is refused if it never will.
    Waits(Pin<Box<dyn Future<Output = Result<Answering, h2::Error>> + Send>>),
    Answers(Answering),
}

impl Future for Answered {
    type Output = Result<Response<SentBody>, h2::Error>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Self::Output> {
        let response = match &mut self.stage {
            Stage::Answers(answer) => ready!(answer.as_mut().poll(task)),
            Stage::Waits(waits) => {
                self.stage = Stage::Answers(ready!(waits.as_mut().poll(task))?);
                return self.poll(task);
            }
        };
        let usage = self.usage.take().expect("it is not polled once the response is there");
        if let Some(rest) = usage.take_rest() {
            self.usage = Some(usage);
            self.stage = Stage::Answers(Box::pin(once_read_out(rest, response)));
            return self.poll(task);
        }
        usage.note_answered();
        if self.may_upgrade {
            let status = response.status();
            if status == StatusCode::SWITCHING_PROTOCOLS || self.is_connect && status.is_success() {
                usage.note_upgrade();
            }
        }
        if usage.is_shared() {
            if !usage.unsent().has_room(response.body().held()) {
                tracing::warn!("a client does not read its responses: one is dropped");
                return Poll::Ready(Err(h2::Reason::ENHANCE_YOUR_CALM.into()));
            }
        } else {
            usage.note_deadline(response.body().deadline());
        }
        Poll::Ready(Ok(response.map(|body| SentBody::new(body, usage))))
    }
}

/// The response to a request whose body nobody has read to its end.
async fn once_read_out(rest: Incoming, mut response: Response<Body>) -> Response<Body> {
    if !linger::read_out(rest).await {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Begins with a request as soon as the connection has less to send. If that takes too long, or as long as its caller would
/// wait, it is refused: the client may send it again, as it is told that nobody has begun with it.
#[cold]
fn when_less(
    usage: ConnectionUse,
    service: Layered<impl HttpService>,
    mut parts: Parts,
    body: Body,
    connect_info: ConnectInfo,
) -> Pin<Box<dyn Future<Output = Result<Answering, h2::Error>> + Send>> {
    Box::pin(async move {
        let arrived = Instant::now();
        let mut less = usage.unsent().becomes_less();
        let became_less = match time_left(&parts.headers) {
            None => less.await,
            Some(time) => timeout(time, &mut less).await.unwrap_or(false),
        };
        if !became_less {
            tracing::debug!("a client does not read its responses: a request is refused");
            return Err(h2::Reason::REFUSED_STREAM.into());
        }
        parts.extensions.insert(Waited(arrived.elapsed()));
        Ok(service.answer(&mut parts, body, Some(&connect_info)))
    })
}

/// The time that the caller of a request waits for its response, in the words of any protocol: which one it speaks is not
/// known yet. What is malformed is refused by whoever reads the request.
fn time_left(headers: &HeaderMap) -> Option<Duration> {
    let known = [deadline::of_caller(headers), connect::timeout::of_caller(headers)];
    let known = known.into_iter().filter_map(Result::ok).flatten().min();
    #[cfg(feature = "rest")]
    let known = earliest(known, rest::server::timeout_of_caller(headers));
    known
}
