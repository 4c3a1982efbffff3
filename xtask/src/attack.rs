//! Attacks on a running server: the Python programs of `tests/hostile` against the shop and the gateway.

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::report::Report;
use crate::session::Session;
use crate::{interop, process, tally, venv};

const FOLDER: &str = "tests/hostile";

/// Which programs are attacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Build {
    /// Those that the other tests use: nothing more has to be built.
    Debug,
    /// Those that users run: their figures count.
    Release,
}

/// All attacks, or those with these names, and the table of what each cost.
pub(crate) fn run(session: &Session, only: &[String]) -> Result<Report> {
    let arguments: Vec<_> = only.iter().flat_map(|name| ["--only", name]).collect();
    execute(session, Build::Release, &arguments)
}

/// The attacks that are part of every test run.
pub(crate) fn fast(session: &Session) -> Result<Report> {
    execute(session, Build::Debug, &["--fast"])
}

fn execute(session: &Session, build: Build, arguments: &[&str]) -> Result<Report> {
    if !cfg!(target_os = "linux") {
        return Ok(Report::left_out("hostile: memory and processor time are read from Linux's /proc"));
    }
    let venv = venv::ensure(session)?;
    let programs = programs(session, build)?;
    let stubs = interop::generate_stubs(session, &venv)?;
    let mut command = venv.python();
    command.arg("run.py").args(arguments).current_dir(session.root().join(FOLDER));
    let modules = std::env::join_paths([stubs, session.root().join(interop::SCRIPTS)])?;
    command.env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONPATH", modules);
    command.env("SHOP_BIN", programs.join("shop")).env("GATEWAY_BIN", programs.join("gateway"));
    command.env("HOSTILE_BUILD", if build == Build::Debug { "debug" } else { "release" });
    // What a program logs of an attack is not news; a panic is.
    command.env("RUST_LOG", "error");
    let (status, lines) = process::tee(&mut command)?;
    let mut report = tally::attacks(&lines);
    if !status.success() && report.failed == 0 {
        report.failed = 1;
        report.summary.push(format!("hostile: ended with {status}"));
    }
    Ok(report)
}

/// The folder with the shop and the gateway.
fn programs(session: &Session, build: Build) -> Result<PathBuf> {
    if build == Build::Release {
        let packages = ["build", "--release", "--package", "shop", "--package", "gateway", "--bins"];
        process::run(&mut session.cargo(packages))?;
        return Ok(session.target("release"));
    }
    session.binary("gateway", "gateway")?;
    let shop = session.binary("shop", "shop")?;
    Ok(shop.parent().context("a program is in a folder")?.to_owned())
}
