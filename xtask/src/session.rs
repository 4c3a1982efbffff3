//! Where everything is, found out once.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::process;

/// The workspace and its surroundings.
pub(crate) struct Session {
    root: PathBuf,
    target: PathBuf,
    shared: Option<PathBuf>,
    binaries: Vec<(String, String)>,
    features: Vec<String>,
    /// Whether the binaries have been built in this run.
    built: bool,
}

impl Session {
    /// Asks cargo and the environment.
    pub(crate) fn load() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lies in the workspace")?;
        let text = process::capture(cargo_in(root).args(["metadata", "--format-version", "1", "--no-deps"]))?;
        let metadata: Value = serde_json::from_str(&text)?;
        let shared = std::env::var_os("RSVC_SHARED").map(PathBuf::from);
        // Tests run in the folders of their packages: they get it as an absolute path.
        let shared =
            shared.map(|path| path.canonicalize().with_context(|| format!("RSVC_SHARED={}", path.display())));
        Ok(Self {
            root: root.to_owned(),
            target: metadata["target_directory"]
                .as_str()
                .context("cargo metadata has no target_directory")?
                .into(),
            shared: shared.transpose()?,
            binaries: binaries(&metadata),
            features: features(&metadata),
            built: false,
        })
    }

    /// The root of the workspace.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A path below cargo's target folder.
    pub(crate) fn target(&self, path: impl AsRef<Path>) -> PathBuf {
        self.target.join(path)
    }

    /// A path in the shared test data; `None` where a machine does not have it.
    pub(crate) fn shared(&self, path: &str) -> Option<PathBuf> {
        self.shared.as_ref().map(|shared| shared.join(path)).filter(|path| path.exists())
    }

    /// `cargo` with arguments, in the root.
    pub(crate) fn cargo(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = cargo_in(&self.root);
        // Build scripts look there as well as tests: one value in every step, so that nothing builds twice.
        command.args(args).env("RSVC_VENV", self.target("venv"));
        if let Some(shared) = &self.shared {
            command.env("RSVC_SHARED", shared);
        }
        command
    }

    /// The end of a manifest that takes the two published crates from here.
    pub(crate) fn patches(&self) -> String {
        let patch = |name: &str, folder: &str| {
            format!("{name} = {{ path = \"{}\" }}\n", self.root.join(folder).display())
        };
        format!(
            "[patch.crates-io]\n{}{}",
            patch("protoc-gen-rsvc", "protoc-gen-rsvc"),
            patch("rsvc", "runtime")
        )
    }

    /// Whether the workspace has this binary: suites come and go with their programs.
    pub(crate) fn has_binary(&self, package: &str, binary: &str) -> bool {
        self.binaries.iter().any(|(p, b)| p == package && b == binary)
    }

    /// The features of the runtime, without the one that stands for several.
    pub(crate) fn features(&self) -> &[String] {
        &self.features
    }

    /// Builds all binaries, with the features that the tests are built with, so that nothing builds twice.
    pub(crate) fn build_all(&mut self) -> Result<()> {
        process::run(&mut self.cargo(["build", "--workspace", "--bins", "--tests"]))?;
        self.built = true;
        Ok(())
    }

    /// The path of a binary, built with the others of its package unless [`Session::build_all`] did.
    pub(crate) fn binary(&self, package: &str, binary: &str) -> Result<PathBuf> {
        if !self.built {
            let mut build = self.cargo(["build", "--package", package, "--bins"]);
            if package == "protoc-gen-rsvc" {
                build.args(["--features", "documents"]);
            }
            process::run(&mut build)?;
        }
        let path = self.target("debug").join(binary);
        if !path.is_file() {
            bail!("cargo built no {}", path.display());
        }
        Ok(path)
    }
}

fn cargo_in(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}

fn items(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

fn features(metadata: &Value) -> Vec<String> {
    let packages = items(&metadata["packages"]);
    let runtime = packages.iter().find(|package| package["name"] == "rsvc");
    let features = runtime.and_then(|package| package["features"].as_object());
    features
        .into_iter()
        .flat_map(|features| features.keys())
        .filter(|name| *name != "default")
        .cloned()
        .collect()
}

fn binaries(metadata: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut out = Vec::new();
    for package in items(&metadata["packages"]) {
        for target in items(&package["targets"]) {
            if items(&target["kind"]).iter().any(|kind| kind == "bin") {
                out.push((text(&package["name"]), text(&target["name"])));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_binaries_of_the_workspace() {
        let session = Session::load().unwrap();
        assert!(session.has_binary("xtask", "xtask"));
        assert!(session.has_binary("shop", "shop"));
        assert!(!session.has_binary("shop", "xtask"));
    }
}
