//! `RSVC0507`: a document has a place for most HTTP methods only.

use crate::diag::{Code, Diagnostic, Sink};
use crate::model::Schema;
use crate::model::http::{Segment, Verb};
use crate::options::{DocumentFormat, OpenApiVersion, Options};
use crate::sorted::SortedMap;

pub(super) fn run(schema: &Schema, options: &Options, sink: &mut Sink) {
    if options.openapi.format == DocumentFormat::Off {
        return;
    }
    let mut seen: SortedMap<_, &str> = SortedMap::new();
    for (_, method) in schema.methods.iter() {
        if !schema.files[schema.services[method.service].file].root {
            continue;
        }
        for binding in &method.bindings {
            let template = &binding.template;
            let text = format!("`{} {}`", binding.verb.name(), template.text);
            // A document does not tell how many segments a variable takes.
            let segments: Vec<&Segment> = (template.segments.iter())
                .map(|segment| if *segment == Segment::Rest { &Segment::Single } else { segment })
                .collect();
            let key = (&binding.verb, segments, &template.verb);
            let (why, help) = match (&binding.verb, seen.get(&key)) {
                (_, Some(other)) => (
                    format!("has the place of `{other}` in it"),
                    "let each package have a document of its own: `openapi_split=package`",
                ),
                (Verb::Any, None) => (
                    "takes any HTTP method".to_owned(),
                    "it is in the extension `x-operations` of its path: no tool reads it there",
                ),
                (Verb::Custom(name), None) if !has_place(name, options.openapi.version) => (
                    format!("has the HTTP method {name}, for which OpenAPI 3.1 has no place"),
                    "write OpenAPI 3.2 (`openapi_version=3.2`); in 3.1 it is in the extension `x-operations` of its path",
                ),
                _ => {
                    seen.insert(key, &method.full_name);
                    continue;
                }
            };
            let message =
                format!("{text} of `{}` is not in the OpenAPI document: it {why}", method.full_name);
            sink.push(
                Diagnostic::warning(Code::HTTP_UNDESCRIBED, message).at(binding.place.clone()).help(help),
            );
        }
    }
}

fn has_place(method: &str, version: OpenApiVersion) -> bool {
    version == OpenApiVersion::V32 || matches!(method, "HEAD" | "OPTIONS" | "TRACE")
}
