//! Crates on disk: for each candidate one of the messages and a program on top of it.
//!
//! They are a workspace of their own with the lock file of this one, so that all versions are the same.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::candidate::{Candidate, Suite};
use crate::cost::{Time, timed};
use crate::json::RSVC;
use crate::schema::PACKAGE;

/// The root of this workspace.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// A workspace with the crates of a suite.
pub(crate) struct Project {
    root: PathBuf,
}

/// The two crates of a candidate.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    Messages,
    Program,
}

impl Part {
    fn package(self, candidate: &Candidate) -> String {
        let stem = match self {
            Self::Messages => "messages",
            Self::Program => "program",
        };
        format!("{stem}_{}", candidate.crate_name())
    }

    /// The source that cargo is to compile, and one that says nothing.
    fn source(self) -> (&'static str, &'static str) {
        match self {
            Self::Messages => ("lib.rs", ""),
            Self::Program => ("main.rs", "fn main() {}"),
        }
    }
}

impl Project {
    /// Writes the crates of a suite, with sources that say nothing, and generates the messages.
    pub(crate) fn new(suite: &Suite) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compile").join(suite.name);
        let project = Self { root };
        let members: Vec<_> = suite
            .candidates()
            .into_iter()
            .flat_map(|candidate| [Part::Messages, Part::Program].map(|part| part.package(candidate)))
            .collect();
        let manifest = format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n");
        project.write("Cargo.toml", &manifest);
        // The lock file is kept as cargo has shortened it, unless this workspace has another one.
        let lock = fs::read_to_string(Path::new(ROOT).join("Cargo.lock")).expect("this workspace is locked");
        if fs::read_to_string(project.root.join("Cargo.lock.origin")).ok().as_ref() != Some(&lock) {
            project.write("Cargo.lock", &lock);
            project.write("Cargo.lock.origin", &lock);
        }
        project.write(&format!("proto/{PACKAGE}.proto"), &suite.schema.text);
        let own = project.root.join("proto");
        let protos: Vec<&Path> =
            std::iter::once(own.as_path()).chain(suite.includes.iter().map(Path::new)).collect();
        for candidate in suite.candidates() {
            for part in [Part::Messages, Part::Program] {
                let package = part.package(candidate);
                let (file, nothing) = part.source();
                project.write(&format!("{package}/Cargo.toml"), &manifest_of(part, candidate));
                project.write(&format!("{package}/src/{file}"), nothing);
            }
            let generated = project.generated(candidate);
            let _ = fs::remove_dir_all(&generated);
            fs::create_dir_all(&generated).expect("the folder can be made");
            (candidate.generate)(&protos, &generated);
        }
        project
    }

    fn generated(&self, candidate: &Candidate) -> PathBuf {
        self.root.join(Part::Messages.package(candidate)).join("src/generated")
    }

    /// Lines of Rust that a candidate generates.
    pub(crate) fn lines(&self, candidate: &Candidate) -> usize {
        let entries = fs::read_dir(self.generated(candidate)).expect("it was generated");
        let paths = entries.map(|entry| entry.expect("the folder can be read").path());
        let sources = paths.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
        sources.map(|path| fs::read_to_string(path).expect("a source").lines().count()).sum()
    }

    /// What it takes to compile one crate by itself, everything that it depends on being compiled.
    pub(crate) fn compile(&self, part: Part, candidate: &Candidate, suite: &Suite, cargo: &[&str]) -> Time {
        let package = part.package(candidate);
        let (file, nothing) = part.source();
        let run = |source: &str| {
            self.write(&format!("{package}/src/{file}"), source);
            let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
            command.args(cargo).args(["--quiet", "--offline", "--package", &package]);
            command.current_dir(&self.root).env("CARGO_TARGET_DIR", self.root.join("target"));
            timed(command.env("CARGO_INCREMENTAL", "0").env_remove("RUSTFLAGS"))
        };
        run(nothing);
        run(&match part {
            Part::Messages => candidate.library.to_owned(),
            Part::Program => program(candidate, suite),
        })
    }

    /// Runs a candidate's program, and returns how many bytes it has.
    pub(crate) fn run(&self, candidate: &Candidate) -> u64 {
        let path = self.root.join("target/release").join(Part::Program.package(candidate));
        let output = Command::new(&path).output().expect("the program starts");
        assert!(output.status.success(), "{}: {}", candidate.name, String::from_utf8_lossy(&output.stderr));
        fs::metadata(path).expect("the program").len()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap_or(&self.root)).expect("the folder can be made");
        fs::write(path, text).expect("the file can be written");
    }
}

fn manifest_of(part: Part, candidate: &Candidate) -> String {
    let package = part.package(candidate);
    let mut text = format!("[package]\nname = \"{package}\"\nedition = \"2024\"\n\n[dependencies]\n");
    for dependency in candidate.dependencies {
        let source = match *dependency {
            RSVC => format!("{{ path = {:?}, default-features = false }}", format!("{ROOT}/runtime")),
            _ => "\"*\"".into(),
        };
        writeln!(text, "{dependency} = {source}").expect("a string takes everything");
    }
    if matches!(part, Part::Program) {
        let messages = Part::Messages.package(candidate);
        writeln!(text, "messages = {{ package = \"{messages}\", path = \"../{messages}\" }}")
            .expect("a string takes everything");
    }
    text
}

/// A program that does what is to be done with each message.
fn program(candidate: &Candidate, suite: &Suite) -> String {
    let mut text = String::new();
    for (index, message) in suite.schema.messages.iter().enumerate() {
        let body = (candidate.call)(message);
        writeln!(
            text,
            "#[allow(unused_variables)]\nfn f{index}(wire: &[u8], json: &[u8]) -> usize {{\n    {body}\n}}"
        )
        .expect("a string takes everything");
    }
    let all: Vec<_> = (0..suite.schema.messages.len()).map(|index| format!("f{index}")).collect();
    let all = all.join(", ");
    writeln!(
        text,
        "fn main() {{\n    let all: &[fn(&[u8], &[u8]) -> usize] = &[{all}];\n    \
         let (wire, json) = std::hint::black_box((b\"\", b\"{{}}\"));\n    \
         let sum: usize = all.iter().map(|f| f(wire, json)).sum();\n    println!(\"{{sum}}\");\n}}"
    )
    .expect("a string takes everything");
    text
}
