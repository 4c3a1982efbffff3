//! From a message to an HTTP response.

use bytes::Bytes;
use http::{HeaderValue, Response, header};
use http_body_util::Full;
use tonic::Status;
use tonic::body::Body;

use super::binding::Fields;
use super::call::Reply;
use super::error::Failure;
use crate::Context;
use crate::json::{self, Json};

/// The response to a call with one response message.
pub(crate) fn message<Req, Res: prost::Message + Json + 'static>(
    _ctx: &Context,
    message: &Res,
    _reply: &Reply,
    _fields: Fields<Req, Res>,
) -> Result<Response<Body>, Failure> {
    let body = json::to_vec(message).map_err(|error| Status::internal(error.to_string()))?;
    Ok(ok(HeaderValue::from_static("application/json"), body.into()))
}

/// A response that is complete.
pub(crate) fn ok(media_type: HeaderValue, body: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::new(Full::new(body)));
    response.headers_mut().insert(header::CONTENT_TYPE, media_type);
    response
}
