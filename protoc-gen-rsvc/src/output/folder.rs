//! The folder that a run writes to: what has not changed is left alone, and what others have made there too.

#![allow(clippy::disallowed_methods)] // the border of the file system runs here: see clippy.toml

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::record::{Record, RunRecord, digest};
use super::{GeneratedFile, HEADER};
use crate::diag::{Code, Diagnostic};
use crate::emit::{Existing, SHARED_FILES};
use crate::sorted::{self, SortedMap, SortedSet};
use crate::threads::lock;

/// The folder of the record, in the folder of the files.
const RECORD_FOLDER: &str = ".rsvc";

/// What the runs of this process have made, by folder: the calls of one build script make one tree.
static MADE: Mutex<SortedMap<PathBuf, Vec<RunRecord>>> = Mutex::new(SortedMap::new());

/// Where a run writes to.
pub(crate) struct Folder {
    path: PathBuf,
    /// Whether it is cargo's for this build script, whose earlier processes may be forgotten.
    is_own: bool,
}

impl Folder {
    /// The given folder, or cargo's for this build script.
    pub(crate) fn new(given: Option<&Path>) -> Result<Self, Diagnostic> {
        if let Some(folder) = given {
            return Ok(Self { path: absolute(folder), is_own: false });
        }
        let dir = std::env::var_os("OUT_DIR").map(|dir| Path::new(&dir).join("rsvc"));
        dir.map(|path| Self { path, is_own: true }).ok_or_else(|| {
            Diagnostic::error(Code::OUTPUT, "there is no folder to write to")
                .help("call this from a build script, or name a folder with `out_dir`")
        })
    }

    /// What an earlier run with this key has made, if it is all there still and made of the same: `inputs` gives the
    /// content of files by their names now.
    pub(crate) fn unchanged(
        &self,
        key: u64,
        inputs: impl FnOnce(&[String]) -> Option<u64>,
    ) -> Option<RunRecord> {
        let record = self.record()?;
        let run = record.runs.iter().find(|run| run.key == key)?;
        if inputs(&run.names) != Some(run.inputs) || self.shared() != record.shared {
            return None;
        }
        if run.files.iter().any(|(name, content)| self.content(name) != Some(*content)) {
            return None;
        }
        let mut made = made();
        let runs = made.or_default(self.path.clone());
        // What has been made since is in the record, too, or else the root is another.
        if runs.iter().any(|other| !record.runs.contains(other)) {
            return None;
        }
        if !runs.contains(run) {
            runs.push(run.clone());
        }
        Some(run.clone())
    }

    /// What this process has made here with other keys.
    pub(crate) fn earlier(&self, key: u64) -> Vec<RunRecord> {
        let made = made();
        let runs = made.get(&self.path).into_iter().flatten();
        runs.filter(|run| run.key != key).cloned().collect()
    }

    /// Begins to write what is made of `roots`. Nothing that another run has made goes without a word: if that is made of
    /// files that are still there and not among `roots`, this is an error.
    pub(crate) fn begin(
        &self,
        key: u64,
        roots: &SortedMap<String, String>,
    ) -> Result<Writing<'_>, Diagnostic> {
        let earlier = self.earlier(key);
        if !self.is_own
            && let Some(record) = self.record()
        {
            for run in record.runs.iter().filter(|run| !earlier.contains(run)) {
                let lost = run.roots.iter().find(|(name, path)| {
                    !roots.contains_key(*name) && !path.is_empty() && Path::new(path).exists()
                });
                if let Some((name, _)) = lost {
                    return Err(self.not_ours(name));
                }
            }
        }
        fs::create_dir_all(&self.path).map_err(|error| cannot_write(&self.path, &error))?;
        Ok(Writing { folder: self, earlier, files: Mutex::default() })
    }

    fn not_ours(&self, name: &str) -> Diagnostic {
        let folder = self.path.display();
        Diagnostic::error(
            Code::OUTPUT,
            format!("`{folder}` has what another run made of `{name}`, which this run was not given"),
        )
        .note(None, "the files of a folder are one module tree, with one `mod.rs`")
        .help(format!(
            "name all files in one run, or give each run a folder of its own; if `{name}` is not wanted any more, \
             delete the folder `{folder}` first"
        ))
    }

    fn record(&self) -> Option<Record> {
        Record::from_text(&fs::read_to_string(self.path.join(RECORD_FOLDER).join("record")).ok()?)
    }

    /// The contents of the files that are about all packages.
    fn shared(&self) -> Vec<Option<u64>> {
        SHARED_FILES.iter().map(|name| self.content(name)).collect()
    }

    /// Files that are not Rust, which the record has as an earlier run wrote them: they carry no mark of their own.
    fn stale_documents(&self, kept: &SortedSet<&str>) -> Vec<PathBuf> {
        let record = self.record();
        let written = record.iter().flat_map(|record| &record.runs).flat_map(|run| &run.files);
        let stale: SortedSet<&str> = written
            .filter(|(name, content)| {
                !is_rust(Path::new(name))
                    && !kept.contains(name.as_str())
                    && self.content(name) == Some(**content)
            })
            .map(|(name, _)| name.as_str())
            .collect();
        stale.into_iter().map(|name| self.path.join(name)).collect()
    }

    /// The content of a file as it is now.
    fn content(&self, name: &str) -> Option<u64> {
        Some(digest(fs::read(self.path.join(name)).ok()?.as_slice()))
    }
}

