//! Violations as a status: `INVALID_ARGUMENT`, with what is wrong as details.

use crate::bridge::pb::{BadRequest, bad_request::FieldViolation};
use crate::bridge::{Code, Status};
use prost::Message as _;
use prost_types::Any;

use super::Violations;
use crate::pb::buf::validate::Violations as ViolationsProto;

impl From<&Violations> for BadRequest {
    fn from(from: &Violations) -> Self {
        let reported = from.iter().map(|v| FieldViolation {
            field: v.field(),
            description: v.message().to_owned(),
            reason: v.rule_id().to_owned(),
            localized_message: None,
        });
        let rest = from.omission().map(|description| FieldViolation { description, ..Default::default() });
        Self { field_violations: reported.chain(rest).collect() }
    }
}

impl From<&Violations> for Status {
    fn from(from: &Violations) -> Self {
        let details = vec![
            detail("google.rpc.BadRequest", &BadRequest::from(from)),
            detail("buf.validate.Violations", &ViolationsProto::from(from)),
        ];
        invalid_argument(from.to_string(), details)
    }
}

/// A status about one field that is wrong by something else than a rule.
pub(super) fn one(field: &str, description: String) -> Status {
    let message = format!("{field}: {description}");
    let violation = FieldViolation { field: field.to_owned(), description, ..Default::default() };
    let request = BadRequest { field_violations: vec![violation] };
    invalid_argument(message, vec![detail("google.rpc.BadRequest", &request)])
}

fn detail(name: &str, value: &impl prost::Message) -> Any {
    Any { type_url: format!("type.googleapis.com/{name}"), value: value.encode_to_vec() }
}

fn invalid_argument(message: String, details: Vec<Any>) -> Status {
    let code = Code::InvalidArgument;
    let status = crate::bridge::pb::Status { code: code.into(), message: message.clone(), details };
    Status::with_details(code, message, status.encode_to_vec().into())
}

impl From<Violations> for Status {
    fn from(from: Violations) -> Self {
        Self::from(&from)
    }
}
