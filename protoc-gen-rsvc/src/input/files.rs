//! From names to files: the include folders, then the built-in set.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::builtin;
use crate::diag::{Code, Diagnostic};
use crate::sorted;

/// The folders in which imports are looked up, in order.
#[derive(Debug)]
pub(crate) struct Includes {
    folders: Vec<PathBuf>,
}

/// Where the text of a file comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TextOrigin {
    Disk(PathBuf),
    Builtin(&'static str),
}

impl Includes {
    /// Without any folder, the current one is meant.
    pub(crate) fn new(folders: &[PathBuf]) -> Self {
        let folders: Vec<_> = folders.iter().map(|folder| clean(&forward(folder))).collect();
        Self { folders: if folders.is_empty() { vec![PathBuf::from(".")] } else { folders } }
    }

    /// The folders as the user wrote them, for messages.
    pub(crate) fn listed(&self) -> String {
        self.folders.iter().map(|f| format!("`{}`", f.display())).collect::<Vec<_>>().join(", ")
    }

    pub(crate) fn folders(&self) -> &[PathBuf] {
        &self.folders
    }

    /// Folders that are not there: a slip of the pen that makes every import fail.
    pub(crate) fn missing(&self) -> impl Iterator<Item = &Path> {
        self.folders.iter().map(PathBuf::as_path).filter(|folder| !folder.is_dir())
    }

    /// The file behind the name of an import. A file of the user's own wins over a built-in one.
    pub(crate) fn find(&self, name: &str) -> Option<TextOrigin> {
        self.on_disk(name).map(TextOrigin::Disk).or_else(|| builtin::builtin(name).map(TextOrigin::Builtin))
    }

    fn on_disk(&self, name: &str) -> Option<PathBuf> {
        self.folders.iter().map(|folder| folder.join(name)).find(|path| path.is_file())
    }

    /// The import name of a file that the user listed, by its path or by that name itself.
    pub(crate) fn name_of(&self, given: &Path) -> Result<String, Box<Diagnostic>> {
        let given = if given.exists() { given.to_owned() } else { forward(given) };
        let path = clean(&given);
        let absolute =
            |path: &Path| std::path::absolute(path).map_or_else(|_| path.to_owned(), |p| clean(&p));
        for folder in &self.folders {
            let Ok(rest) = absolute(&path).strip_prefix(absolute(folder)).map(Path::to_owned) else {
                continue;
            };
            if !path.is_file() {
                continue;
            }
            let name = import_name(&rest).ok_or_else(|| Box::new(not_unicode(&path)))?;
            return self.check_shadow(name, &path);
        }
        let as_name = import_name(&path).ok_or_else(|| Box::new(not_unicode(&path)))?;
        if self.on_disk(&as_name).is_some() {
            return Ok(as_name);
        }
        Err(Box::new(self.no_name(&path)))
    }

    /// An earlier folder may hold another file of that name, which every import would get.
    fn check_shadow(&self, name: String, path: &Path) -> Result<String, Box<Diagnostic>> {
        match self.on_disk(&name) {
            Some(first) if !same_file(&first, path) => Err(Box::new(
                Diagnostic::error(
                    Code::FILE_NOT_IN_INCLUDES,
                    format!("`{}` is hidden by `{}`", path.display(), first.display()),
                )
                .note(None, format!("both are `{name}` to an import; folders: {}", self.listed()))
                .help("give the folder of the file you mean before the other one, or rename one of them"),
            )),
            _ => Ok(name),
        }
    }

    fn no_name(&self, path: &Path) -> Diagnostic {
        if path.is_dir() {
            return Diagnostic::error(Code::UNREADABLE_FILE, format!("`{}` is a folder", path.display()))
                .help("list the `.proto` files in it");
        }
        if path.is_file() {
            return Diagnostic::error(
                Code::FILE_NOT_IN_INCLUDES,
                format!("`{}` lies in none of the include folders", path.display()),
            )
            .note(None, format!("include folders: {}", self.listed()))
            .help("add the folder from which other files import it");
        }
        Diagnostic::error(Code::UNREADABLE_FILE, format!("`{}` does not exist", path.display()))
            .note(None, format!("looked for it as a path, and in the include folders {}", self.listed()))
    }
}

/// Whether two paths are one file, links and all.
pub(crate) fn same_file(a: &Path, b: &Path) -> bool {
    a == b || matches!((fs::canonicalize(a), fs::canonicalize(b)), (Ok(a), Ok(b)) if a == b)
}

/// The text of a file. A byte order mark is not a part of it.
pub(crate) fn read(path: &Path) -> Result<String, Box<Diagnostic>> {
    let unreadable =
        |reason: String| Diagnostic::error(Code::UNREADABLE_FILE, format!("`{}` {reason}", path.display()));
    let bytes = fs::read(path).map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied => unreadable("cannot be read: permission denied".to_owned()),
        _ => unreadable(format!("cannot be read: {error}")),
    })?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        unreadable(format!("is not UTF-8: byte {at} begins no character")).help("save it as UTF-8")
    })?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

/// The `.proto` files next to where `name` was expected, as import names: candidates for a slip of the pen.
pub(crate) fn neighbours(includes: &Includes, name: &str) -> Vec<String> {
    let (parent, _) = name.rsplit_once('/').unwrap_or(("", name));
    let mut names: Vec<String> = includes
        .folders()
        .iter()
        .filter_map(|folder| fs::read_dir(folder.join(parent)).ok())
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|file| Path::new(file).extension().is_some_and(|e| e == "proto"))
        .map(|file| if parent.is_empty() { file } else { format!("{parent}/{file}") })
        .collect();
    sorted::sort(&mut names);
    names.dedup();
    names
}

/// A path as an import writes it: parts joined by `/`.
fn import_name(path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path.iter().map(|part| part.to_str()).collect();
    Some(parts?.join("/"))
}

fn not_unicode(path: &Path) -> Diagnostic {
    Diagnostic::error(Code::UNREADABLE_FILE, format!("the name of `{}` is not Unicode", path.display()))
}

/// Backslashes as slashes, for paths written on Windows.
fn forward(path: &Path) -> PathBuf {
    match path.to_str() {
        Some(text) if text.contains('\\') && !path.exists() => PathBuf::from(text.replace('\\', "/")),
        _ => path.to_owned(),
    }
}

/// Without `.` and, where the part before is plain, without `..`.
fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    if out.as_os_str().is_empty() { PathBuf::from(".") } else { out }
}
