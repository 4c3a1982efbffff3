//! Crates on disk: for each candidate one of the messages and a program on top of it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::ROOT;
use crate::candidate::{Candidate, Suite};
use crate::cost::Time;
use crate::json::RSVC;
use crate::schema::PACKAGE;
use crate::workspace::{self, Kind, Workspace};

/// A workspace with the crates of a suite.
pub(crate) struct Project {
    workspace: Workspace,
    root: PathBuf,
}

/// The two crates of a candidate.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    Messages,
    Program,
}

impl Part {
    const ALL: [Self; 2] = [Self::Messages, Self::Program];

    fn package(self, candidate: &Candidate) -> String {
        let stem = match self {
            Self::Messages => "messages",
            Self::Program => "program",
        };
        format!("{stem}_{}", candidate.crate_name())
    }

    fn kind(self) -> Kind {
        match self {
            Self::Messages => Kind::Library,
            Self::Program => Kind::Program,
        }
    }
}

impl Project {
    /// Writes the crates of a suite, with sources that say nothing, and generates the messages.
    pub(crate) fn new(suite: &Suite) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compile").join(suite.name);
        let members: Vec<_> = suite
            .candidates()
            .into_iter()
            .flat_map(|candidate| Part::ALL.map(|part| part.package(candidate)))
            .collect();
        let workspace = Workspace::new(root.clone(), root.join("target"), Path::new(ROOT), &members, "");
        workspace.write(&format!("proto/{PACKAGE}.proto"), &suite.schema.text);
        let own = root.join("proto");
        let protos: Vec<&Path> =
            std::iter::once(own.as_path()).chain(suite.includes.iter().map(Path::new)).collect();
        for candidate in suite.candidates() {
            for part in Part::ALL {
                workspace.add(&part.package(candidate), part.kind(), &dependencies(part, candidate));
            }
            let generated = workspace.empty(&format!("{}/src/generated", Part::Messages.package(candidate)));
            (candidate.generate)(&protos, &generated);
        }
        Self { workspace, root }
    }

    /// Lines of Rust that a candidate generates.
    pub(crate) fn lines(&self, candidate: &Candidate) -> usize {
        workspace::lines(&self.root.join(Part::Messages.package(candidate)).join("src/generated"))
    }

    /// What it takes to compile one crate by itself, everything that it depends on being compiled.
    pub(crate) fn compile(&self, part: Part, candidate: &Candidate, suite: &Suite, cargo: &[&str]) -> Time {
        let source = match part {
            Part::Messages => candidate.library.to_owned(),
            Part::Program => program(candidate, suite),
        };
        self.workspace.compile(&part.package(candidate), part.kind(), &source, cargo)
    }

    /// Runs a candidate's program, and returns how many bytes it has.
    pub(crate) fn run(&self, candidate: &Candidate) -> u64 {
        self.workspace.run(&Part::Program.package(candidate))
    }
}

fn dependencies(part: Part, candidate: &Candidate) -> String {
    let mut text = String::new();
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
