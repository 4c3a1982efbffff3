//! The crates: ours as the README shows it, and tonic's as its own quick start shows it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::ROOT;
use crate::cost::{Time, overheard};
use crate::workspace::Workspace;

/// The package of each.
const PACKAGE: &str = "quickstart";

const README: &str = include_str!("../../../../README.md");

/// What both have.
const TOKIO: &str = "tokio = { version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }";

/// A crate, which nothing is built for yet.
pub(super) struct Start {
    pub(super) name: &'static str,
    /// What it may take at most of what tonic's takes.
    pub(super) limit: Option<f64>,
    workspace: Workspace,
    target: PathBuf,
}

/// All of them, tonic's last.
pub(super) fn all() -> Vec<Start> {
    let shown =
        Source { build: shown("build.rs"), proto: shown("proto/users.proto"), main: shown("src/main.rs") };
    let ours = |features: &str| {
        let path = |folder| Path::new(ROOT).join(folder).canonicalize().expect("a crate of ours");
        format!(
            "[dependencies]\nrsvc = {{ path = \"{}\"{features} }}\n{TOKIO}\n\n\
             [build-dependencies]\nprotoc-gen-rsvc = {{ path = \"{}\" }}\n",
            path("runtime").display(),
            path("protoc-gen-rsvc").display()
        )
    };
    let ends = ", default-features = false, features = [\"server\", \"client\"]";
    let without_rest = Source { build: include_str!("without_rest.rs"), ..shown };
    let tonic = Source {
        build: "fn main() {\n    tonic_prost_build::compile_protos(\"proto/users.proto\").unwrap();\n}\n",
        proto: include_str!("tonic.proto"),
        main: include_str!("tonic.rs"),
    };
    let of_tonic = format!(
        "[dependencies]\ntonic = \"0.14\"\ntonic-prost = \"0.14\"\nprost = \"0.14\"\n{TOKIO}\n\n\
         [build-dependencies]\ntonic-prost-build = \"0.14\"\n"
    );
    vec![
        Start::new("rsvc", Some(1.5), "default", &ours(""), &shown),
        Start::new("rsvc, server and client alone", Some(1.2), "ends", &ours(ends), &without_rest),
        Start::new("tonic", None, "tonic", &of_tonic, &tonic),
    ]
}

/// The files of a crate.
struct Source {
    build: &'static str,
    proto: &'static str,
    main: &'static str,
}

impl Start {
    /// Writes a crate, and fetches what this machine does not have yet of what it depends on.
    fn new(name: &'static str, limit: Option<f64>, slug: &str, dependencies: &str, source: &Source) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compile/quickstart").join(slug);
        let target = root.join("target");
        let members = [PACKAGE.to_owned()];
        let workspace = Workspace::new(root.clone(), target.clone(), Path::new(ROOT), &members, "");
        let manifest = format!("[package]\nname = \"{PACKAGE}\"\nedition = \"2024\"\n\n{dependencies}");
        let files = [
            ("Cargo.toml", &*manifest),
            ("build.rs", source.build),
            ("proto/users.proto", source.proto),
            ("src/main.rs", source.main),
        ];
        for (file, text) in files {
            workspace.write(&format!("{PACKAGE}/{file}"), text);
        }
        let fetched = workspace.cargo().args(["fetch", "--quiet"]).current_dir(root).status();
        assert!(fetched.expect("cargo starts").success(), "{name}: not all crates are there");
        Self { name, limit, workspace, target }
    }

    /// Builds it and all that it depends on.
    ///
    /// # Panics
    /// On a warning.
    pub(super) fn build(&self) -> Time {
        let _ = std::fs::remove_dir_all(&self.target);
        let mut cargo = self.cargo();
        let (time, said) = overheard(cargo.args(["build", "--quiet"]));
        // They take a lot of room.
        let _ = std::fs::remove_dir_all(&self.target);
        assert!(said.is_empty(), "{}: the build is not silent: {said}", self.name);
        time
    }

    /// How many crates are compiled, its own among them.
    pub(super) fn crates(&self) -> usize {
        let mut cargo = self.cargo();
        cargo.args(["tree", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"]);
        let output = cargo.output().expect("cargo starts");
        assert!(output.status.success(), "{}: {}", self.name, String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8_lossy(&output.stdout);
        let packages = text.lines().filter(|line| !line.is_empty()).map(|line| line.trim_end_matches(" (*)"));
        packages.collect::<BTreeSet<_>>().len()
    }

    fn cargo(&self) -> std::process::Command {
        let mut cargo = self.workspace.cargo();
        cargo
            .current_dir(self.target.parent().expect("it lies in the workspace"))
            .env("CARGO_NET_OFFLINE", "true");
        cargo
    }
}

/// A file of the README's quick start: a line with its name in backticks, then a block of code.
fn shown(name: &str) -> &'static str {
    let found =
        README.split_once(&format!("\n`{name}`\n\n```")).and_then(|(_, after)| after.split_once('\n'));
    let block = found.and_then(|(_, block)| block.split_once("\n```"));
    block.unwrap_or_else(|| panic!("the README shows no `{name}`")).0
}
