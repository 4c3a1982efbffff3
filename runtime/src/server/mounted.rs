//! Generated services in somebody else's server, as tower services.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use http::{Request, Response};

use crate::call::{Body, BoxError};
use crate::protocol::rpc;
use crate::protocol::service::Service;
use crate::protocol::settings::ServerSettings;

/// The answer of a mounted service on its way.
pub type MountedFuture = Pin<Box<dyn Future<Output = Result<MountedResponse, Infallible>> + Send>>;

/// What a mounted service answers with.
pub type MountedResponse = Response<Body>;

/// The body of a request, of whatever server a generated service is mounted in.
pub trait RequestBody: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static {}

impl<B> RequestBody for B where B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static {}

/// Nobody has said anything: these are the defaults.
static SETTINGS: LazyLock<Arc<ServerSettings>> = LazyLock::new(Arc::default);

/// Answers a call over gRPC, gRPC-Web or Connect of a service that is mounted in somebody else's server.
pub fn call<S: Service, B: RequestBody>(service: S, request: Request<B>) -> MountedFuture {
    let answer = rpc::answer(Arc::new(service), Arc::clone(&SETTINGS), request.map(Body::new));
    Box::pin(async move { Ok(answer.await) })
}
