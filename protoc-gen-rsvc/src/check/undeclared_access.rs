//! `RSVC0303`: a method that does not declare who may call it may have been forgotten.

use crate::diag::{Code, Diagnostic, Severity, Sink};
use crate::model::{Access, Schema};
use crate::options::{Lint, Options};

pub(super) fn run(schema: &Schema, options: &Options, sink: &mut Sink) {
    let severity = match options.undeclared_access {
        Lint::Off => return,
        Lint::Warn => Severity::Warning,
        Lint::Deny => Severity::Error,
    };
    for (_, method) in schema.methods.iter() {
        // Files that are only imported are other people's.
        let is_named = schema.files[schema.services[method.service].file].root;
        if is_named && method.access == Access::Unspecified {
            let text = format!("`{}` does not declare who may call it", method.full_name);
            let diagnostic = Diagnostic { severity, ..Diagnostic::error(Code::UNDECLARED_ACCESS, text) };
            sink.push(diagnostic.at(method.origin.place.clone()).help(
                "add `option (rsvc.v1.method).access`, or `access` to the option of the service: `{ public {} }`, \
                 `{ authenticated {} }`, `{ scopes { any_of: \"…\" } }` or `{ cel: \"…\" }`",
            ));
        }
    }
}
