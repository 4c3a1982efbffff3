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
#[inline(never)]
fn test_masked(fields: &MaskedFields, message: &dyn AnyMessage, validator: Validator) -> Result<(), Status> {
    let (table, paths) = (message.table(), (fields.paths)(message.as_any()));
    let field = |number: u32| table.fields.iter().find(|field| field.number == number);
    let outcome = match (field(fields.resource), field(fields.mask)) {
        (Some(resource), Some(mask)) => match Mask::of_request(resource, fields.names, paths) {
            Ok(Some(mask)) => validator.validate_by(mask, message, table),
            Ok(None) => validator.validate_any(message, table),
            Err(path) => return Err(path.into_status(mask.proto())),
        },
        // A message that is written by hand has no table of its fields, and tests all that it tests.
        _ => validator.validate_any(message, table),
    };
    outcome.map_err(Status::from)
}
