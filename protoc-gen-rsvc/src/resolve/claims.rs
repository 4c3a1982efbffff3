//! `claims` of a service: the message that conditions read as `principal.claims`.

use prost_reflect::{DynamicMessage, Value};

use super::annotations as options;
use super::types::Types;
use crate::diag::{Code, Diagnostic, Place, Sink};
use crate::input::closest;
use crate::model::{MessageId, WellKnown};

/// `rsvc.v1.ServiceOptions.claims`
pub(super) const CLAIMS: i32 = 4;

/// There is a finding.
#[derive(Clone, Copy)]
pub(super) struct Unknown;

/// The message that a service names; `None` is `google.protobuf.Struct`.
pub(super) fn of_service(
    types: &Types<'_>,
    annotated: &DynamicMessage,
    place: &Place,
    sink: &mut Sink,
) -> Result<Option<MessageId>, Unknown> {
    let Some(Value::String(name)) = options::field(annotated, "claims") else { return Ok(None) };
    let name = name.strip_prefix('.').unwrap_or(&name);
    let found = types.messages.get(name).map(|id| (*id, &types.schema.messages[*id]));
    let report = match found {
        Some((_, message)) if message.well_known == Some(WellKnown::Struct) => return Ok(None),
        Some((id, message)) if message.well_known.is_none() && message.error_set.is_none() => {
            return Ok(Some(id));
        }
        Some((_, message)) => {
            let what = if message.error_set.is_some() { "an error set" } else { "a value" };
            Diagnostic::error(Code::UNKNOWN_CLAIMS, format!("`{name}` is {what}, not a message of claims"))
                .help("name a message of your own, or leave the option out: claims are a `google.protobuf.Struct` then")
        }
        None => {
            let names: Vec<&str> = types.messages.keys().map(String::as_str).collect();
            // The name without its package is the most common slip.
            let bare = names.iter().find(|full| full.rsplit('.').next() == Some(name)).copied();
            let help = match bare.or_else(|| closest(name, names)) {
                Some(hint) => format!("did you mean `{hint}`?"),
                None => "give the full name of a message, and import its file".into(),
            };
            Diagnostic::error(Code::UNKNOWN_CLAIMS, format!("there is no message `{name}`")).help(help)
        }
    };
    sink.push(report.at(place.clone()));
    Err(Unknown)
}
