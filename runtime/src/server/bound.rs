//! A server with an address, on its way to serve.

use std::fmt;
use std::net::SocketAddr;

use futures_util::stream::Stream;
use tokio::io::{AsyncRead, AsyncWrite};
use tower::layer::util::Identity;
use tower::{Layer, ServiceBuilder};

use crate::server::connection::Serving;
use crate::server::error::{Problem, ServeError};
use crate::server::http_service::{HttpService, Layered};
use crate::server::listener::{self, Listener};
use crate::server::socket::Arrival;
#[cfg(all(unix, feature = "systemd"))]
use crate::server::systemd;
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
///
/// `A` is [`SocketAddr`] if it was bound to an address of TCP. One of [`with_listeners`](crate::Server::with_listeners) has
/// those of its listeners only.
#[must_use = "a server does nothing until it serves"]
pub struct BoundServer<L = Identity, A = SocketAddr> {
    pub(super) local_addr: A,
    pub(super) listeners: Vec<Listener>,
    pub(super) prepared: Prepared<L>,
}

impl<L> BoundServer<L> {
    /// The address that the server listens on.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }
}

impl<L, A> BoundServer<L, A> {
    /// Takes connections from another listener as well.
    pub fn also(mut self, listener: Listener) -> Self {
        self.listeners.push(listener);
        self
    }

    /// What the server listens to.
    pub fn listeners(&self) -> &[Listener] {
        &self.listeners
    }
}

impl<L: Layer<Router, Service: HttpService>, A> BoundServer<L, A> {
    /// Serves until ctrl-c or SIGTERM.
    pub async fn serve(self) -> Result<(), ServeError> {
        let signals = signal::Signals::new().map_err(Problem::System)?;
        self.run(signals.nth(1), signals.nth(2)).await;
        Ok(())
    }

    /// Serves until `stop` resolves.
    pub async fn serve_with_shutdown(self, stop: impl Future<Output = ()>) -> Result<(), ServeError> {
        self.run(stop, std::future::pending()).await;
        Ok(())
    }

    async fn run(self, stop: impl Future<Output = ()>, hurry: impl Future<Output = ()>) {
        for listener in &self.listeners {
            tracing::info!(addr = %listener.addr(), "serving");
        }
        self.prepared.serve(listener::accept(self.listeners), stop, hurry).await;
    }
}

impl<L, A> fmt::Debug for BoundServer<L, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundServer").field("listeners", &self.listeners).finish_non_exhaustive()
    }
}

/// A server whose services are known to fit together.
pub(super) struct Prepared<L> {
    pub(super) layers: ServiceBuilder<L>,
    pub(super) router: Router,
    pub(super) serving: Serving,
    #[cfg(feature = "admin")]
    pub(super) admin: Option<crate::server::admin::AdminServer>,
}

impl<L: Layer<Router, Service: HttpService>> Prepared<L> {
    pub(super) async fn serve<I, E>(
        self,
        incoming: impl Stream<Item = Result<Arrival<I>, E>>,
        stop: impl Future<Output = ()>,
        hurry: impl Future<Output = ()>,
    ) where
        I: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
        E: fmt::Display,
    {
        let service = Layered::new(self.router.clone(), self.layers.service(self.router));
        #[cfg(all(unix, feature = "systemd"))]
        let stop = {
            systemd::ready();
            async {
                stop.await;
                systemd::stopping();
            }
        };
        // It is large, and the caller's future would be as large.
        let serving = Box::pin(self.serving.run(service, incoming, stop, hurry));
        #[cfg(feature = "admin")]
        if let Some(admin) = self.admin {
            return Box::pin(admin.run_beside(serving)).await;
        }
        serving.await;
    }
}
