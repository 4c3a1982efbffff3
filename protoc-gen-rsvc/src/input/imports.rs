//! Imports that no folder has, and those that nothing needs.

use std::collections::HashMap;

use super::files::{self, Includes};
use super::order::import_place;
use super::text::Texts;
use super::verify::Names;
use super::{builtin, raw, suggest};
use crate::diag::{Code, Diagnostic, Sink};

/// The file of the annotations that name definitions in texts.
const ANNOTATIONS: &str = "rsvc/v1/rsvc.proto";

/// Tells every import of a missing file, at each file that asks for it.
pub(crate) fn report_missing(texts: &Texts, includes: &Includes, sink: &mut Sink) {
    for (name, file) in &texts.files {
        for (index, import) in file.dependency.iter().enumerate() {
            if texts.missing.contains(import) {
                let found = Diagnostic::error(Code::IMPORT_NOT_FOUND, format!("`{import}` is not found"))
                    .at(import_place(file, name, index))
                    .note(None, format!("looked in {}, and in the built-in files", includes.listed()));
                sink.push(match advice(texts, includes, name, import) {
                    Some(advice) => found.help(advice),
                    None => found.help("add the folder from which this path starts to the include folders"),
                });
            }
        }
    }
}

/// Warns of imports of `roots` that nothing needs. One that passes others on may be there for those.
pub(crate) fn report_unused(files: &[raw::File], names: &Names, roots: &[String], sink: &mut Sink) {
    let index: HashMap<&str, usize> = files.iter().enumerate().map(|(i, file)| (file.name(), i)).collect();
    let annotations = index.get(ANNOTATIONS).copied();
    for &this in roots.iter().filter_map(|root| index.get(root.as_str())) {
        let file = &files[this];
        for (number, import) in file.dependency.iter().enumerate().take(names.imports[this]) {
            let public = i32::try_from(number).is_ok_and(|number| file.public_dependency.contains(&number));
            let Some(imported) = index.get(import.as_str()).filter(|_| !public) else { continue };
            // An error set is named in a text, which is no use that is seen here.
            let names_error_sets = annotations.is_some_and(|annotations| {
                [this, *imported].iter().all(|file| names.used[*file].contains(&annotations))
            });
            if !names_error_sets
                && !names.used[this].contains(imported)
                && files[*imported].public_dependency.is_empty()
            {
                let text = format!("the import `{import}` is not used");
                let place = import_place(file, file.name(), number);
                sink.push(Diagnostic::warning(Code::UNUSED_IMPORT, text).at(place).help("drop it"));
            }
        }
    }
}

fn advice(texts: &Texts, includes: &Includes, importer: &str, import: &str) -> Option<String> {
    // Many expect an import to be relative to the file it stands in.
    if let Some((folder, _)) = importer.rsplit_once('/') {
        let beside = format!("{folder}/{import}");
        if includes.find(&beside).is_some() {
            return Some(format!("paths start at an include folder: write `import \"{beside}\";`"));
        }
    }
    let near = files::neighbours(includes, import);
    let candidates =
        near.iter().chain(texts.files.keys()).map(String::as_str).chain(builtin::NAMES.iter().copied());
    suggest::closest(import, candidates).map(|name| format!("did you mean `{name}`?"))
}
