//! From an HTTP request to a message.

use http_body_util::BodyExt as _;
use tonic::Status;

use super::binding::{BodyKind, Fields};
use super::call::Upload;
use super::error::Failure;
use super::text;
use crate::json::{Json, ReadOptions, Reader};
use crate::{Context, dispatch};

/// The request message of a call, checked.
pub(crate) async fn read<Req, Res>(
    upload: Upload,
    _ctx: &Context,
    fields: Fields<Req, Res>,
) -> Result<Req, Failure>
where
    Req: prost::Message + Default + Json + dispatch::Request,
{
    let Upload { uri, path_end, body, binding, settings } = upload;
    let mut request = Req::default();
    if binding.body != BodyKind::None {
        let bytes = body.collect().await.map_err(|_| Status::cancelled("the body broke off"))?.to_bytes();
        let options = ReadOptions::new()
            .ignore_unknown(!settings.options.refuse_unknown)
            .depth_limit(settings.options.max_depth);
        if !bytes.is_empty() {
            match binding.body {
                BodyKind::Field(field) => (|| {
                    let mut reader = Reader::new(&options, Reader::text(&bytes)?);
                    reader.start()?;
                    (fields.read)(field, &mut request, &mut reader)?;
                    reader.finish()
                })(),
                _ => options.merge_slice(&mut request, &bytes),
            }
            .map_err(|error| {
                Failure::bad_request(error.path(), error.message(), format!("the body: {error}"))
            })?;
        }
    }
    let path = uri.path().get(..path_end).unwrap_or_default();
    let said =
        text::parameters(Req::info(), binding, path, uri.query().unwrap_or_default(), &settings.options)?;
    request.merge(&*said).map_err(|error| Status::invalid_argument(error.to_string()))?;
    dispatch::admit(&request)?;
    Ok(request)
}
