//! gRPC-Web: calls of browsers, which can neither read trailers nor keep to HTTP/2.

use http::{Request, Version, header};
use tonic::body::Body;
use tonic_web::GrpcWebLayer;
use tower::{Layer as _, Service as _};

use crate::protocol::grpc::server::GrpcFuture;
use crate::server::Router;

/// Whether `request` says that it is a call of gRPC-Web.
pub(crate) fn is_call(request: &Request<Body>) -> bool {
    let media_type = request.headers().get(header::CONTENT_TYPE);
    media_type.is_some_and(|media_type| media_type.as_bytes().starts_with(b"application/grpc-web"))
}

/// Has `router` answer the call as one of gRPC.
pub(crate) fn answer(router: Router, mut request: Request<Body>) -> GrpcFuture {
    // What comes out of the translation is a call as HTTP/2 has it, whatever came in.
    *request.version_mut() = Version::HTTP_2;
    Box::pin(GrpcWebLayer::new().layer(router).call(request))
}
