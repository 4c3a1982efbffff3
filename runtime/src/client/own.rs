//! Connectors of the user's.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::Uri;
use tokio::io::{AsyncRead, AsyncWrite};
use tower_service::Service;

use crate::call::BoxError;

/// What a connector of the user's gives.
pub(super) trait OwnStream: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> OwnStream for T {}

/// A connector of the user's.
#[derive(Clone)]
pub(super) struct OwnConnector(Arc<Connect>);

type Connect = dyn Fn(Uri) -> BoxFuture<'static, Result<Box<dyn OwnStream>, BoxError>> + Send + Sync;

impl OwnConnector {
    pub(super) fn new<C>(connector: C) -> Self
    where
        C: Service<Uri, Response: AsyncRead + AsyncWrite + Send + Unpin + 'static>,
        C: Clone + Send + Sync + 'static,
        C::Error: Into<BoxError>,
        C::Future: Send + 'static,
    {
        Self(Arc::new(move |uri| {
            let mut connector = connector.clone();
            Box::pin(async move {
                poll_fn(|task| connector.poll_ready(task)).await.map_err(Into::into)?;
                let stream = connector.call(uri).await.map_err(Into::into)?;
                Ok(Box::new(stream) as Box<dyn OwnStream>)
            })
        }))
    }

    pub(super) fn connect(&self, uri: Uri) -> BoxFuture<'static, Result<Box<dyn OwnStream>, BoxError>> {
        (self.0)(uri)
    }
}

impl fmt::Debug for OwnConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnConnector").finish_non_exhaustive()
    }
}
