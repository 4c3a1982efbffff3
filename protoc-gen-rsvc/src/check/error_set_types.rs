//! `RSVC0404`: an error set is an enum in Rust and a status on the wire, so it is nowhere a value.

use crate::diag::{Code, Diagnostic, Place, Sink};
use crate::model::{MessageId, Schema, ValueType};

pub(super) fn run(schema: &Schema, sink: &mut Sink) {
    for (_, field) in schema.fields.iter() {
        if let ValueType::Message(message) | ValueType::Group(message) = field.kind.value() {
            report(schema, sink, *message, "the type of a field", &field.origin.place);
        }
    }
    for (_, method) in schema.methods.iter() {
        report(schema, sink, method.input, "a request", &method.origin.place);
        report(schema, sink, method.output, "a response", &method.origin.place);
    }
}

fn report(schema: &Schema, sink: &mut Sink, message: MessageId, what: &str, place: &Place) {
    let message = &schema.messages[message];
    if message.error_set.is_some() {
        sink.push(
            Diagnostic::error(
                Code::ERROR_SET_AS_TYPE,
                format!("the error set `{}` cannot be {what}", message.full_name),
            )
            .at(place.clone())
            .note(message.origin.place.clone(), "the error set")
            .help("name the payload of one of its errors instead, or a message of its own"),
        );
    }
}
