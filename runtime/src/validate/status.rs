//! Violations as a status: `INVALID_ARGUMENT`, with what is wrong as details.

use crate::bridge::pb::{BadRequest, bad_request::FieldViolation};
use crate::bridge::{Code, Status};
use prost::Message as _;
use prost_types::Any;

use super::Violations;
use super::proto::ViolationsProto;

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
        let any = |name: &str, value: Vec<u8>| Any { type_url: format!("type.googleapis.com/{name}"), value };
        let message = from.to_string();
        let status = crate::bridge::pb::Status {
            code: Code::InvalidArgument.into(),
            message: message.clone(),
            details: vec![
                any("google.rpc.BadRequest", BadRequest::from(from).encode_to_vec()),
                any("buf.validate.Violations", ViolationsProto::from(from).encode_to_vec()),
            ],
        };
        Self::with_details(Code::InvalidArgument, message, status.encode_to_vec().into())
    }
}

impl From<Violations> for Status {
    fn from(from: Violations) -> Self {
        Self::from(&from)
    }
}
