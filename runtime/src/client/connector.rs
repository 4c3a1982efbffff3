//! How connections are made: TCP, and TLS on it, in the time that there is for both.

use std::task::{Context as Task, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::Uri;
use hyper::rt::{Read, Write};
use hyper_util::client::legacy::connect::{Connection, HttpConnector};
use tokio::time::timeout;
use tower_service::Service;

use super::settings::ConnectionSettings;
use super::watched::Watched;
use crate::call::BoxError;
use crate::protocol::limits::Keepalive;

/// What makes connections to the server of a URI.
pub(super) trait Connector:
    Service<
        Uri,
        Response: Read + Write + Connection + Unpin + Send + 'static,
        Error: Into<BoxError>,
        Future: Unpin + Send + 'static,
    > + Clone
    + Send
    + Sync
    + 'static
{
}

impl<C> Connector for C where
    C: Service<
            Uri,
            Response: Read + Write + Connection + Unpin + Send + 'static,
            Error: Into<BoxError>,
            Future: Unpin + Send + 'static,
        > + Clone
        + Send
        + Sync
        + 'static
{
}

/// TCP. `timeout` is for connecting, and `keepalive` says how long a peer may be silent before it is asked whether it is
/// there, and how long it may then not answer: the kernel notices so that a host has gone, whatever is spoken with it.
pub(super) fn tcp(timeout: Duration, keepalive: Option<Keepalive>) -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.set_connect_timeout(Some(timeout));
    connector.set_nodelay(true);
    if let Some(Keepalive { interval, timeout }) = keepalive {
        connector.set_keepalive(Some(interval));
        connector.set_keepalive_interval(Some(timeout / PROBES));
        connector.set_keepalive_retries(Some(PROBES));
    }
    connector
}

/// How often the kernel asks before it gives a peer up.
const PROBES: u32 = 4;

/// A connector that gives up after some time, whatever it waits for: the name, TCP or TLS. Its connections are watched.
#[derive(Clone)]
pub(super) struct Timed<C> {
    connector: C,
    settings: ConnectionSettings,
}

impl<C> Timed<C> {
    pub(super) fn new(connector: C, settings: ConnectionSettings) -> Self {
        Self { connector, settings }
    }
}

impl<C: Connector> Service<Uri> for Timed<C> {
    type Response = Watched<C::Response>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, task: &mut Task<'_>) -> Poll<Result<(), BoxError>> {
        self.connector.poll_ready(task).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let stall = self.settings.stall();
        let connected = timeout(self.settings.connect_timeout, self.connector.call(uri));
        Box::pin(async move {
            match connected.await {
                Ok(Ok(io)) => Ok(Watched::new(io, stall)),
                Ok(Err(error)) => Err(error.into()),
                Err(_) => Err(NO_ANSWER.into()),
            }
        })
    }
}

/// What a server gets that does not let itself be connected to in time.
pub(super) const NO_ANSWER: &str = "the server does not answer in time";
