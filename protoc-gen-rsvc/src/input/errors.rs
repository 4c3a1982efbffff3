//! What prost-reflect finds wrong, in our codes and with our places.

use miette::Diagnostic as _;
use prost_reflect::DescriptorError;

use crate::diag::{Code, Diagnostic, Place, Position, Sink};

/// Tells every finding in an error of the pool.
pub(crate) fn report(error: &DescriptorError, sink: &mut Sink) {
    let at = |n: Option<usize>| n.and_then(|n| u32::try_from(n).ok());
    let place = error.file().map(|file| match (at(error.line()), at(error.column())) {
        (Some(line), Some(column)) => {
            let start = Position { line, column };
            Place::new(file, start, start)
        }
        _ => Place::file(file),
    });
    let message = error.to_string();
    let mut found = Diagnostic::error(code(&message), message).at(place);
    if let Some(help) = error.help() {
        found = found.help(help.to_string());
    }
    sink.push(found);
}

fn code(message: &str) -> Code {
    let has = |part: &str| message.contains(part);
    if has("option") {
        if has("is not defined") { Code::UNKNOWN_OPTION } else { Code::OPTION_TYPE }
    } else if has("is not defined") {
        Code::UNKNOWN_TYPE
    } else if has("defined") || has("already") {
        Code::DUPLICATE_NAME
    } else {
        Code::INVALID_DEFINITION
    }
}
