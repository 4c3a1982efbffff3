//! Imports that no folder has.

use super::files::{self, Includes};
use super::order::import_place;
use super::text::Texts;
use super::{builtin, suggest};
use crate::diag::{Code, Diagnostic, Sink};

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
