//! A workspace of crates on disk, in which cargo is timed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cost::{Time, timed};

/// Crates with the lock file of a checkout of this repository, so that all versions are the same.
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
}

/// The only source of a crate.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Library,
    Program,
}

impl Kind {
    /// Its file, and what stands in it when it says nothing.
    fn file(self) -> (&'static str, &'static str) {
        match self {
            Self::Library => ("src/lib.rs", ""),
            Self::Program => ("src/main.rs", "fn main() {}"),
        }
    }
}

impl Workspace {
    /// Writes the manifest of the workspace. `settings` stand at its end.
    pub(crate) fn new(
        root: PathBuf,
        target: PathBuf,
        checkout: &Path,
        members: &[String],
        settings: &str,
    ) -> Self {
        let workspace = Self { root, target };
        let manifest = format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n{settings}");
        workspace.write("Cargo.toml", &manifest);
        // The lock file is kept as cargo has shortened it, unless the checkout has another one.
        let lock = fs::read_to_string(checkout.join("Cargo.lock")).expect("the checkout is locked");
        if fs::read_to_string(workspace.root.join("Cargo.lock.origin")).ok().as_ref() != Some(&lock) {
            workspace.write("Cargo.lock", &lock);
            workspace.write("Cargo.lock.origin", &lock);
        }
        workspace
    }

    /// Writes a crate that says nothing.
    pub(crate) fn add(&self, package: &str, kind: Kind, dependencies: &str) {
        let manifest =
            format!("[package]\nname = \"{package}\"\nedition = \"2024\"\n\n[dependencies]\n{dependencies}");
        self.write(&format!("{package}/Cargo.toml"), &manifest);
        self.say(package, kind, None);
    }

    /// Empties a folder, and returns where it is.
    pub(crate) fn empty(&self, folder: &str) -> PathBuf {
        let folder = self.root.join(folder);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("the folder can be made");
        folder
    }

    /// What it takes to compile a crate by itself, everything that it depends on being compiled.
    pub(crate) fn compile(&self, package: &str, kind: Kind, source: &str, cargo: &[&str]) -> Time {
        let run = |source: Option<&str>| {
            self.say(package, kind, source);
            let mut command = self.cargo();
            command.args(cargo).args(["--quiet", "--offline", "--package", package]);
            timed(command.current_dir(&self.root))
        };
        run(None);
        run(Some(source))
    }

    /// Cargo, which compiles into the folder of this workspace.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.env("CARGO_TARGET_DIR", &self.target);
        command.env("CARGO_INCREMENTAL", "0").env_remove("RUSTFLAGS");
        // The profiles are those that cargo has by itself.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("CARGO_PROFILE_") {
                command.env_remove(name);
            }
        }
        command
    }

    /// Runs a program that was built for release, and returns how many bytes it has.
    pub(crate) fn run(&self, package: &str) -> u64 {
        let path = self.target.join("release").join(package);
        let output = Command::new(&path).output().expect("the program starts");
        assert!(output.status.success(), "{package}: {}", String::from_utf8_lossy(&output.stderr));
        fs::metadata(path).expect("the program").len()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap_or(&self.root)).expect("the folder can be made");
        fs::write(path, text).expect("the file can be written");
    }

    fn say(&self, package: &str, kind: Kind, source: Option<&str>) {
        let (file, nothing) = kind.file();
        self.write(&format!("{package}/{file}"), source.unwrap_or(nothing));
    }
}

/// Lines of Rust in a folder.
pub(crate) fn lines(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).expect("it was generated");
    let paths = entries.map(|entry| entry.expect("the folder can be read").path());
    let sources = paths.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    sources.map(|path| fs::read_to_string(path).expect("a source").lines().count()).sum()
}
