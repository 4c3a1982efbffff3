//! The messages of a response, as they come.

use http::Response;
use tonic::Status;
use tonic::body::Body;

use crate::error::MethodError;
use crate::json::Json;
use crate::rest::binding::Fields;
use crate::rest::call::{Messages, Reply};
use crate::rest::error::Failure;

/// The response of a call whose server streams: its status is that of the first message, or of its absence.
pub(crate) async fn respond<Req, Res, E>(
    _messages: Messages<Res, E>,
    _reply: Reply,
    _fields: Fields<Req, Res>,
) -> Result<Response<Body>, Failure>
where
    Res: prost::Message + Json + crate::dispatch::Response,
    E: MethodError,
{
    Err(Status::unimplemented("streams do not leave over REST").into())
}
