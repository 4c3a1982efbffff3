//! HTTP/2: one connection for all calls. It is made for the first, and again when it is lost.

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as Task, Poll};

use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt as _, Shared};
use http::{Request, Response, Uri};
use http_body::{Body as _, Frame};
use hyper::client::conn::{TrySendError, http2};
use hyper_util::client::legacy::connect::Connection as _;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use super::connector::{Connector, NO_ANSWER};
use super::settings::ConnectionSettings;
use super::watched::Watched;
use crate::bridge::Status;
use crate::call::{Body, BoxError};
use crate::protocol::client::{Sent, Transport, Unprocessed};
use crate::protocol::limits::Keepalive;

/// How much of calls that were given up may wait for a connection that has answered none since, in bytes.
///
/// Hyper keeps what waits for a stream until it gets one, even if nobody wants the response any more: a server that opens
/// no streams would fill the memory.
const MAX_GIVEN_UP: usize = 16 << 20;
/// What a call takes besides its request, in bytes.
const CALL: usize = 1 << 10;

#[derive(Clone)]
pub(super) struct Http2(Arc<Inner>);

struct Inner {
    connect: Connect,
    connection: Mutex<Connection>,
    /// What the calls take that were given up since the connection has answered one, in bytes.
    given_up: AtomicUsize,
}

/// Makes a connection.
type Connect = Box<dyn Fn() -> BoxFuture<'static, Result<Opened, BoxError>> + Send + Sync>;

type Sender = http2::SendRequest<RequestBody>;

/// A connection that was made: what takes requests, and what hands them on.
struct Opened {
    sender: Sender,
    task: AbortHandle,
}

/// The connection of a transport.
enum Connection {
    None,
    /// It is being made. All calls that need it wait for the same attempt.
    Pending(Shared<oneshot::Receiver<Result<(), Arc<BoxError>>>>),
    Open(Opened),
}

impl Http2 {
    pub(super) fn new(connector: impl Connector, uri: Uri, settings: ConnectionSettings) -> Self {
        let connect: Connect =
            Box::new(move || Box::pin(connect(connector.clone(), uri.clone(), settings.clone())));
        let connection = Mutex::new(Connection::None);
        Self(Arc::new(Inner { connect, connection, given_up: AtomicUsize::new(0) }))
    }

    /// Makes the connection if there is none.
    pub(super) async fn connect(&self) -> Result<(), BoxError> {
        let pending = self.0.pending();
        match pending.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(SharedError(error).into()),
            Err(_) => Err("the runtime that makes the connection has stopped".into()),
        }
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The attempt at a connection that is under way, or another.
    fn pending(self: &Arc<Self>) -> Shared<oneshot::Receiver<Result<(), Arc<BoxError>>>> {
        let mut connection = self.lock();
        if let Connection::Pending(pending) = &*connection {
            return pending.clone();
        }
        let (done, pending) = oneshot::channel();
        let pending = pending.shared();
        *connection = Connection::Pending(pending.clone());
        drop(connection);
        // It goes on when the call that has started it is given up: others wait for it as well.
        let connect = (self.connect)();
        let inner = Arc::clone(self);
        tokio::spawn(async move {
            let (connection, outcome) = match connect.await {
                Ok(opened) => (Connection::Open(opened), Ok(())),
                Err(error) => (Connection::None, Err(Arc::new(error))),
            };
            *inner.lock() = connection;
            // Nobody may wait for it any more.
            let _ = done.send(outcome);
        });
        pending
    }
}

impl Transport for Http2 {
    fn send(&self, request: Request<Body>) -> Sent {
        let request = request.map(RequestBody::from);
        let mut connection = self.0.lock();
        let request = match &mut *connection {
            Connection::Open(opened) if self.0.is_usable(opened) => {
                let waiting = Waiting::new(self, &request);
                let response = opened.sender.try_send_request(request);
                return Box::pin(async move {
                    match response.await {
                        Ok(response) => Ok(waiting.answered(response)),
                        Err(error) => waiting.refused().send_again(error).await,
                    }
                });
            }
            _ => request,
        };
        drop(connection);
        let transport = self.clone();
        Box::pin(async move { transport.send_anew(request).await })
    }
}

impl Inner {
    /// Whether a connection takes requests.
    #[inline]
    fn is_usable(&self, opened: &Opened) -> bool {
        !opened.sender.is_closed() && self.given_up.load(Ordering::Relaxed) < MAX_GIVEN_UP
    }

    /// Lets go of a connection that answers nothing, with all that waits for it. Responses that have begun go on.
    #[cold]
    fn let_go(&self, connection: &mut Connection) {
        if self.given_up.swap(0, Ordering::Relaxed) >= MAX_GIVEN_UP
            && let Connection::Open(opened) = std::mem::replace(connection, Connection::None)
        {
            tracing::warn!("a server answers no calls; another connection is made");
            opened.task.abort();
        }
    }
}

impl Http2 {
    /// Sends a request that a lost connection has not taken by another one.
    #[cold]
    fn send_again(self, mut error: TrySendError<Request<RequestBody>>) -> Sent {
        match error.take_message() {
            Some(request) => Box::pin(self.send_anew(request)),
            None => Box::pin(std::future::ready(Err(error.into_error().into()))),
        }
    }

