//! What a run has found out, line by line in a file, for the next one and for one that goes on where it was ended.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result};

use crate::process;

/// The lines of a file, to which more are added.
pub(super) struct Memory {
    /// Those that were there.
    known: BTreeSet<String>,
    file: Mutex<File>,
}

impl Memory {
    /// What is remembered for all times.
    pub(super) fn open(path: &Path) -> Result<Self> {
        Self::of(path, "")
    }

    /// What holds as long as `subject`, the first line, is the same: of another one nothing is remembered.
    pub(super) fn of(path: &Path, subject: &str) -> Result<Self> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error).with_context(|| path.display().to_string()),
        };
        // What follows the last end of a line was cut off.
        let whole = text.rfind('\n').map_or("", |end| &text[..=end]);
        let kept = whole.strip_prefix(subject).and_then(|rest| rest.strip_prefix('\n')).unwrap_or_default();
        let file = (|| {
            fs::create_dir_all(path.parent().unwrap_or(path))?;
            fs::write(path, format!("{subject}\n{kept}"))?;
            File::options().append(true).open(path)
        })();
        let file = Mutex::new(file.with_context(|| path.display().to_string())?);
        Ok(Self { known: kept.lines().map(str::to_owned).collect(), file })
    }

    pub(super) fn has(&self, line: &str) -> bool {
        self.known.contains(line)
    }

    pub(super) fn lines(&self) -> impl Iterator<Item = &str> {
        self.known.iter().map(String::as_str)
    }

    pub(super) fn add(&self, line: &str) -> Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // In one piece, as the run may be ended.
        Ok(file.write_all(format!("{line}\n").as_bytes())?)
    }
}

/// What tells texts apart.
pub(super) fn mark(texts: &[&[u8]]) -> String {
    let mut hasher = DefaultHasher::new();
    texts.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// The files of the workspace, as git knows them, and new ones.
pub(super) fn files(root: &Path) -> Result<Vec<String>> {
    let mut command = Command::new("git");
    command.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(root);
    let files = process::capture(&mut command)?;
    Ok(files.split_terminator('\0').map(str::to_owned).collect())
}

/// What tells the workspace apart from one in which tests may have other outcomes.
pub(super) fn state(root: &Path) -> Result<String> {
    let mut marks = Vec::new();
    let is_page = |file: &String| Path::new(file).extension().is_some_and(|end| end == "md");
    for file in files(root)?.into_iter().filter(|file| !is_page(file)) {
        // Links, and what is deleted, say nothing.
        let Ok(bytes) = fs::read(root.join(&file)) else { continue };
        marks.push(mark(&[file.as_bytes(), &bytes]));
    }
    marks.sort();
    Ok(mark(&[marks.concat().as_bytes()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_remembered_while_the_subject_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/lines.txt");
        let memory = Memory::of(&path, "one").unwrap();
        memory.add("a").unwrap();
        assert!(!memory.has("a"), "only what was there before");
        fs::write(&path, fs::read_to_string(&path).unwrap() + "half of a li").unwrap();
        let memory = Memory::of(&path, "one").unwrap();
        memory.add("b").unwrap();
        assert_eq!(memory.lines().collect::<Vec<_>>(), ["a"]);
        let memory = Memory::of(&path, "one").unwrap();
        assert!(memory.has("a") && memory.has("b") && !memory.has("one"));
        assert_eq!(Memory::of(&path, "on").unwrap().lines().count(), 0);
        assert_eq!(Memory::of(&path, "one").unwrap().lines().count(), 0, "it was another one meanwhile");
    }

    #[test]
    fn files_tell_a_workspace_apart() {
        let folder = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| fs::write(folder.path().join(file), text).unwrap();
        process::capture(Command::new("git").args(["init", "--quiet"]).current_dir(folder.path())).unwrap();
        let state = || super::state(folder.path()).unwrap();
        write("a.rs", "1");
        let first = state();
        write("a.md", "2");
        assert_eq!(state(), first, "no test reads pages");
        write("a.rs", "2");
        assert_ne!(state(), first);
        write("a.rs", "1");
        assert_eq!(state(), first);
        write("b.rs", "");
        assert_ne!(state(), first);
    }
}
