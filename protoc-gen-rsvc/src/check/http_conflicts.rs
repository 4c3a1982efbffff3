//! `RSVC0504`: of several bindings for the same requests only the first would be used.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::diag::{Code, Diagnostic, Sink};
use crate::model::Schema;

pub(super) fn run(schema: &Schema, sink: &mut Sink) {
    let mut seen = BTreeMap::new();
    for (_, method) in schema.methods.iter() {
        for binding in &method.bindings {
            let template = &binding.template;
            let requests = (&binding.verb, &template.segments, &template.verb);
            let (place, first, text) = match seen.entry(requests) {
                Entry::Occupied(first) => *first.get(),
                Entry::Vacant(free) => {
                    free.insert((&binding.place, &method.full_name, &template.text));
                    continue;
                }
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
