//! Fuzzing: the programs of `fuzz/`, built with nightly and libFuzzer, and the table of what each has done.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::process;
use crate::session::Session;

const FOLDER: &str = "fuzz";
const PROGRAMS: &str = "fuzz/fuzz_targets";
/// What libFuzzer learns of the code that runs: which branches were taken, and what was compared.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
     -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing";
/// Seconds that one input may take, and megabytes of a program.
const LIMITS: [&str; 2] = ["-timeout=20", "-rss_limit_mb=2048"];

/// What one target has done.
struct Outcome {
    name: String,
    executions: u64,
    rate: u64,
    covered: u64,
    counters: u64,
    failed: bool,
}

/// Runs all targets, or those with these names, for so many seconds each. Whether nothing was found.
pub(crate) fn run(session: &Session, only: &[String], seconds: u64) -> Result<bool> {
    let all = names(session)?;
    if let Some(unknown) = only.iter().find(|name| !all.contains(name)) {
        bail!("there is no target `{unknown}`; there are {}", all.join(", "));
    }
    let programs = build(session)?;
    let mut outcomes = Vec::new();
    for name in all.iter().filter(|name| only.is_empty() || only.contains(name)) {
        println!("--> {name}, {seconds} s");
        outcomes.push(fuzz(session, &programs, name, seconds)?);
    }
    println!("\n{}", table(&outcomes));
    let failed: Vec<_> = outcomes.iter().filter(|outcome| outcome.failed).collect();
    for Outcome { name, .. } in &failed {
        println!("found something: {name}, see {}", artifacts(session, name).display());
    }
    Ok(failed.is_empty())
}

fn names(session: &Session) -> Result<Vec<String>> {
    let folder = session.root().join(PROGRAMS);
    let entries = fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
    let mut names = Vec::new();
    for entry in entries {
        let path = entry?.path();
        names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

/// The nightly toolchain's program of this name.
fn nightly(program: &str) -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", "nightly", program]);
    // These are those of the toolchain that runs this task.
    for variable in ["CARGO", "RUSTC", "RUSTDOC", "RUSTUP_TOOLCHAIN"] {
        command.env_remove(variable);
    }
    command
}

/// The folder with the programs, built.
fn build(session: &Session) -> Result<PathBuf> {
    let host = nightly("rustc").arg("-vV").stderr(Stdio::null()).output();
    let text = match host {
        Ok(output) if output.status.success() => String::from_utf8(output.stdout)?,
        _ => bail!(
            "fuzzing needs a nightly toolchain, and a C++ compiler: `rustup toolchain install nightly --profile minimal`"
        ),
    };
    let host = text.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc has no host")?;
    let target = session.target("fuzz");
    let mut command = nightly("cargo");
    command.args(["build", "--release", "--bins", "--target", host, "--manifest-path"]);
    command.arg(session.root().join(FOLDER).join("Cargo.toml")).current_dir(session.root());
    command.env("CARGO_TARGET_DIR", &target).env("RUSTFLAGS", COVERAGE).env("CARGO_INCREMENTAL", "0");
    process::run(&mut command)?;
    Ok(target.join(host).join("release"))
}

/// Where the inputs are that something was found with.
fn artifacts(session: &Session, name: &str) -> PathBuf {
    session.target("fuzz/artifacts").join(name)
}

fn fuzz(session: &Session, programs: &Path, name: &str, seconds: u64) -> Result<Outcome> {
    let found = session.target("fuzz/corpus").join(name);
    let artifacts = artifacts(session, name);
    for folder in [&found, &artifacts] {
        fs::create_dir_all(folder)?;
    }
    let mut command = Command::new(programs.join(name));
    command.args(LIMITS).args(["-print_final_stats=1", "-verbosity=1"]);
    command.arg(format!("-max_total_time={seconds}"));
    command.arg(format!("-artifact_prefix={}/", artifacts.display()));
    let dictionary = session.root().join(FOLDER).join("dict").join(format!("{name}.dict"));
    if dictionary.is_file() {
        command.arg(format!("-dict={}", dictionary.display()));
    }
    // The first folder takes what is new.
    command.arg(found).arg(session.root().join(FOLDER).join("corpus").join(name));
    command.env("RUST_LOG", "off");
    let (status, lines) = process::tee_filtered(&mut command, is_finding)?;
    Ok(outcome(name, &lines, !status.success()))
}

fn is_finding(line: &str) -> bool {
    ["panicked", "ERROR", "SUMMARY", "Test unit written"].iter().any(|word| line.contains(word))
}

/// What libFuzzer's lines tell.
fn outcome(name: &str, lines: &[String], failed: bool) -> Outcome {
    let after = |line: &str, word: &str| -> Option<u64> {
        let rest = line.split_once(word)?.1.trim_start();
        rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    };
    let last = |word: &str| lines.iter().rev().find_map(|line| after(line, word)).unwrap_or(0);
    Outcome {
        name: name.to_owned(),
        executions: last("stat::number_of_executed_units:"),
        rate: last("stat::average_exec_per_sec:"),
        covered: last("cov:"),
        counters: last("modules   ("),
        failed,
    }
}

fn table(outcomes: &[Outcome]) -> String {
    let row = |outcome: &Outcome| {
        let Outcome { name, executions, rate, covered, failed, .. } = outcome;
        let verdict = if *failed { "found something" } else { "held" };
        format!("| `{name}` | {executions} | {rate} | {covered} | {verdict} |\n")
    };
    let rows: String = outcomes.iter().map(row).collect();
    let counters = outcomes.iter().map(|outcome| outcome.counters).max().unwrap_or(0);
    format!(
        "| target | executions | a second | branches reached | |\n|---|--:|--:|--:|---|\n{rows}\n\
         A program has up to {counters} branches, those of all libraries included."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_libfuzzer_are_read() {
        let lines = [
            "INFO: Loaded 1 modules   (41 inline 8-bit counters): 41 [0x1, 0x2), ",
            "#2\tINITED cov: 7 ft: 8 corp: 1/1b exec/s: 0 rss: 30Mb",
            "#1024\tNEW    cov: 12 ft: 15 corp: 2/3b lim: 4 exec/s: 0 rss: 30Mb L: 2/2 MS: 1",
            "stat::number_of_executed_units: 2048",
            "stat::average_exec_per_sec:     1024",
        ]
        .map(str::to_owned);
        let found = outcome("x", &lines, false);
        assert_eq!((found.executions, found.rate, found.covered, found.counters), (2048, 1024, 12, 41));
    }
}
