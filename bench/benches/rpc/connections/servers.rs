//! Whose handling of connections.

use std::future::Future;
use std::time::Duration;

use futures_util::future::BoxFuture;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tower::layer::layer_fn;

use crate::peers::mounted;

/// Who handles connections, and what is above.
#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Handling {
    /// hyper-util's server with the limits that it has
    HyperUtil,
    /// The server of rsvc with the same service as a layer
    Ours,
    /// The server of rsvc as users start it
    Server,
}

impl Handling {
    pub const ALL: [Self; 3] = [Self::HyperUtil, Self::Ours, Self::Server];

    pub fn name(self) -> &'static str {
        match self {
            Self::HyperUtil => "hyper-util",
            Self::Ours => "ours",
            Self::Server => "server",
        }
    }

    pub fn about(self) -> &'static str {
        match self {
            Self::HyperUtil => "hyper-util",
            Self::Ours => "rsvc, the same service",
            Self::Server => "rsvc::Server",
        }
    }

    /// Serves connections until the process ends.
    pub fn serve(self, listener: TcpListener) -> BoxFuture<'static, ()> {
        match self {
            Self::HyperUtil => Box::pin(hyper_util(listener)),
            Self::Ours => Box::pin(ours(listener)),
            Self::Server => Box::pin(crate::peers::Who::Rsvc.serve(listener)),
        }
    }
}

async fn ours(listener: TcpListener) {
    let server = rsvc::Server::new().layer(layer_fn(|_| mounted()));
    server.with_listener(listener).expect("a listener").serve().await.expect("rsvc serves");
}

/// With the settings that rsvc has by default, as far as there are such.
fn hyper_util(listener: TcpListener) -> impl Future<Output = ()> + Send {
    let mut server = auto::Builder::new(TokioExecutor::new());
    server.http1().timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(20));
    server
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(200)
        .max_header_list_size(32 << 10)
        .keep_alive_interval(Duration::from_mins(1))
        .keep_alive_timeout(Duration::from_secs(20));
    async move {
        let graceful = GracefulShutdown::new();
        loop {
            let (stream, _) = listener.accept().await.expect("accepts");
            stream.set_nodelay(true).expect("a socket");
            let service = TowerToHyperService::new(mounted());
            let connection = server.serve_connection_with_upgrades(TokioIo::new(stream), service);
            tokio::spawn(graceful.watch(connection.into_owned()));
        }
    }
}
