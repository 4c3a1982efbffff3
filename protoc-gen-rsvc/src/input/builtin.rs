//! The files that need no file: by the names under which they are imported.

/// The text of a built-in file.
pub(crate) fn builtin(name: &str) -> Option<&'static str> {
    FILES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The names of all built-in files.
pub(crate) const NAMES: &[&str] = &[];

const FILES: &[(&str, &str)] = &[];
