//! The messages of a request's body, as they arrive.

use tonic::Status;

use crate::dispatch;
use crate::json::Json;
use crate::rest::binding::Fields;
use crate::rest::call::Upload;
use crate::rest::error::Failure;
use crate::{Context, RequestStream};

/// The requests of a call whose client streams.
pub(crate) fn messages<Req, Res>(
    _upload: Upload,
    _ctx: &Context,
    _fields: Fields<Req, Res>,
) -> Result<RequestStream<Req>, Failure>
where
    Req: prost::Message + Default + Json + dispatch::Request,
{
    Err(Status::unimplemented("streams do not arrive over REST").into())
}
