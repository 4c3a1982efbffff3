//! The files of the repository.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::source::Source;

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// All files of ours below a folder, as paths from the root with `/`, sorted. Links are not followed.
pub(crate) fn files(folder: &str) -> Vec<String> {
    let mut out = Vec::new();
    if !root().join(folder).exists() {
        return out;
    }
    collect(&root().join(folder), folder, &mut out);
    out.sort();
    out
}

fn collect(path: &Path, name: &str, out: &mut Vec<String>) {
    for entry in fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())) {
        let entry = entry.unwrap();
        let file = entry.file_name().into_string().expect("names are UTF-8");
        let below = if name.is_empty() { file.clone() } else { format!("{name}/{file}") };
        let kind = entry.file_type().unwrap();
        if kind.is_dir() && !is_foreign(&file, &entry.path()) {
            collect(&entry.path(), &below, out);
        } else if kind.is_file() {
            out.push(below);
        }
    }
}

/// The symbolic links below a folder.
pub(crate) fn links(folder: &str) -> Vec<PathBuf> {
    let (mut open, mut out) = (vec![root().join(folder)], Vec::new());
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let entry = entry.unwrap();
            let kind = entry.file_type().unwrap();
            if kind.is_symlink() {
                out.push(entry.path());
            } else if kind.is_dir() {
                open.push(entry.path());
            }
        }
    }
    out
}

/// What cargo, git, Python and the shop leave behind.
fn is_foreign(name: &str, path: &Path) -> bool {
    matches!(name, ".git" | "__pycache__" | ".venv" | "data") || path.join("CACHEDIR.TAG").exists()
}

/// What follows the last dot of a file's name.
pub(crate) fn extension(file: &str) -> &str {
    file.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map_or("", |(_, extension)| extension)
}

/// The text of a file; `None` for one that is not text.
pub(crate) fn text(file: &str) -> Option<String> {
    String::from_utf8(fs::read(root().join(file)).unwrap()).ok()
}

/// The Rust sources below some folders, read, without the modules that only tests see.
pub(crate) fn sources(folders: &[&str]) -> Vec<(String, Source)> {
    let mut out = Vec::new();
    let mut tests = BTreeSet::new();
    for file in folders.iter().flat_map(|folder| files(folder)).filter(|file| extension(file) == "rs") {
        let source = Source::parse(&text(&file).unwrap()).unwrap_or_else(|error| panic!("{file}: {error}"));
        tests.extend(source.test_modules.iter().map(|module| module_path(&file, module)));
        out.push((file, source));
    }
    out.retain(|(file, _)| {
        !tests.iter().any(|test| *file == format!("{test}.rs") || file.starts_with(&format!("{test}/")))
    });
    out
}

/// Where `mod name;` in a file looks, without its ending.
pub(crate) fn module_path(file: &str, name: &str) -> String {
    let (folder, stem) = file.rfind('/').map_or(("", file), |at| file.split_at(at + 1));
    match stem {
        "mod.rs" | "lib.rs" | "main.rs" => format!("{folder}{name}"),
        _ => format!("{folder}{}/{name}", stem.trim_end_matches(".rs")),
    }
}

#[test]
fn modules_are_found_where_rust_finds_them() {
    assert_eq!(module_path("a/src/lib.rs", "x"), "a/src/x");
    assert_eq!(module_path("a/src/b/mod.rs", "x"), "a/src/b/x");
    assert_eq!(module_path("a/src/b.rs", "x"), "a/src/b/x");
    assert_eq!((module_path("lib.rs", "x"), module_path("b.rs", "x")), ("x".into(), "b/x".into()));
}
