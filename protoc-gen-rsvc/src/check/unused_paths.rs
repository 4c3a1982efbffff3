//! `RSVC0201`: a path in the configuration that matches nothing is a typo, or left over.

use crate::diag::{Code, Diagnostic, Sink};
use crate::model::Schema;
use crate::names::Externs;
use crate::options::{Options, path_matches};

pub(super) fn run(schema: &Schema, options: &Options, sink: &mut Sink) {
    let mut unused: Vec<(&str, String)> =
        options.unused_paths().into_iter().map(|(key, path)| (key, path.to_owned())).collect();
    let externs = Externs { paths: options.extern_paths.clone(), plain: options.plain_externs.clone() };
    let types: Vec<&str> = (schema.messages.iter().map(|(_, m)| &*m.full_name))
        .chain(schema.enums.iter().map(|(_, e)| &*e.full_name))
        .collect();
    for proto in options.extern_paths.keys() {
        if !types.iter().any(|name| externs.key(name) == Some(proto)) {
            let plain = options.plain_externs.contains(proto);
            let key = if plain { "extern_prost" } else { "extern_path" };
            unused.push((key, format!(".{proto}")));
        }
    }
    let fields: Vec<&str> = schema.fields.iter().map(|(_, f)| &*f.full_name).collect();
    for (path, _) in &options.type_attributes {
        if !types.iter().any(|name| path_matches(path, name)) {
            unused.push(("type_attribute", path.clone()));
        }
    }
    for (path, _) in &options.field_attributes {
        if !fields.iter().chain(&types).any(|name| path_matches(path, name)) {
            unused.push(("field_attribute", path.clone()));
        }
    }
    for (key, path) in unused {
        sink.push(
            Diagnostic::warning(
                Code::UNUSED_PATH,
                format!("the path `{path}` of the option `{key}` matches nothing"),
            )
            .help("a path with a leading dot is a full name or a prefix of one; without, the end of a name"),
        );
    }
}
