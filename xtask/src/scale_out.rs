//! Many shops under load while they are killed, frozen, drained and replaced: `examples/scale-out`.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

use crate::report::Report;
use crate::session::Session;
use crate::{process, tally, venv};

const PACKAGE: &str = "scale-out";
/// What is between the load and the shops, as its flag `--way` says it.
const WAYS: [&str; 2] = ["envoy", "client"];
/// The page with the tables, each between two comments.
const PAGE: &str = "docs/growing.md";

/// The short run that is part of every test run.
pub(crate) fn fast(session: &Session) -> Result<Report> {
    if !cfg!(target_os = "linux") {
        return Ok(Report::left_out("scale-out: its signals and programs are those of Linux"));
    }
    let envoy = venv::ensure(session)?.program("envoy");
    if let Some(why) = does_not_run(&envoy) {
        return Ok(Report::left_out(format!("scale-out: Envoy does not run here: {why}")));
    }
    let program = session.binary(PACKAGE, PACKAGE)?;
    let shop = session.binary("shop", "shop")?;
    let mut report = Report::default();
    for way in WAYS {
        let mut command = Command::new(&program);
        command.args(["--way", way, "--length", "0.6"]).arg("--shop").arg(&shop).arg("--envoy").arg(&envoy);
        let (status, lines) = process::tee(&mut command)?;
        let mut outcome = tally::claims("scale-out", &lines);
        if !status.success() && outcome.failed == 0 {
            outcome.failed = 1;
            outcome.summary.push(format!("scale-out by {way}: ended with {status}"));
        }
        report.add(outcome);
    }
    Ok(report)
}

/// The long run, of what users run: its tables and plots go into the documentation.
pub(crate) fn long(session: &Session) -> Result<bool> {
    let envoy = venv::ensure(session)?.program("envoy");
    process::run(&mut session.cargo([
        "build",
        "--release",
        "--package",
        PACKAGE,
        "--package",
        "shop",
        "--bins",
    ]))?;
    let mut holds = true;
    for way in WAYS {
        let plot = session.root().join(format!("docs/scale-out-{way}.svg"));
        let table = session.target(format!("scale-out-{way}.md"));
        let mut command = Command::new(session.target("release").join(PACKAGE));
        command.args(["--way", way, "--length", "4", "--rate", "300"]).arg("--envoy").arg(&envoy);
        command.arg("--plot").arg(plot).arg("--table").arg(&table);
        let (status, _) = process::tee(&mut command)?;
        holds &= status.success();
        put(&session.root().join(PAGE), way, &fs::read_to_string(&table)?)?;
    }
    Ok(holds)
}

/// Why a program does not run here, in its own words.
fn does_not_run(program: &Path) -> Option<String> {
    match Command::new(program).arg("--version").stdin(Stdio::null()).output() {
        Err(error) => Some(error.to_string()),
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
    }
}

/// Replaces a table of a page.
fn put(page: &Path, way: &str, table: &str) -> Result<()> {
    let text = fs::read_to_string(page)?;
    let begin = format!("<!-- {way}: `cargo xtask bench scale-out` writes this table -->\n");
    let (before, rest) = text.split_once(&begin).with_context(|| format!("{PAGE} has no table of {way}"))?;
    let (_, after) =
        rest.split_once("<!-- end -->").with_context(|| format!("{PAGE}: a table has no end"))?;
    Ok(fs::write(page, format!("{before}{begin}\n{table}\n<!-- end -->{after}"))?)
}
