//! [`HttpService`]: what answers the requests of a server.

use std::any::Any;
use std::future::poll_fn;

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use tower::Service;

use super::connect_info::ConnectInfo;
use super::router::{self, Router};
use crate::call::{Body, BoxError};
use crate::protocol::service::Answering;

/// What the layers of a [`Server`](super::Server) make of its [`Router`]: any tower service that answers HTTP requests.
pub trait HttpService: Clone + Send + 'static {
    /// Answers a request.
    fn answer(&self, parts: Parts, body: Body, connect_info: &ConnectInfo) -> Answering;
}

impl<S, B> HttpService for S
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<BoxError>,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    #[inline]
    fn answer(&self, parts: Parts, body: Body, connect_info: &ConnectInfo) -> Answering {
        // Without layers there is a shorter way.
        if let Some(router) = (self as &dyn Any).downcast_ref::<Router>() {
            return router.answer(parts, body, Some(connect_info));
        }
        let mut request = Request::from_parts(parts, body);
        connect_info.note_on(&mut request);
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
