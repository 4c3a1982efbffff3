//! `RSVC0505`: RFC 9110 gives the content of GET, HEAD and DELETE no meaning, and there are clients and proxies that
//! drop or refuse it.

use crate::diag::{Code, Diagnostic, Sink};
use crate::model::Schema;
use crate::model::http::{Binding, Body, Verb};
use crate::options::{Options, RestUse};

pub(super) fn run(schema: &Schema, options: &Options, sink: &mut Sink) {
    if options.rest_use() == RestUse::Nothing {
        return;
    }
    for (_, method) in schema.methods.iter() {
        for binding in method.bindings.iter().filter(|b| is_unusual(b)) {
            sink.push(
                Diagnostic::warning(
                    Code::HTTP_BODY_UNUSUAL,
                    format!("`{} {}` has a body", binding.verb.name(), binding.template.text),
                )
                .at(binding.place.clone())
                .help("without `body` the fields are query parameters; or use POST"),
            );
        }
    }
}

fn is_unusual(binding: &Binding) -> bool {
    let bodiless = match &binding.verb {
        Verb::Get | Verb::Delete => true,
        Verb::Custom(name) => name == "HEAD",
        _ => false,
    };
    bodiless && binding.body != Body::None
}
