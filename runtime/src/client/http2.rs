//! HTTP/2: one connection for all calls. It is made for the first, and again when it is lost.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as Task, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt as _, Shared};
use http::{Request, Response, Uri};
use http_body::Frame;
use hyper::client::conn::{TrySendError, http2};
use hyper_util::client::legacy::connect::Connection as _;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::sync::oneshot;

use super::connector::Connector;
use crate::bridge::Status;
use crate::call::{Body, BoxError};
use crate::protocol::client::{Sent, Transport};

/// How a connection is kept.
#[derive(Clone)]
pub(super) struct Http2Settings {
    /// The time for all of connecting.
    pub(super) connect_timeout: Duration,
    /// How often to ask whether the server is there, and how long it may take to answer.
    pub(super) keepalive: Option<(Duration, Duration)>,
}

#[derive(Clone)]
pub(super) struct Http2(Arc<Inner>);

struct Inner {
    connect: Connect,
    connection: Mutex<Connection>,
}

/// Makes a connection.
type Connect = Box<dyn Fn() -> BoxFuture<'static, Result<Sender, BoxError>> + Send + Sync>;

type Sender = http2::SendRequest<RequestBody>;

/// The connection of a transport.
enum Connection {
    None,
    /// It is being made. All calls that need it wait for the same attempt.
    Pending(Shared<oneshot::Receiver<Result<(), Arc<BoxError>>>>),
    Open(Sender),
}

impl Http2 {
    pub(super) fn new(connector: impl Connector, uri: Uri, settings: Http2Settings) -> Self {
        let connect: Connect =
            Box::new(move || Box::pin(connect(connector.clone(), uri.clone(), settings.clone())));
        Self(Arc::new(Inner { connect, connection: Mutex::new(Connection::None) }))
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
                Ok(sender) => (Connection::Open(sender), Ok(())),
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
            Connection::Open(sender) if !sender.is_closed() => {
                let response = sender.try_send_request(request);
                let transport = self.clone();
                return Box::pin(async move {
                    match response.await {
                        Ok(response) => Ok(response.map(Body::incoming)),
                        Err(error) => transport.send_again(error).await,
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
        let response = loop {
            // A new one that is lost already is not made again for the same call.
            if let Connection::Open(sender) = &mut *self.0.lock()
                && (is_new || !sender.is_closed())
            {
                break sender.send_request(request);
            }
            self.connect().await?;
            is_new = true;
        };
        Ok(response.await?.map(Body::incoming))
    }
}

/// Makes a connection, within its time.
async fn connect(connector: impl Connector, uri: Uri, settings: Http2Settings) -> Result<Sender, BoxError> {
    match tokio::time::timeout(settings.connect_timeout, open(connector, uri, &settings)).await {
        Ok(sender) => sender,
        Err(_) => Err("the server does not answer in time".into()),
    }
}

async fn open(mut connector: impl Connector, uri: Uri, settings: &Http2Settings) -> Result<Sender, BoxError> {
    std::future::poll_fn(|task| connector.poll_ready(task)).await.map_err(Into::into)?;
    let is_secure = uri.scheme() == Some(&http::uri::Scheme::HTTPS);
    let io = connector.call(uri).await.map_err(Into::into)?;
    if is_secure && !io.connected().is_negotiated_h2() {
        return Err("the server does not speak HTTP/2".into());
    }
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder.timer(TokioTimer::new());
    if let Some((interval, timeout)) = settings.keepalive {
        builder.keep_alive_interval(interval).keep_alive_timeout(timeout);
    }
    let (sender, connection) = builder.handshake(io).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection was lost");
        }
    });
    Ok(sender)
}

/// The body of a request. Its length is not told: the envelopes in it say as much, and a header less is sent. Hyper moves
/// it around with every request, so that it is small.
enum RequestBody {
    /// Bytes that are there, until they are sent.
    Whole(Bytes),
    Other(Box<Body>),
}

impl From<Body> for RequestBody {
    fn from(body: Body) -> Self {
        match body.into_whole() {
            Ok(bytes) => Self::Whole(bytes),
            Err(body) => Self::Other(Box::new(body)),
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
