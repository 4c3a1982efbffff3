//! A tower service of the user's, as what carries requests.

use std::future::poll_fn;

use bytes::Bytes;
use http::{Request, Response, Version};
use tower_service::Service;

use crate::call::{Body, BoxError};
use crate::protocol::client::{Sent, Transport};
use crate::protocol::wire::HttpVersion;

pub(super) struct TowerTransport<S> {
    service: S,
    /// What requests say of the version of HTTP, where there is no connection that would say it.
    version: Option<Version>,
}

impl<S> TowerTransport<S> {
    pub(super) fn new(service: S, version: HttpVersion) -> Self {
        let version = match version {
            HttpVersion::Http1 => Version::HTTP_11,
            HttpVersion::Http2 => Version::HTTP_2,
        };
        Self { service, version: Some(version) }
    }

    /// A service around connections.
    pub(super) fn around(service: S) -> Self {
        Self { service, version: None }
    }
}

impl<S, B> Transport for TowerTransport<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error: Into<BoxError>> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    fn send(&self, mut request: Request<Body>) -> Sent {
        if let Some(version) = self.version {
            *request.version_mut() = version;
        }
        let mut service = self.service.clone();
        Box::pin(async move {
            poll_fn(|task| service.poll_ready(task)).await.map_err(Into::into)?;
            let response = service.call(request).await.map_err(Into::into)?;
            Ok(response.map(Body::new))
        })
    }
}
