//! The guides of `docs/guide/`: the files that each shows are written, and its commands run.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::pages::{self, Part};
use crate::report::Report;
use crate::session::Session;
use crate::{process, venv};

const GUIDES: &str = "docs/guide";

/// Tries every guide, or the one that is named.
pub(crate) fn run(session: &Session) -> Result<Report> {
    let venv = venv::ensure(session)?;
    let generator = session.binary("protoc-gen-rsvc", "protoc-gen-rsvc")?;
    let path = std::env::var("PATH").context("there is no PATH")?;
    let folder = generator.parent().context("a program lies in a folder")?;
    // The guides call `protoc-gen-rsvc`, `protoc` and `buf`.
    let path = format!("{}:{}:{path}", folder.display(), venv.root().join("bin").display());
    let only = std::env::var("RSVC_GUIDE").ok();
    let mut report = Report::default();
    let guides: BTreeSet<_> =
        fs::read_dir(session.root().join(GUIDES))?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    for guide in guides {
        let name = guide.file_stem().context("a guide has a name")?.to_string_lossy().into_owned();
        if only.as_ref().is_some_and(|only| *only != name) {
            continue;
        }
        println!("--> {name}");
        try_guide(session, &guide, &name, &path).with_context(|| format!("{GUIDES}/{name}.md"))?;
        report.passed += 1;
    }
    report.summary.push(format!("guides: {} of {GUIDES} work as they stand", report.passed));
    Ok(report)
}

fn try_guide(session: &Session, guide: &Path, name: &str, path: &str) -> Result<()> {
    let project = session.target("guides").join(name);
    if project.exists() {
        fs::remove_dir_all(&project)?;
    }
    fs::create_dir_all(&project)?;
    let parts = pages::parts(&fs::read_to_string(guide)?);
    ensure!(parts.iter().any(|part| matches!(part, Part::File { .. })), "it shows no file");
    for part in &parts {
        let Part::File { name, text } = part else { continue };
        let path = project.join(name);
        fs::create_dir_all(path.parent().context("a file lies in a folder")?)?;
        let text = if name == "Cargo.toml" { format!("{text}\n{}", session.patches()) } else { text.clone() };
        fs::write(&path, text).with_context(|| path.display().to_string())?;
    }
    // The same versions as here, so that nothing has to be fetched.
    fs::copy(session.root().join("Cargo.lock"), project.join("Cargo.lock"))?;
    for part in &parts {
        let (script, expected) = match part {
            Part::File { .. } => continue,
            Part::Script(script) => (script, None),
            Part::Command { line, output } => (line, Some(output)),
        };
        let mut command = Command::new("bash");
        command.args(["-euo", "pipefail", "-c", script]).current_dir(&project);
        command
            .env("PATH", path)
            .env("CARGO_TARGET_DIR", session.target(""))
            .env("CARGO_NET_OFFLINE", "true");
        let Some(expected) = expected else {
            let (status, lines) = process::tee(&mut command)?;
            let warning = lines.iter().find(|line| line.starts_with("warning"));
            ensure!(status.success() && warning.is_none(), "`{script}`: {status}, {warning:?}");
            continue;
        };
        let printed = process::capture(&mut command).with_context(|| script.clone())?;
        if printed.trim_end() != expected.trim_end() {
            bail!("`{script}` prints\n{printed}\nand not\n{expected}");
        }
    }
    Ok(())
}
