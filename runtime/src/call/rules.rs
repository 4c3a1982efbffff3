//! The rules of requests, as both ends of a call test them.

use crate::bridge::Status;
use crate::message::AnyMessage;
use crate::method::{MaskedFields, MethodInfo};
use crate::validate::{Mask, Validator};

/// Tests a request of a method, one that is alone as well as each of a stream.
#[inline]
pub(crate) fn test(
    method: &MethodInfo,
    message: &dyn AnyMessage,
    validator: Validator,
) -> Result<(), Status> {
    match &method.masked {
        None => validator.validate_any(message, message.table()).map_err(Status::from),
        Some(fields) => test_masked(fields, message, validator),
    }
}

/// Tests of the resource what the mask in the request names, and all else of the request.
fn test_masked(fields: &MaskedFields, message: &dyn AnyMessage, validator: Validator) -> Result<(), Status> {
    let (table, paths) = (message.table(), (fields.paths)(message.as_any()));
    let mask = Mask::of_request(table, fields.resource, fields.names, paths).map_err(|path| {
        let mask = table.fields.iter().find(|field| field.number == fields.mask);
        path.into_status(mask.expect("generated code names the field of the mask").proto())
    })?;
    match mask {
        None => validator.validate_any(message, table),
        Some(mask) => validator.validate_by(mask, message, table),
    }
    .map_err(Status::from)
}
