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
    if let Some(only) = only.filter(|_| report.passed == 0) {
        bail!("RSVC_GUIDE: {GUIDES} has no `{only}.md`");
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
    let page = fs::read_to_string(guide)?;
    let parts = pages::parts(&page);
    ensure!(parts.iter().any(|part| matches!(part, Part::File { .. })), "it shows no file");
    for part in &parts {
        let Part::File { name, text } = part else { continue };
        let path = project.join(name);
        fs::create_dir_all(path.parent().context("a file lies in a folder")?)?;
        let text = if name == "Cargo.toml" { manifest(session, text) } else { text.clone() };
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
            let warning = lines.iter().find(|line| is_unexpected(line, &page));
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

/// The manifest at the root of a guide, with the crates from here.
fn manifest(session: &Session, shown: &str) -> String {
    let workspace = if shown.contains("[workspace]") { "" } else { "[workspace]\n\n" };
    format!("{shown}\n{workspace}{}", session.patches())
}

/// Whether a line is a warning that the page does not speak of. Those of build scripts begin with their package.
fn is_unexpected(line: &str, page: &str) -> bool {
    let Some(text) = line.strip_prefix("warning") else { return false };
    let of_script = text.split(": ").nth(1).is_some_and(|package| package.contains('@'));
    match text.split_once("[RSVC") {
        Some((_, rest)) => !page.contains(&format!("RSVC{}", rest.get(..4).unwrap_or_default())),
        None => !of_script,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_warnings_of_the_page_are_expected() {
        let page = "a warning (RSVC0501)";
        assert!(!is_unexpected("warning: a@0.1.0: x.proto:1:1: warning[RSVC0501]: no", page));
        assert!(!is_unexpected("warning: a@0.1.0:    |", page));
        assert!(!is_unexpected("    Finished", page));
        assert!(is_unexpected("warning: a@0.1.0: x.proto:1:1: warning[RSVC0502]: no", page));
        assert!(is_unexpected("warning[RSVC0201]: no", page));
        assert!(is_unexpected("warning: unused import: `x`", page));
    }
}
