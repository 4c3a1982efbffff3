//! Tower layers of the user's around what carries requests.

use std::fmt;
use std::sync::Arc;
use std::task::{Context as Task, Poll};

use bytes::Bytes;
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use super::transport::TowerTransport;
use crate::call::{Body, BoxError};
use crate::protocol::client::Transport;

/// What a layer of a channel is around: the layers that were added after it, and the connections.
#[derive(Clone)]
pub struct ChannelService(Arc<dyn Transport>);

impl Service<Request<Body>> for ChannelService {
    type Response = Response<Body>;
    type Error = Box<dyn std::error::Error + Send + Sync>;
    type Future = futures_util::future::BoxFuture<'static, Result<Response<Body>, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Task<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        self.0.send(request)
    }
}

impl fmt::Debug for ChannelService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChannelService").finish_non_exhaustive()
    }
}

/// The layers of a channel, the outermost first.
#[derive(Clone, Default)]
pub(super) struct Layers(Vec<Arc<Put>>);

/// Puts a layer on a transport.
type Put = dyn Fn(Box<dyn Transport>) -> Box<dyn Transport> + Send + Sync;

impl Layers {
    pub(super) fn add<L, B>(&mut self, layer: L)
    where
        L: Layer<ChannelService> + Send + Sync + 'static,
        L::Service: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request<Body>>>::Error: Into<BoxError>,
        <L::Service as Service<Request<Body>>>::Future: Send + 'static,
        B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        self.0.push(Arc::new(move |inner| {
            let service = layer.layer(ChannelService(Arc::from(inner)));
            Box::new(TowerTransport::around(service))
        }));
    }

    /// Puts them on a transport.
    pub(super) fn on(&self, transport: Box<dyn Transport>) -> Box<dyn Transport> {
        self.0.iter().rev().fold(transport, |inner, put| put(inner))
    }
}