/// A run that writes.
pub(crate) struct Writing<'a> {
    folder: &'a Folder,
    earlier: Vec<RunRecord>,
    files: Mutex<SortedMap<String, u64>>,
}

impl Writing<'_> {
    /// What earlier calls of this process have made.
    pub(crate) fn existing(&self) -> Result<Option<Existing>, Diagnostic> {
        if self.earlier.is_empty() {
            return Ok(None);
        }
        let read = |name: &str| {
            let path = self.folder.path.join(name);
            fs::read_to_string(&path).map_err(|error| cannot_write(&path, &error))
        };
        let [root, descriptors] = SHARED_FILES;
        let (root, descriptors) = (read(root)?, read(descriptors)?);
        let files = self.earlier.iter().flat_map(|run| run.files.keys().cloned()).collect();
        let names = self.earlier.iter().flat_map(|run| run.names.iter().cloned()).collect();
        Ok(Some(Existing { root, descriptors, files, names }))
    }

    /// Writes a file unless it has this content already, so that nothing that depends on it is built again.
    pub(crate) fn write(&self, file: &GeneratedFile) -> Result<(), Diagnostic> {
        let content = digest(file.content.as_bytes());
        let other = self.earlier.iter().filter_map(|run| run.files.get(&file.name)).find(|c| **c != content);
        if other.is_some() {
            return Err(twice(&file.name));
        }
        write_changed(&self.folder.path.join(&file.name), file.content.as_bytes())?;
        if SHARED_FILES.contains(&file.name.as_str()) {
            return Ok(());
        }
        lock(&self.files).insert(file.name.clone(), content);
        Ok(())
    }

    /// Ends the run: files of an earlier one that are no longer generated are removed, and told.
    pub(crate) fn finish(self, mut run: RunRecord) -> Result<Vec<Diagnostic>, Diagnostic> {
        let folder = &self.folder.path;
        run.files = self.files.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut runs = self.earlier;
        runs.push(run);
        let kept: SortedSet<&str> =
            runs.iter().flat_map(|run| run.files.keys()).map(String::as_str).chain(SHARED_FILES).collect();
        let mut told = Vec::new();
        let mut gone = stale(folder, &kept).map_err(|error| cannot_write(folder, &error))?;
        gone.extend(self.folder.stale_documents(&kept));
        for path in gone {
            fs::remove_file(&path).map_err(|error| cannot_write(&path, &error))?;
            if !self.folder.is_own {
                let message = format!("removed `{}`, which is not generated any more", path.display());
                told.push(Diagnostic::warning(Code::OUTPUT, message));
            }
        }
        let record = Record { shared: self.folder.shared(), runs };
        let place = folder.join(RECORD_FOLDER);
        fs::create_dir_all(&place).map_err(|error| cannot_write(&place, &error))?;
        write_changed(&place.join(".gitignore"), b"*\n")?;
        write_changed(&place.join("record"), record.to_text().as_bytes())?;
        made().insert(folder.clone(), record.runs);
        Ok(told)
    }
}

fn made() -> MutexGuard<'static, SortedMap<PathBuf, Vec<RunRecord>>> {
    lock(&MADE)
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn twice(name: &str) -> Diagnostic {
    let found = Diagnostic::error(
        Code::OUTPUT,
        format!("two calls of this build script generate `{name}`, and not the same"),
    );
    if !is_rust(Path::new(name)) {
        return found.help(
            "compile all files in one call, or let each package have a document of its own (`openapi_split=package`), or \
             give each call an `out_dir` of its own",
        );
    }
    found.note(None, "the files of a folder are one module tree: several calls may add packages to it").help(
        "compile the files of a package in one call; if both calls import it, let one of them generate it and give the \
         other `extern_path`, or give each call an `out_dir` of its own",
    )
}

fn cannot_write(path: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::error(Code::OUTPUT, format!("cannot write `{}`: {error}", path.display()))
        .help("check that the folder exists and may be written to")
}

fn write_changed(path: &Path, content: &[u8]) -> Result<(), Diagnostic> {
    if fs::read(path).is_ok_and(|old| old == content) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    (fs::create_dir_all(folder).and_then(|()| fs::write(path, content)))
        .map_err(|error| cannot_write(path, &error))
}

/// Writes the files into `folder`, which is created. `.rs` files of an earlier run that are no longer generated are
/// removed.
pub(crate) fn write(folder: &Path, files: &[GeneratedFile]) -> Result<(), Diagnostic> {
    fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
    for file in files {
        write_changed(&folder.join(&file.name), file.content.as_bytes())?;
    }
    let kept: SortedSet<&str> = files.iter().map(|file| file.name.as_str()).collect();
    for path in stale(folder, &kept).map_err(|error| cannot_write(folder, &error))? {
        fs::remove_file(&path).map_err(|error| cannot_write(&path, &error))?;
    }
    Ok(())
}

/// Writes one file, with the folders that it lies in.
pub(crate) fn write_file(path: &Path, text: &str) -> Result<(), Diagnostic> {
    let folder = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text))
        .map_err(|error| cannot_write(path, &error))
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
}

/// Files with our header that are not among those kept.
fn stale(folder: &Path, kept: &SortedSet<&str>) -> io::Result<Vec<PathBuf>> {
    let mut stale = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_kept = path.file_name().and_then(|name| name.to_str()).is_some_and(|name| kept.contains(name));
        if is_rust(&path) && !is_kept && fs::read(&path).is_ok_and(|text| text.starts_with(HEADER.as_bytes()))
        {
            stale.push(path);
        }
    }
    sorted::sort(&mut stale);
    Ok(stale)
}
