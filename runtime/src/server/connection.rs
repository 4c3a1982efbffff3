//! Connections: accepting them, and letting them finish.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{Stream, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::cancellation::CancellationToken;
use crate::server::addresses::Addresses;
use crate::server::connect_info::ConnectInfo;
use crate::server::connection_settings::{ConnectionSettings, Drain};
use crate::server::http_service::{HttpService, Layered};
use crate::server::panics;
use crate::server::serve::Http;
use crate::server::socket::{Arrival, PeerInfo};
use crate::server::{Connected, Health};

/// How long accepting pauses when the system refuses it, as when there are no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Everything about serving except what is served.
pub(super) struct Serving {
    pub(super) connections: ConnectionSettings,
    pub(super) drain: Drain,
    pub(super) health: Option<Health>,
    /// Ends when the server is told to stop.
    pub(super) stopping: Arc<CancellationToken>,
    #[cfg(feature = "_tls")]
    pub(super) tls: Option<crate::tls::TlsAcceptor>,
}

impl Serving {
    /// Serves until `stop` resolves or all connections there ever were are closed, then lets calls finish, until `hurry` resolves or their time is up.
    pub(super) async fn run<I, E>(
        self,
        service: Layered<impl HttpService>,
        incoming: impl Stream<Item = Result<Arrival<I>, E>>,
        stop: impl Future<Output = ()>,
        hurry: impl Future<Output = ()>,
    ) where
        I: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
        E: fmt::Display,
    {
        // It ends with this function.
        #[cfg(feature = "_tls")]
        let mut watching = JoinSet::new();
        #[cfg(feature = "_tls")]
        if let Some(tls) = &self.tls {
            watching.spawn(tls.watch());
        }
        let http = Arc::new(Http::new(&self.connections));
        let draining = Arc::new(CancellationToken::default());
        let mut connections = JoinSet::new();
        let addresses = Addresses::new(self.connections.per_address());
        let mut stop = pin!(self.stop(stop));
        {
            let mut incoming = pin!(incoming);
            let mut more = true;
            while more || !connections.is_empty() {
                tokio::select! {
                    biased;
                    () = &mut stop => break,
                    Some(ended) = connections.join_next() => panics::log(&ended),
                    accepted = incoming.next(), if more && connections.len() < self.connections.count => match accepted {
                        Some(Ok(arrival)) => {
                            let addr = ConnectInfo::new(arrival.io.connect_info(), PeerInfo::default()).peer().addr;
                            // What has no address, as a socket of Unix, is counted among all alone.
                            let place = addr.map(|addr| addresses.enter(addr.ip()));
                            if matches!(place, Some(None)) {
                                tracing::debug!(?addr, "too many connections of one address");
                                continue;
                            }
                            let connection = self.connection(arrival, &http, service.clone(), &draining);
                            connections.spawn(async move {
                                connection.await;
                                drop(place);
                            });
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
        draining.cancel();
        let done = async {
            while let Some(ended) = connections.join_next().await {
                panics::log(&ended);
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
    #[cfg_attr(not(feature = "_tls"), allow(clippy::unused_self, reason = "TLS is a setting"))]
    fn connection<I>(
        &self,
        arrival: Arrival<I>,
        http: &Arc<Http>,
        service: Layered<impl HttpService>,
        draining: &Arc<CancellationToken>,
    ) -> impl Future<Output = ()> + Send + 'static
    where
        I: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
    {
        let (http, draining) = (Arc::clone(http), Arc::clone(draining));
        #[cfg(feature = "_tls")]
        let tls = self.tls.as_ref().filter(|_| !arrival.plain).cloned();
        #[cfg(feature = "_tls")]
        let handshake_timeout = self.connections.handshake;
        let Arrival { io, peer, .. } = arrival;
        async move {
            #[cfg(feature = "_tls")]
            if let Some(tls) = tls {
                match tokio::time::timeout(handshake_timeout, tls.accept(io)).await {
                    Ok(Ok(io)) => http.serve(io, peer, service, &draining).await,
                    Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                    Err(_) => tracing::debug!("a TLS handshake took too long"),
                }
                return;
            }
            http.serve(io, peer, service, &draining).await;
        }
    }

    /// Waits for the word to stop and passes it on.
    async fn stop(&self, stop: impl Future<Output = ()>) {
        stop.await;
        self.stopping.cancel();
        if let Some(health) = &self.health {
            health.stop();
        }
        sleep(self.drain.delay).await;
    }
}
