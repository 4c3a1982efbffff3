//! A checkout of this repository: its generator, its runtime, and the crates that are compiled with them.

use std::path::{Path, PathBuf};

use super::schema::{self, PACKAGE};
use crate::cost::Time;
use crate::workspace::{self, Kind, Workspace};

/// A checkout.
pub(super) struct Tree {
    /// What it is called in the table.
    pub(super) name: String,
    /// A word for names of crates.
    slug: &'static str,
    workspace: Workspace,
    generated: PathBuf,
}

/// A crate that is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Messages, services and clients.
    Services,
    /// A program that serves them.
    Program,
    /// A program that serves nothing.
    Empty,
}

impl Part {
    const ALL: [Self; 3] = [Self::Services, Self::Program, Self::Empty];

    fn stem(self) -> &'static str {
        match self {
            Self::Services => "services",
            Self::Program => "program",
            Self::Empty => "empty",
        }
    }

    fn kind(self) -> Kind {
        if self == Self::Services { Kind::Library } else { Kind::Program }
    }

    fn source(self) -> String {
        match self {
            Self::Services => "include!(\"generated/mod.rs\");\n".into(),
            Self::Program => schema::program(true),
            Self::Empty => schema::program(false),
        }
    }
}

impl Tree {
    /// Writes the crates, and generates the services with the checkout's generator.
    pub(super) fn new(name: String, slug: &'static str, checkout: &Path) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compile/services");
        let root = folder.join(slug);
        let members = Part::ALL.map(|part| format!("{}_{slug}", part.stem()));
        // What is compared is code and data, not the names of symbols.
        let settings = "[profile.release]\nstrip = true\n";
        let workspace = Workspace::new(root.clone(), folder.join("target"), checkout, &members, settings);
        for part in Part::ALL {
            let dependencies = dependencies(part, slug, checkout);
            workspace.add(&format!("{}_{slug}", part.stem()), part.kind(), &dependencies);
        }
        workspace.write(&format!("proto/{PACKAGE}.proto"), &schema::proto());
        let generated = workspace.empty(&format!("services_{slug}/src/generated"));
        let mut cargo = workspace.cargo();
        cargo.args(["run", "--quiet", "--offline", "--locked", "--package", "protoc-gen-rsvc", "--"]);
        cargo.args(["generate".as_ref(), "--out".as_ref(), generated.as_os_str()]);
        cargo.args(["-I".as_ref(), root.join("proto").as_os_str()]).arg(format!("{PACKAGE}.proto"));
        let status = cargo.current_dir(checkout).status().expect("cargo starts");
        assert!(status.success(), "the generator of {name} failed");
        Self { name, slug, workspace, generated }
    }

    /// Lines of Rust that are generated.
    pub(super) fn lines(&self) -> usize {
        workspace::lines(&self.generated)
    }

    /// What it takes to compile one crate by itself, everything that it depends on being compiled.
    pub(super) fn compile(&self, part: Part, cargo: &[&str]) -> Time {
        self.workspace.compile(&self.package(part), part.kind(), &part.source(), cargo)
    }

    /// Runs a program, and returns how many bytes it has.
    pub(super) fn run(&self, part: Part) -> u64 {
        self.workspace.run(&self.package(part))
    }

    fn package(&self, part: Part) -> String {
        format!("{}_{}", part.stem(), self.slug)
    }
}

fn dependencies(part: Part, slug: &str, checkout: &Path) -> String {
    let rsvc = format!("rsvc = {{ path = \"{}\" }}\n", checkout.join("runtime").display());
    match part {
        Part::Services => rsvc,
        Part::Program | Part::Empty => format!(
            "{rsvc}services = {{ package = \"services_{slug}\", path = \"../services_{slug}\" }}\n\
             tokio = {{ version = \"*\", features = [\"macros\", \"rt-multi-thread\"] }}\n"
        ),
    }
}
