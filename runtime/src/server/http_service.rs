//! [`HttpService`]: what answers the requests of a server.

use std::any::Any;
use std::future::poll_fn;

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use tower::Service;

use super::connect_info::ConnectInfo;
use super::router::{self, MatchedMethod, Router};
use crate::call::{Body, BoxError};
use crate::protocol::service::{Answering, take_parts};

/// What the layers of a [`Server`](super::Server) make of its [`Router`]: any tower service that answers HTTP requests.
pub trait HttpService: Clone + Send + 'static {
    /// Answers a request, of which its transport may know where it comes from.
    fn answer(&self, parts: Parts, body: Body, connect_info: Option<&ConnectInfo>) -> Answering;
}

impl<S, B> HttpService for S
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<BoxError>,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    fn answer(&self, parts: Parts, body: Body, connect_info: Option<&ConnectInfo>) -> Answering {
        let mut request = Request::from_parts(parts, body);
        if let Some(connect_info) = connect_info {
            connect_info.note_on(&mut request);
        }
        let mut service = self.clone();
        Box::pin(async move {
            if let Err(error) = poll_fn(|task| service.poll_ready(task)).await {
                return router::layer_failed(error.into());
            }
            match service.call(request).await {
                Ok(response) => response.map(Body::new),
                Err(error) => router::layer_failed(error.into()),
            }
        })
    }
}

/// A router behind layers, which see the method that each request leads to.
#[derive(Clone)]
pub(super) struct Layered<S> {
    router: Router,
    layers: S,
    /// Whether there are any.
    has_layers: bool,
}

impl<S: HttpService> Layered<S> {
    pub(super) fn new(router: Router, layers: S) -> Self {
        let has_layers = !(&layers as &dyn Any).is::<Router>();
        Self { router, layers, has_layers }
    }

    /// The router, where there are no layers that would have to see requests.
    #[cfg(feature = "client")]
    pub(super) fn bare(&self) -> Option<&Router> {
        (!self.has_layers).then_some(&self.router)
    }

    /// Answers a request, and takes of its head what it needs: a head is large, and each move of one would cost.
    #[inline]
    pub(super) fn answer(
        &self,
        parts: &mut Parts,
        body: Body,
        connect_info: Option<&ConnectInfo>,
    ) -> Answering {
        // Only layers ask for it here.
        let matched = if self.has_layers { self.identify(parts) } else { None };
        self.answer_matched(matched, parts, body, connect_info)
    }

    /// The method that a request leads to.
    pub(super) fn identify(&self, parts: &Parts) -> Option<MatchedMethod> {
        self.router.identify(parts)
    }

    /// Answers a request of which it is known what it leads to.
    #[inline]
    pub(super) fn answer_matched(
        &self,
        matched: Option<MatchedMethod>,
        parts: &mut Parts,
        body: Body,
        connect_info: Option<&ConnectInfo>,
    ) -> Answering {
        // Without layers there is a shorter way.
        if !self.has_layers {
            return self.router.answer(parts, body, connect_info);
        }
        if let Some(matched) = matched {
            matched.note_on(&mut parts.extensions);
        }
        self.layers.answer(take_parts(parts), body, connect_info)
    }
}
