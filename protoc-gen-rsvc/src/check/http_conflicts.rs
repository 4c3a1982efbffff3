//! `RSVC0504`: of two bindings for the same requests the second would never be used.

use std::collections::BTreeMap;

use crate::diag::{Code, Diagnostic, Sink};
use crate::model::Schema;

pub(super) fn run(schema: &Schema, sink: &mut Sink) {
    let mut seen = BTreeMap::new();
    for (_, method) in schema.methods.iter() {
        for binding in &method.bindings {
            let template = &binding.template;
            let Some((place, first, text)) = seen.insert(
                (&binding.verb, &template.segments, &template.verb),
                (&binding.place, &method.full_name, &template.text),
            ) else {
                continue;
            };
            let verb = binding.verb.name();
            sink.push(
                Diagnostic::error(
                    Code::HTTP_CONFLICT,
                    format!("`{verb} {}` of `{}` takes the same requests as `{verb} {text}` of `{first}`", template.text, method.full_name),
                )
                .at(binding.place.clone())
                .note(place.clone(), "the other binding")
                .help("the names of variables tell no paths apart: give one of them another path, method or custom verb"),
            );
        }
    }
}
