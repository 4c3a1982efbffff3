//! `RSVC0405`: a domain and a reason identify an error for all time, so no two errors may share them.

use crate::diag::{Code, Diagnostic, Place, Sink};
use crate::model::Schema;
use crate::sorted::SortedMap;

/// What `google.rpc.ErrorInfo` allows.
const LONGEST: usize = 63;

pub(super) fn run(schema: &Schema, sink: &mut Sink) {
    let mut seen: SortedMap<(&str, &str), &Place> = SortedMap::new();
    for (_, set) in schema.error_sets.iter() {
        for error in &set.errors {
            let field = &schema.fields[error.field];
            let place = &field.origin.place;
            if error.reason.len() > LONGEST {
                sink.push(
                    Diagnostic::error(
                        Code::ERROR_REASON,
                        format!("the reason of `{}` has {} characters", field.name, error.reason.len()),
                    )
                    .at(place.clone())
                    .help(format!("`google.rpc.ErrorInfo` allows {LONGEST}: choose a shorter name")),
                );
            }
            if let Some(first) = seen.get(&(&*set.domain, &*error.reason)) {
                sink.push(
                    Diagnostic::error(
                        Code::ERROR_REASON,
                        format!("the reason {} is taken in the domain `{}`", error.reason, set.domain),
                    )
                    .at(place.clone())
                    .note((*first).clone(), "the other one")
                    .help("rename one of them, or give each error set a domain of its own"),
                );
            } else {
                seen.insert((&set.domain, &error.reason), place);
            }
        }
    }
}
