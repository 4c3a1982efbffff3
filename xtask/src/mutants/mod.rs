//! Mutation testing: the changes that cargo-mutants would make in the runtime and the generator, one after the other, and the
//! table of which the tests notice.
//!
//! cargo-mutants builds anew for each change, which takes most of the time. Here all changes are in one build, and each test
//! program is told which of them is on. A run without one tells which tests reach which changes, so that no others run.

mod build;
mod list;
mod memory;
mod outcomes;
mod packages;
mod places;
mod program;
mod trial;
mod weave;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use self::list::Change;
use self::memory::Memory;
use self::outcomes::{AREAS, LIST, Outcomes};
use self::packages::PACKAGES;
use self::trial::{Tests, Verdict};
use crate::process;
use crate::session::Session;

const VERSION: &str = "27.1.0";

/// Changes all areas, or these files and folders; if `only` has texts, changes whose name has one of them. Whether few enough
/// survive, and none that is not listed.
pub(crate) fn run(session: &Session, shard: Option<&str>, only: &[String], paths: &[String]) -> Result<bool> {
    for path in paths {
        if !session.root().join(path).exists() {
            bail!("there is no {path}: paths are relative to the workspace, as runtime/src/access.rs");
        }
    }
    let listed = outcomes::listed(&fs::read_to_string(session.root().join(LIST)).context(LIST)?);
    let mut changes = changes(session, shard, paths)?;
    changes.retain(|change| only.is_empty() || only.iter().any(|text| change.name.contains(text)));
    println!("{} changes", changes.len());
    let state = memory::state(session.root())?;
    let built = build::build(session, &changes)?;
    // Which tests reach what is noted by number: of this list.
    let numbered: Vec<_> = changes.iter().map(|change| change.name.as_bytes()).collect();
    let same = format!("{state} {}", memory::mark(&numbered));
    let traced = Memory::of(&session.target("mutants/traced.txt"), &same)?;
    let tests = Tests::trace(&built, &session.target("mutants/reached"), &traced)?;
    println!("{}", tests.summary());
    let names = |numbers: &BTreeSet<usize>| -> Vec<String> {
        numbers.iter().map(|&number| outcomes::without_place(&changes[number].name)).collect()
    };
    let mut outcomes = Outcomes {
        unviable: names(&built.unviable),
        left_out: names(&built.left_out),
        ..Outcomes::default()
    };
    let all = (0..changes.len())
        .filter(|number| !built.unviable.contains(number) && !built.left_out.contains(number));
    // What is known so far can be read while it runs, and a run that was ended goes on from there.
    let known = Memory::of(&session.target("mutants/outcomes.txt"), &state)?;
    let verdicts = trial::each(all.collect(), |number| {
        let Change { name, file, .. } = &changes[number];
        let verdict = if let Some(verdict) = Verdict::known(&known, name) {
            verdict
        } else {
            let verdict = tests.try_out(number, &trial::module(file))?;
            known.add(&verdict.line(name))?;
            verdict
        };
        Ok::<_, anyhow::Error>((verdict, outcomes::without_place(name)))
    });
    for verdict in verdicts {
        let (verdict, name) = verdict?;
        match verdict {
            Verdict::Caught => outcomes.caught.push(name),
            Verdict::Missed | Verdict::Unreached => outcomes.missed.push(name),
            Verdict::Timeout => outcomes.timeout.push(name),
        }
    }
    println!("\n{}", outcomes.table());
    Ok(outcomes.judge(&listed))
}

/// What cargo-mutants would change.
fn changes(session: &Session, shard: Option<&str>, paths: &[String]) -> Result<Vec<Change>> {
    let mut command = Command::new(install(session)?);
    command.args(["mutants", "--list", "--json"]).current_dir(session.root());
    for package in &PACKAGES {
        command.args(["--package", package.name]);
    }
    let all = AREAS.map(str::to_owned);
    for path in if paths.is_empty() { &all[..] } else { paths } {
        command.args(["--file", &glob(session.root(), path)]);
    }
    if let Some(shard) = shard {
        command.args(["--sharding", "round-robin", "--shard", shard]);
    }
    list::read(&process::capture(&mut command)?)
}

/// The program, installed if it is not there in this version.
fn install(session: &Session) -> Result<PathBuf> {
    let root = session.target("cargo-mutants");
    let program = root.join("bin/cargo-mutants");
    let said = Command::new(&program).args(["mutants", "--version"]).stderr(Stdio::null()).output();
    if !said.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(VERSION)) {
        // It only lists: to optimize it would take longer.
        let mut command = session.cargo(["install", "--debug", "--locked", "--version", VERSION, "--root"]);
        process::run(command.arg(root).arg("cargo-mutants"))?;
    }
    Ok(program)
}

/// A file, or all that is in a folder.
fn glob(root: &Path, path: &str) -> String {
    let path = path.trim_end_matches('/');
    if root.join(path).is_dir() { format!("{path}/**") } else { path.to_owned() }
}
