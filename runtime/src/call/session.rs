//! What goes on when a request has been answered, and its connection is used for something else than HTTP.

use std::pin::Pin;
use std::sync::Arc;

/// What goes on.
pub(crate) type Session = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Whoever runs the sessions of a connection.
pub(crate) trait SessionHost: Send + Sync + 'static {
    /// Runs a session with the connection, and ends it when that is ended.
    #[cfg_attr(not(feature = "websocket"), allow(dead_code, reason = "only WebSockets are sessions"))]
    fn run(&self, session: Session);
}

/// Where a request leaves its session: an extension of requests that ask for another protocol. A request without it came
/// by somebody else's server.
#[derive(Clone)]
pub(crate) struct Sessions(
    #[cfg_attr(not(feature = "websocket"), allow(dead_code, reason = "only WebSockets are sessions"))]
    Arc<dyn SessionHost>,
);

impl Sessions {
    pub(crate) fn new(host: Arc<dyn SessionHost>) -> Self {
        Self(host)
    }

    /// Runs a session: with the connection of its request, or by itself.
    #[cfg(feature = "websocket")]
    pub(crate) fn spawn(sessions: Option<Self>, session: impl Future<Output = ()> + Send + 'static) {
        let session: Session = Box::pin(session);
        match sessions {
            Some(sessions) => sessions.0.run(session),
            None => drop(tokio::spawn(session)),
        }
    }
}
