//! Where the requests of a connection come from.

use std::sync::Arc;

use http::{Extensions, Request};

use crate::bridge;
use crate::peer::Peer;

/// Where the requests of a connection come from, as its transport tells.
#[derive(Clone)]
pub struct ConnectInfo {
    peer: Arc<Peer>,
    note_on: fn(&Peer, &mut Extensions),
}

impl ConnectInfo {
    pub(super) fn new<C: Clone + Send + Sync + 'static>(info: C) -> Self {
        let note_on = |peer: &Peer, extensions: &mut Extensions| {
            if let Some(info) = peer.info::<C>() {
                extensions.insert(info.clone());
            }
        };
        // What the transport says is looked at once for all requests.
        let mut noted = Extensions::new();
        noted.insert(info.clone());
        let peer = Peer {
            addr: bridge::remote_addr(&noted),
            #[cfg(feature = "_tls")]
            certificates: bridge::certificates(&noted),
            info: Box::new(info),
        };
        Self { peer: Arc::new(peer), note_on }
    }

    /// Notes it where layers and the services of others look for it. That costs a request more than a route.
    pub(super) fn note_on<B>(&self, request: &mut Request<B>) {
        (self.note_on)(&self.peer, request.extensions_mut());
    }

    pub(super) fn peer(&self) -> Arc<Peer> {
        Arc::clone(&self.peer)
    }
}
