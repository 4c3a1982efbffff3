//! The published crates as a user gets them: packed, built from the package, used from outside.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::pages::{self, Part};
use crate::process;
use crate::report::Report;
use crate::session::Session;

/// What each package must hold beside its sources.
const PACKAGES: &[(&str, &[&str])] = &[
    (
        "protoc-gen-rsvc",
        &["LICENSE-APACHE", "LICENSE-MIT", "README.md", "proto/rsvc/v1/rsvc.proto", "templates/"],
    ),
    ("rsvc", &["LICENSE-APACHE", "LICENSE-MIT", "README.md"]),
    ("rsvc-common", &["LICENSE-APACHE", "LICENSE-MIT", "README.md"]),
];

/// Packs and builds them from the packed files alone, then builds the README's quick start on them.
pub(crate) fn run(session: &Session) -> Result<Report> {
    let mut report = Report::default();
    let mut command = session.cargo(["package", "--allow-dirty"]);
    for (name, wanted) in PACKAGES {
        command.args(["--package", name]);
        let listed =
            process::capture(&mut session.cargo(["package", "--allow-dirty", "--list", "--package", name]))?;
        check_list(name, &listed, wanted)?;
        report.passed += 1;
    }
    forget_unpacked()?;
    process::run(&mut command)?;
    report.passed += 1;
    use_them(session)?;
    report.passed += 1;
    report.summary.push(
        "package: the packages build from their own files and carry the README's quick start".to_owned(),
    );
    // Nothing is on a registry before the first release, so this alone cannot be tried.
    report.reasons.push("package: a build against versions published on a registry".to_owned());
    Ok(report)
}

/// Deletes what cargo has unpacked of an earlier package. It keeps that by the path of the clone, the name and the version,
/// and would build the others on it, whatever the package of now has.
fn forget_unpacked() -> Result<()> {
    let home = match std::env::var_os("CARGO_HOME") {
        Some(home) => PathBuf::from(home),
        None => std::env::home_dir().context("there is no home folder")?.join(".cargo"),
    };
    let sources = home.join("registry/src");
    if !sources.exists() {
        return Ok(());
    }
    for registry in fs::read_dir(&sources).with_context(|| sources.display().to_string())? {
        let registry = registry?;
        // Registries in a folder have no host, which others' names begin with.
        if !registry.file_name().to_string_lossy().starts_with('-') {
            continue;
        }
        for (name, _) in PACKAGES {
            let unpacked = registry.path().join(versioned(name));
            if unpacked.exists() {
                fs::remove_dir_all(&unpacked).with_context(|| unpacked.display().to_string())?;
            }
        }
    }
    Ok(())
}

/// The name of a package's folder.
fn versioned(name: &str) -> String {
    format!("{name}-{}", env!("CARGO_PKG_VERSION"))
}

fn check_list(name: &str, listed: &str, wanted: &[&str]) -> Result<()> {
    for file in wanted {
        let folder = file.ends_with('/');
        if !listed.lines().any(|line| line == *file || (folder && line.starts_with(file))) {
            bail!("the package {name} holds no {file}");
        }
    }
    Ok(())
}

/// A project outside of the workspace: the quick start of the README, with our packages in the place of a registry.
fn use_them(session: &Session) -> Result<()> {
    let project = session.target("outside");
    if project.exists() {
        fs::remove_dir_all(&project)?;
    }
    let page = fs::read_to_string(session.root().join("README.md"))?;
    for part in pages::parts(&page) {
        let Part::File { name, text } = part else { continue };
        let path = project.join(&name);
        fs::create_dir_all(path.parent().context("a file lies in a folder")?)?;
        let text = if name == "Cargo.toml" { manifest(session, &text) } else { text };
        fs::write(&path, text).with_context(|| path.display().to_string())?;
    }
    // The same versions as here, so that what is built already serves.
    fs::copy(session.root().join("Cargo.lock"), project.join("Cargo.lock"))?;
    let mut command = session.cargo(["build", "--target-dir"]);
    command.arg(session.target("")).current_dir(&project);
    process::run(&mut command).context("the README's quick start does not build on the packaged crates")
}

/// The manifest of the page, with the packed crates instead of published ones.
fn manifest(session: &Session, shown: &str) -> String {
    let mut text = format!(
        "[package]\nname = \"outside\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n{shown}\n[patch.crates-io]\n"
    );
    for (name, _) in PACKAGES {
        let folder = session.target("package").join(versioned(name));
        let _ = writeln!(text, "{name} = {{ path = \"{}\" }}", folder.display());
    }
    text
}
