//! Generated services in somebody else's server, as tower services.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use http::{Request, Response};

use crate::call::{Body, BoxError};
use crate::protocol::rpc::{self, RpcMedia};
use crate::protocol::server::ServerCall;
use crate::protocol::service::{AnyService, Service};
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
    let (parts, body) = request.into_parts();
    let service: Arc<dyn AnyService> = Arc::new(service);
    let media = RpcMedia::of(&parts.headers);
    let Some(method) = rpc::method_at(&*service, parts.uri.path()) else {
        let refusal = rpc::unknown("method", parts.uri.path(), media);
        return Box::pin(std::future::ready(Ok(refusal)));
    };
    let protocol = match rpc::protocol_of(&parts, media, service.info().methods[method].kind) {
        Ok(protocol) => protocol,
        Err(refusal) => return Box::pin(std::future::ready(Ok(refusal))),
    };
    let settings = Arc::clone(&SETTINGS);
    let call = ServerCall { service, method, parts, body: Body::new(body), peer: None, settings };
    Box::pin(async move { Ok(rpc::serve(protocol, call).await) })
}
