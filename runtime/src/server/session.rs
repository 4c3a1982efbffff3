//! What goes on when a request has been answered and its connection, or its stream of one, is used for something else.

use std::pin::{Pin, pin};

use http::header::UPGRADE;
use http::{Method, Request};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

type Session = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Where the requests of a connection leave their sessions.
#[derive(Clone)]
#[cfg_attr(not(feature = "websocket"), allow(dead_code, reason = "only WebSockets are sessions"))]
pub(crate) struct Way(mpsc::UnboundedSender<Session>);

/// The sessions of a connection. They belong to it: it is not over before they are, and they end when it is ended.
pub(super) struct Sessions(mpsc::UnboundedReceiver<Session>);

pub(super) fn sessions() -> (Way, Sessions) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (Way(sender), Sessions(receiver))
}

/// Runs a session with the connection that its request came by. Elsewhere than on our server it runs by itself.
#[cfg(feature = "websocket")]
pub(crate) fn spawn(way: Option<Way>, session: impl Future<Output = ()> + Send + 'static) {
    let session: Session = Box::pin(session);
    match way {
        // If the connection is over, so is the session.
        Some(Way(sender)) => drop(sender.send(session)),
        None => drop(tokio::spawn(session)),
    }
}

impl Way {
    /// Notes the way on a request that may want it: one that asks for another protocol.
    pub(super) fn note_on<B>(&self, request: &mut Request<B>) {
        if request.method() == Method::CONNECT || request.headers().contains_key(UPGRADE) {
            request.extensions_mut().insert(self.clone());
        }
    }
}

impl Sessions {
    /// Runs what the requests of a connection leave, until that and the connection are over.
    pub(super) async fn run_beside<T>(mut self, connection: impl Future<Output = T>) -> T {
        let mut connection = pin!(connection);
        let mut running = JoinSet::new();
        let outcome = loop {
            tokio::select! {
                outcome = &mut connection => break outcome,
                Some(session) = self.0.recv() => drop(running.spawn(session)),
                Some(ended) = running.join_next() => super::connection::report(&ended),
            }
        };
        while let Ok(session) = self.0.try_recv() {
            running.spawn(session);
        }
        while let Some(ended) = running.join_next().await {
            super::connection::report(&ended);
        }
        outcome
    }
}