    /// Sends a request by a connection that has to be made.
    async fn send_anew(self, request: Request<RequestBody>) -> Result<Response<Body>, BoxError> {
        let mut is_new = false;
        let (response, waiting) = loop {
            {
                let mut connection = self.0.lock();
                if !is_new {
                    self.0.let_go(&mut connection);
                }
                // A new one that is lost already is not made again for the same call.
                if let Connection::Open(opened) = &mut *connection
                    && (is_new || self.0.is_usable(opened))
                {
                    let waiting = Waiting::new(&self, &request);
                    break (opened.sender.send_request(request), waiting);
                }
            }
            if let Err(error) = self.connect().await {
                return Err(Unprocessed::new(Some(request.map(Body::from)), error).into());
            }
            is_new = true;
        };
        match response.await {
            Ok(response) => Ok(waiting.answered(response)),
            Err(error) => {
                waiting.refused();
                Err(error.into())
            }
        }
    }
}

/// A call that waits for its response. Its drop gives it up.
struct Waiting {
    transport: Http2,
    /// What it takes, in bytes; zero once it does not wait any more.
    cost: usize,
}

impl Waiting {
    #[inline]
    fn new(transport: &Http2, request: &Request<RequestBody>) -> Self {
        Self { transport: transport.clone(), cost: CALL + request.body().waits() }
    }

    #[inline]
    fn answered(mut self, response: Response<hyper::body::Incoming>) -> Response<Body> {
        self.cost = 0;
        let given_up = &self.transport.0.given_up;
        if given_up.load(Ordering::Relaxed) > 0 {
            given_up.store(0, Ordering::Relaxed);
        }
        response.map(Body::incoming)
    }

    /// There is nothing to wait for.
    fn refused(mut self) -> Http2 {
        self.cost = 0;
        self.transport.clone()
    }
}

impl Drop for Waiting {
    #[inline]
    fn drop(&mut self) {
        if self.cost > 0 {
            self.transport.0.given_up.fetch_add(self.cost, Ordering::Relaxed);
        }
    }
}

/// Makes a connection, within its time.
async fn connect(
    connector: impl Connector,
    uri: Uri,
    settings: ConnectionSettings,
) -> Result<Opened, BoxError> {
    match tokio::time::timeout(settings.connect_timeout, open(connector, uri, &settings)).await {
        Ok(opened) => opened,
        Err(_) => Err(NO_ANSWER.into()),
    }
}

async fn open(
    mut connector: impl Connector,
    uri: Uri,
    settings: &ConnectionSettings,
) -> Result<Opened, BoxError> {
    std::future::poll_fn(|task| connector.poll_ready(task)).await.map_err(Into::into)?;
    let is_secure = uri.scheme() == Some(&http::uri::Scheme::HTTPS);
    let io = connector.call(uri).await.map_err(Into::into)?;
    if is_secure && !io.connected().is_negotiated_h2() {
        return Err("the server does not speak HTTP/2".into());
    }
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder.timer(TokioTimer::new()).max_header_list_size(settings.limits.max_header_list_size);
    settings.limits.flow.tell_client(&mut builder);
    if let Some(Keepalive { interval, timeout }) = settings.limits.keepalive {
        builder.keep_alive_interval(interval).keep_alive_timeout(timeout);
    }
    let io = Watched::new(io, settings.stall()).speaks_first(settings.connect_timeout);
    let (sender, connection) = builder.handshake(io).await?;
    let task = tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection was lost");
        }
    });
    Ok(Opened { sender, task: task.abort_handle() })
}

/// The body of a request. Its length is not told: the envelopes in it say as much, and a header less is sent. Hyper moves
/// it around with every request, so that it is small.
enum RequestBody {
    /// Bytes that are there, until they are sent.
    Whole(Bytes),
    Other(Box<Body>),
}

impl RequestBody {
    /// How many bytes of it wait to be sent.
    #[inline]
    fn waits(&self) -> usize {
        match self {
            Self::Whole(bytes) => bytes.len(),
            Self::Other(body) => usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX),
        }
    }
}

impl From<Body> for RequestBody {
    fn from(body: Body) -> Self {
        match body.into_whole() {
            Ok(bytes) => Self::Whole(bytes),
            Err(body) => Self::Other(Box::new(body)),
        }
    }
}

impl From<RequestBody> for Body {
    fn from(body: RequestBody) -> Self {
        match body {
            RequestBody::Whole(bytes) => bytes.into(),
            RequestBody::Other(body) => *body,
        }
    }
}

impl http_body::Body for RequestBody {
    type Data = Bytes;
    type Error = Status;

    #[inline]
    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        match &mut *self {
            Self::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::Other(body) => Pin::new(body).poll_frame(task),
        }
    }

    #[inline]
    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_empty(),
            Self::Other(body) => body.is_end_stream(),
        }
    }
}

/// Why a connection could not be made, for all calls that have waited for it.
#[derive(Debug)]
struct SharedError(Arc<BoxError>);

impl fmt::Display for SharedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection could not be made")
    }
}

impl std::error::Error for SharedError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&**self.0)
    }
}
