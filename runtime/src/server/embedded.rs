//! [`ServerService`]: a whole server inside somebody else's.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Task, Poll, ready};

use bytes::Bytes;
use http::{Request, Response};
use tower::{Layer, Service};

use super::http_service::{HttpService, Layered};
use super::router::{MatchedMethod, Router};
use super::{ServeError, Server};
use crate::call::{Body, BoxError};
use crate::cancellation::CancellationToken;
#[cfg(feature = "client")]
use crate::protocol::client::{LocalServer, Route};
use crate::protocol::service::Answering;

/// Everything that a [`Server`] serves as one tower service: all protocols, health, reflection, layers, the authenticator
/// and the limits of calls. What concerns connections (their number and age, TLS, draining) is for the server that it
/// stands in.
///
/// Layers around it find the method of a call in the extensions of the response, as those of [`Server::layer`] do: its
/// `&'static MethodInfo` and the [`MatchedPath`](super::MatchedPath). Only those of [`Server::layer`] find them in the
/// request as well, which has not been routed before.
///
/// With the feature `axum` it is a router as well:
///
/// ```
/// # use rsvc::codegen::Service;
/// # fn example<S: Service>(users: S) -> Result<(), rsvc::server::ServeError> {
/// let users = rsvc::Server::new().add(users).into_service()?;
/// # #[cfg(feature = "axum")]
/// let app: axum::Router = axum::Router::new().fallback_service(users);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a service does nothing until it is served"]
pub struct ServerService<S = Router> {
    service: Layered<S>,
    stopping: Arc<CancellationToken>,
}

impl<L: Layer<Router, Service: HttpService>> Server<L> {
    /// Makes a tower service of the server, for a server that is there already.
    ///
    /// # Errors
    ///
    /// Whatever would stop this server from starting.
    pub fn into_service(self) -> Result<ServerService<L::Service>, ServeError> {
        let prepared = self.prepare()?;
        #[cfg(feature = "admin")]
        if prepared.admin.is_some() {
            tracing::warn!("the admin listener answers nothing: the server is a service of another one");
        }
        let service = Layered::new(prepared.router.clone(), prepared.layers.service(prepared.router));
        Ok(ServerService { service, stopping: prepared.serving.stopping })
    }
}

impl<S> ServerService<S> {
    /// Tells handlers of endless streams to come to an end, as [`Context::stopping`](crate::Context::stopping) has it.
    pub fn stop(&self) {
        self.stopping.cancel();
    }
}

impl<S: HttpService, B> Service<Request<B>> for ServerService<S>
where
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = ServerFuture;

    fn poll_ready(&mut self, _: &mut Task<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> ServerFuture {
        let (mut parts, body) = request.into_parts();
        let matched = self.service.identify(&parts);
        let answer = self.service.answer_matched(matched, &mut parts, Body::new(body), None);
        ServerFuture { answer, matched }
    }
}

/// A client in the same process hands messages over, unless layers have to see requests.
#[cfg(feature = "client")]
impl<S: HttpService + Sync> LocalServer for ServerService<S> {
    fn route(&self, path: &str) -> Option<Route<'_>> {
        self.service.bare()?.route(path)
    }

    fn answer(&self, request: Request<Body>) -> Answering {
        let (mut parts, body) = request.into_parts();
        self.service.answer(&mut parts, body, None)
    }
}

/// The answer of a [`ServerService`] on its way.
#[must_use = "nothing is answered until it is polled"]
pub struct ServerFuture {
    answer: Answering,
    /// What layers around the service are told of the method, in the response.
    matched: Option<MatchedMethod>,
}

impl Future for ServerFuture {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Self::Output> {
        let mut response = ready!(self.answer.as_mut().poll(task));
        if let Some(matched) = self.matched {
            matched.note_on(response.extensions_mut());
        }
        Poll::Ready(Ok(response))
    }
}

impl<S> fmt::Debug for ServerService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerService").finish_non_exhaustive()
    }
}

impl fmt::Debug for ServerFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerFuture").finish_non_exhaustive()
    }
}

#[cfg(feature = "axum")]
impl<S: HttpService + Sync> From<ServerService<S>> for axum::Router {
    /// A router whose other paths lead to the services. Routes that are added to it come first.
    fn from(service: ServerService<S>) -> Self {
        Self::new().fallback_service(service)
    }
}
