//! `RSVC0504`: of several bindings for the same requests only the first is used.
//!
//! Inside a service that is an error. Two services of one build are often served in different places, so there it is a
//! warning: a server of both finds the conflict when it starts.

use crate::diag::{Code, Diagnostic, Sink};
use crate::model::http::Binding;
use crate::model::{Method, Schema};
use crate::options::{Options, RestUse};
use crate::sorted::SortedMap;

pub(super) fn run(schema: &Schema, options: &Options, sink: &mut Sink) {
    if options.rest_use() != RestUse::Servers {
        return;
    }
    let mut seen: SortedMap<_, Vec<(&Method, &Binding)>> = SortedMap::new();
    for (_, method) in schema.methods.iter() {
        for binding in &method.bindings {
            let template = &binding.template;
            let others = seen.or_default((&binding.verb, &template.segments, &template.verb));
            let sibling = others.iter().find(|(other, _)| other.service == method.service);
            if let Some(other) = sibling {
                sink.push(conflict(Diagnostic::error, (method, binding), *other).help(
                    "the names of variables tell no paths apart: give one of them another path, method or custom verb",
                ));
            } else if let Some(other) = others.first() {
                sink.push(conflict(Diagnostic::warning, (method, binding), *other).help(
                    "a server of both services does not start: give one of them another path, method or custom verb, or \
                     serve them in different places",
                ));
            }
            others.push((method, binding));
        }
    }
}

fn conflict(
    severity: fn(Code, String) -> Diagnostic,
    (method, binding): (&Method, &Binding),
    (other, first): (&Method, &Binding),
) -> Diagnostic {
    let verb = binding.verb.name();
    let message = format!(
        "`{verb} {}` of `{}` takes the same requests as `{verb} {}` of `{}`",
        binding.template.text, method.full_name, first.template.text, other.full_name
    );
    severity(Code::HTTP_CONFLICT, message)
        .at(binding.place.clone())
        .note(first.place.clone(), "the other binding")
}
