//! Google's conformance runner, binary and JSON, up to its default edition and up to 2024.

use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::report::Report;
use crate::session::Session;
use crate::{process, protobuf_runner, tally};

/// What prost itself cannot pass, a reason beside each: those of every run, and those that an edition adds.
const RUNS: &[(&str, &[&str], &[&str])] = &[
    ("default editions", &[], &["known_failures.txt"]),
    ("edition 2024", &["--maximum_edition", "2024"], &["known_failures.txt", "known_failures_2024.txt"]),
];

pub(super) fn run(session: &Session, testee: &Path) -> Result<Report> {
    let runner = protobuf_runner::ensure(session)?;
    let mut report = Report::default();
    for (name, flags, lists) in RUNS {
        let folder = session.target("conformance/protobuf").join(name.replace(' ', "-"));
        fs::create_dir_all(&folder)?;
        let known = folder.join("known_failures.txt");
        fs::write(&known, join_lists(session, lists)?)?;
        let mut command = runner.command();
        command.arg("--enforce_recommended").args(*flags).arg("--failure_list").arg(&known);
        command.arg("--output_dir").arg(&folder).arg(testee);
        let (status, lines) = process::tee_filtered(&mut command, |line| !is_noise(line))?;
        report.add(score(name, &lines, status.success()));
    }
    Ok(report)
}

/// The runner takes one list; a list that does not exist is empty.
fn join_lists(session: &Session, lists: &[&str]) -> Result<String> {
    let mut all = String::new();
    for list in lists {
        let path = session.root().join("tests/conformance").join(list);
        if path.exists() {
            all.push_str(&fs::read_to_string(path)?);
            all.push('\n');
        }
    }
    Ok(all)
}

/// The runner tells of every process that it starts.
fn is_noise(line: &str) -> bool {
    line.contains("fork_pipe_runner.cc") && line.starts_with('I')
}

/// The two suites of a run, protobuf and text format, each end in a line `CONFORMANCE SUITE ...`.
fn score(name: &str, lines: &[String], success: bool) -> Report {
    let mut report = Report::default();
    for line in lines.iter().filter(|line| line.starts_with("CONFORMANCE SUITE ")) {
        let successes = tally::number_before(line, " successes");
        let expected = tally::number_before(line, " expected failures");
        report.passed += successes;
        report.failed += tally::number_before(line, " unexpected failures");
        if successes + expected > 0 {
            report.summary.push(format!("protobuf, {name}: {line}"));
        }
    }
    if !success && report.failed == 0 {
        report.failed = 1;
    }
    if success && report.passed == 0 {
        report.failed = 1;
        report.summary.push(format!("protobuf, {name}: the runner ran nothing"));
    }
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_run_and_a_dead_one_are_failures() {
        let line =
            "CONFORMANCE SUITE PASSED: 5 successes, 1 skipped, 2 expected failures, 0 unexpected failures.";
        let report = score("x", &[line.to_owned()], true);
        assert_eq!((report.passed, report.failed, report.summary.len()), (5, 0, 1));
        assert_eq!(score("x", &[], true).failed, 1);
        assert_eq!(score("x", &[], false).failed, 1);
    }
}
