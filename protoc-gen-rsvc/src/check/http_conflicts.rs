//! Of several bindings for the same requests only the first would be used: `RSVC0504` within a service, which is never
//! served without all of its methods, and `RSVC0506` between services, which need not be served together.

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
            let (other, first) = match seen.entry(requests) {
                Entry::Occupied(first) => *first.get(),
                Entry::Vacant(free) => {
                    free.insert((binding, method));
                    continue;
                }
            };
            let verb = binding.verb.name();
            let message = format!(
                "`{verb} {}` of `{}` takes the same requests as `{verb} {}` of `{}`",
                template.text, method.full_name, other.template.text, first.full_name
            );
            let (diagnostic, help) = if first.service == method.service {
                let help = "the names of variables tell no paths apart: give one of them another path, method or custom verb";
                (Diagnostic::error(Code::HTTP_CONFLICT, message), help)
            } else {
                let help = "a server of both does not start: serve them apart, or give one of them another path, method or custom verb";
                (Diagnostic::warning(Code::HTTP_SERVICES_CONFLICT, message), help)
            };
            sink.push(diagnostic.at(binding.place.clone()).note(other.place.clone(), "the other binding").help(help));
        }
    }
}
