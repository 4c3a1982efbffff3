//! Where the requests of a connection come from.

use std::sync::Arc;

use http::{Extensions, Request};

use crate::bridge;
use crate::peer::{Lane, Peer};
use crate::server::socket::PeerInfo;

/// Where the requests of a connection come from, as its transport tells.
#[derive(Clone)]
pub struct ConnectInfo {
    peer: Arc<Peer>,
    note_on: fn(&Peer, &mut Extensions),
}

impl ConnectInfo {
    /// `others` is what is known beside what the transport says.
    pub(super) fn new<C: Clone + Send + Sync + 'static>(info: C, others: PeerInfo) -> Self {
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
            #[cfg(unix)]
            unix: others.map(|info| Box::new(info) as _),
            lane: None,
        };
        #[cfg(not(unix))]
        let () = others;
        Self { peer: Arc::new(peer), note_on }
    }

    /// The same of a connection that has several calls at once.
    pub(super) fn with_lane(mut self, lane: Lane) -> Self {
        Arc::get_mut(&mut self.peer).expect("nobody has it before there are requests").lane = Some(lane);
        self
    }

    /// Notes it where layers and the services of others look for it. That costs a request more than a route.
    pub(super) fn note_on<B>(&self, request: &mut Request<B>) {
        (self.note_on)(&self.peer, request.extensions_mut());
        #[cfg(unix)]
        if let Some(info) = self.peer.unix_info::<bridge::UdsConnectInfo>() {
            request.extensions_mut().insert(info.clone());
        }
    }

    pub(super) fn peer(&self) -> Arc<Peer> {
        Arc::clone(&self.peer)
    }
}
