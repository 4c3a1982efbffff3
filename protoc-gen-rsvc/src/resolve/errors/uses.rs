//! What services and methods say of error sets.

use prost_reflect::DynamicMessage;

use super::text;
use crate::diag::{Code, Diagnostic, Place, Sink};
use crate::input::closest;
use crate::model::ErrorSetId;
use crate::resolve::annotations as options;
use crate::resolve::types::Types;

/// The error set that a service names.
pub(in crate::resolve) fn of_service(
    types: &Types<'_>,
    annotated: &DynamicMessage,
    place: &Place,
    sink: &mut Sink,
) -> Option<ErrorSetId> {
    let name = text(annotated, "error_set")?;
    let name = name.strip_prefix('.').unwrap_or(&name);
    let schema = &types.schema;
    let message = types.messages.get(name).map(|id| &schema.messages[*id]);
    if let Some(message) = message.filter(|m| m.error_set.is_some() && types.externs.is_plain(&m.full_name)) {
        sink.push(
            Diagnostic::error(
                Code::PLAIN_TYPE,
                format!("`{name}` is not an enum of errors in Rust: prost generated its crate"),
            )
            .at(place.clone())
            .note(message.origin.place.clone(), "this error set")
            .help("write an error set here, whose payloads may be messages of that crate"),
        );
        return None;
    }
    if let Some(set) = message.and_then(|m| m.error_set) {
        return Some(set);
    }
    let report = if let Some(message) = message {
        Diagnostic::error(Code::UNKNOWN_ERROR_SET, format!("`{name}` is not an error set"))
            .note(message.origin.place.clone(), "this message")
            .help("give the message `option (rsvc.v1.error_set) = { domain: \"…\" };`")
    } else {
        let sets: Vec<&str> =
            schema.error_sets.iter().map(|(_, set)| &*schema.messages[set.message].full_name).collect();
        // The name without its package is the most common slip.
        let bare = sets.iter().find(|full| full.rsplit('.').next() == Some(name)).copied();
        Diagnostic::error(Code::UNKNOWN_ERROR_SET, format!("there is no error set `{name}`")).help(match bare
            .or_else(|| closest(name, sets))
        {
            Some(hint) => format!("did you mean `{hint}`?"),
            None => "give the full name of a message with `(rsvc.v1.error_set)`, and import its file".into(),
        })
    };
    sink.push(report.at(place.clone()));
    None
}

/// The errors that a method names, as indices into the set of its service.
pub(in crate::resolve) fn of_method(
    types: &Types<'_>,
    set: Option<ErrorSetId>,
    names_unknown: bool,
    annotated: &DynamicMessage,
    place: &Place,
    sink: &mut Sink,
) -> Vec<usize> {
    let schema = &types.schema;
    let names = options::strings(annotated, "errors");
    let Some(set) = set.map(|id| &schema.error_sets[id]) else {
        // A set that does not exist was reported already.
        if !names.is_empty() && !names_unknown {
            sink.push(
                Diagnostic::error(
                    Code::UNKNOWN_ERROR,
                    "the method names errors, but its service has no error set",
                )
                .at(place.clone())
                .help("name it in the service: `option (rsvc.v1.service) = { error_set: \"…\" };`"),
            );
        }
        return Vec::new();
    };
    let members: Vec<&str> = set.errors.iter().map(|error| &*schema.fields[error.field].name).collect();
    let mut errors = Vec::new();
    for name in names {
        match members.iter().position(|member| *member == name) {
            Some(index) if !errors.contains(&index) => errors.push(index),
            Some(_) => {}
            None => {
                let message = &schema.messages[set.message];
                sink.push(
                    Diagnostic::error(
                        Code::UNKNOWN_ERROR,
                        format!("the error set `{}` has no error `{name}`", message.full_name),
                    )
                    .at(place.clone())
                    .note(message.origin.place.clone(), "the error set")
                    .help(match closest(&name, members.iter().copied()) {
                        Some(hint) => format!("did you mean `{hint}`?"),
                        None => format!("its errors are {}", members.join(", ")),
                    }),
                );
            }
        }
    }
    errors
}
