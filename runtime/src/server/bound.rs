//! A server with an address, on its way to serve.

use std::fmt;
use std::net::SocketAddr;

use futures_util::stream::Stream;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tower::layer::util::Identity;
use tower::{Layer, ServiceBuilder};

use crate::server::connection::{self, Serving};
use crate::server::error::{Problem, ServeError};
use crate::server::http_service::{HttpService, Layered};
use crate::server::{Connected, Router, signal};

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
        let signals = signal::Signals::new().map_err(Problem::System)?;
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
        let service = Layered::new(self.router.clone(), self.layers.service(self.router));
        self.serving.run(service, incoming, stop, hurry).await;
    }
}
