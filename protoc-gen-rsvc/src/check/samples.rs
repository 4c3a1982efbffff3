//! Samples of the author's that are not JSON of their type, or break a rule.

use crate::diag::{Code, Diagnostic, Sink};
use crate::model::Schema;
use crate::samples;

pub(super) fn run(schema: &Schema, sink: &mut Sink) {
    for (place, text) in samples::wrong(schema) {
        let help = "give a value in JSON that fulfils all rules, as in `[(rsvc.v1.sample) = \"\\\"ada@example.com\\\"\"]`";
        sink.push(Diagnostic::error(Code::SAMPLE, text).at(place).help(help));
    }
}
