//! A server with an address, on its way to serve.

use std::any::Any;
use std::fmt;
use std::future::poll_fn;
use std::net::SocketAddr;

use bytes::Bytes;
use futures_util::stream::Stream;
use http::request::Parts;
use http::{Request, Response};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tower::layer::util::Identity;
use tower::{Layer, Service, ServiceBuilder};

use crate::call::Body;
use crate::protocol::service::Answering;
use crate::server::connection;
use crate::server::connection::Serving;
use crate::server::serve::Origin;
use crate::server::{BoxError, Connected, Router, ServeError, router, signal};

/// A server that has its address and does not serve yet.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let server = rsvc::Server::new().bind("127.0.0.1:0").await?;
/// let endpoint = format!("http://{}", server.local_addr());
/// let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
/// let serving = tokio::spawn(server.serve_with_shutdown(async { stopped.await.unwrap_or_default() }));
///
/// rsvc::Channel::connect(endpoint).await.unwrap();
///
/// drop(stop);
/// serving.await.unwrap()
/// # }).unwrap();
/// # Ok::<(), rsvc::server::ServeError>(())
/// ```
#[must_use = "a server does nothing until it serves"]
pub struct BoundServer<L = Identity> {
    pub(super) local_addr: SocketAddr,
    pub(super) listener: TcpListener,
    pub(super) prepared: Prepared<L>,
}

impl<L> BoundServer<L> {
    /// The address that the server listens on.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }
}

impl<L: Layer<Router, Service: HttpService>> BoundServer<L> {
    /// Serves until ctrl-c or SIGTERM.
    pub async fn serve(self) -> Result<(), ServeError> {
        tracing::info!(addr = %self.local_addr, "serving");
        let signals = signal::Signals::new().map_err(ServeError::Io)?;
        let incoming = connection::tcp(self.listener);
        self.prepared.serve(incoming, signals.nth(1), signals.nth(2)).await;
        Ok(())
    }

    /// Serves until `stop` resolves.
    pub async fn serve_with_shutdown(self, stop: impl Future<Output = ()>) -> Result<(), ServeError> {
        tracing::info!(addr = %self.local_addr, "serving");
        let incoming = connection::tcp(self.listener);
        self.prepared.serve(incoming, stop, std::future::pending()).await;
        Ok(())
    }
}

impl<L> fmt::Debug for BoundServer<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundServer").field("local_addr", &self.local_addr).finish_non_exhaustive()
    }
}

/// A server whose services are known to fit together.
pub(super) struct Prepared<L> {
    pub(super) layers: ServiceBuilder<L>,
    pub(super) router: Router,
    pub(super) serving: Serving,
}

impl<L: Layer<Router, Service: HttpService>> Prepared<L> {
    pub(super) async fn serve<I, E>(
        self,
        incoming: impl Stream<Item = Result<I, E>>,
        stop: impl Future<Output = ()>,
        hurry: impl Future<Output = ()>,
    ) where
        I: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
        E: fmt::Display,
    {
        self.serving.run(self.layers.service(self.router), incoming, stop, hurry).await;
    }
}

/// What the layers of a [`Server`](super::Server) make of its [`Router`]: any tower service that answers HTTP requests.
pub trait HttpService: Clone + Send + 'static {
    /// Answers a request.
    fn answer(&self, parts: Parts, body: Body, origin: &Origin) -> Answering;
}

impl<S, B> HttpService for S
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<BoxError>,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    #[inline]
    fn answer(&self, parts: Parts, body: Body, origin: &Origin) -> Answering {
        // Without layers there is a shorter way.
        if let Some(router) = (self as &dyn Any).downcast_ref::<Router>() {
            return router.answer(parts, body, Some(origin));
        }
        let mut request = Request::from_parts(parts, body);
        origin.note_on(&mut request);
        let mut service = self.clone();
        Box::pin(async move {
            if let Err(error) = poll_fn(|task| service.poll_ready(task)).await {
                return router::layer_failed(error.into());
            }
            match service.call(request).await {
                Ok(response) => response.map(Body::new),
                Err(error) => router::layer_failed(error.into()),
            }
        })
    }
}
