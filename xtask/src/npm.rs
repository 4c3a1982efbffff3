//! The Node packages that the tests use, below `target/`, each set from a manifest and its lock.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::process;
use crate::session::Session;

/// What speaks to our servers and clients: gRPC and Connect in Node, a browser and what drives it.
pub(crate) const INTEROP: Set = Set { folder: "tests/interop/node", home: "node" };
/// What reads descriptions of REST services.
pub(crate) const OPENAPI: Set = Set { folder: "tests/openapi/node", home: "openapi-node" };
/// What builds the page of the shop.
pub(crate) const WEB: Set = Set { folder: "examples/web", home: "web" };
/// All of them.
pub(crate) const SETS: [Set; 3] = [INTEROP, OPENAPI, WEB];

const MANIFEST: &str = "package.json";
const LOCK: &str = "package-lock.json";
/// A copy of the lock that the packages were installed from, written when they are complete.
const STAMP: &str = "installed.json";
/// The oldest version that the packages name.
const OLDEST: u32 = 20;

/// Packages that are installed together.
pub(crate) struct Set {
    /// The folder in the repository that has the manifest.
    folder: &'static str,
    /// The folder below `target/` where they are installed.
    home: &'static str,
}

/// A folder that has the pinned packages.
pub(crate) struct Packages(PathBuf);

impl Packages {
    /// The folder: the packages are in its `node_modules`.
    pub(crate) fn root(&self) -> &Path {
        &self.0
    }

    /// A program of the packages, to be run in their folder.
    pub(crate) fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(self.root().join("node_modules/.bin").join(name));
        command.current_dir(self.root()).stdin(Stdio::null());
        command
    }

    /// A script of the repository as Node can run it, with what it imports from its own folder.
    pub(crate) fn script(&self, session: &Session, path: &str) -> Result<PathBuf> {
        let (folder, name) = path.rsplit_once('/').context("a script is in a folder")?;
        let copy = self.scripts(session, folder)?.join(name);
        if !copy.is_file() {
            bail!("there is no script {path}");
        }
        Ok(copy)
    }

    /// A copy of the scripts in a folder of the repository. Node looks for packages in the folders above a script, so
    /// the copy is below this one.
    pub(crate) fn scripts(&self, session: &Session, folder: &str) -> Result<PathBuf> {
        let copy = self.root().join("scripts").join(folder);
        fs::create_dir_all(&copy)?;
        for entry in fs::read_dir(session.root().join(folder))? {
            let file = entry?.path();
            if file.extension().is_some_and(|extension| extension == "mjs") {
                fs::copy(&file, copy.join(file.file_name().context("a file has a name")?))?;
            }
        }
        Ok(copy)
    }
}

/// The packages of a set, installed or installed again where that is needed.
pub(crate) fn ensure(session: &Session, set: &Set) -> Result<Packages> {
    check_node()?;
    let packages = Packages(session.target(set.home));
    let folder = session.root().join(set.folder);
    let wanted = fs::read(folder.join(LOCK)).with_context(|| format!("{}/{LOCK}", set.folder))?;
    if fs::read(packages.root().join(STAMP)).is_ok_and(|installed| installed == wanted) {
        return Ok(packages);
    }
    println!("making {} from {}", packages.root().display(), set.folder);
    if packages.root().exists() {
        fs::remove_dir_all(packages.root())?;
    }
    fs::create_dir_all(packages.root())?;
    for file in [MANIFEST, LOCK] {
        fs::copy(folder.join(file), packages.root().join(file))?;
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
    process::run(npm.current_dir(packages.root()).stdin(Stdio::null())).context(
        "the Node packages could not be installed: npm needs a registry; on Debian: apt-get install npm",
    )?;
    fs::write(packages.root().join(STAMP), wanted)?;
    Ok(packages)
}

fn check_node() -> Result<()> {
    let output = Command::new("node").arg("--version").stdin(Stdio::null()).output();
    let text = match output {
        Err(error) => bail!(
            "cannot start node ({error}): the tests need Node {OLDEST} or newer and npm; on Debian: apt-get install nodejs npm"
        ),
        Ok(output) => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    };
    match major(&text) {
        Some(version) if version >= OLDEST => Ok(()),
        _ => bail!("node is {text:?}: the tests need Node {OLDEST} or newer"),
    }
}

/// The first number of a version such as `v20.20.2`.
fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions_of_node() {
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major("v8.0.0"), Some(8));
        assert_eq!(major(""), None);
    }
}
