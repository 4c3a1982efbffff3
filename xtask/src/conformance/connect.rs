//! The Connect conformance suite under our own runner, with a peer on connect-node beside it.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::no_cases;
use crate::report::Report;
use crate::session::Session;
use crate::{npm, process, tally};

const PEER: &str = "tests/conformance/connect/peer.mjs";
/// The lines of the runner that tell of a whole side.
const SIDES: [&str; 2] = ["connect server: ", "connect client: "];

pub(super) fn run(session: &Session, runner: &Path) -> Result<Report> {
    let Some(suite) = session.shared("conformance/connect") else {
        return Ok(no_cases("connect"));
    };
    let peer = npm::ensure(session, &npm::INTEROP)?.script(session, PEER)?;
    let mut command = Command::new(runner);
    command.arg("--suite").arg(suite).arg("--peer").arg(peer);
    command.arg("--client").arg(runner.with_file_name("connect-client"));
    command.arg("--server").arg(runner.with_file_name("connect-server"));
    let (status, lines) = process::tee(&mut command)?;
    if !status.success() {
        println!("one case: {} --verbose --filter NAME", process::line(&command));
    }
    Ok(score(&lines, status.success()))
}

/// Each run ends in `connect: RUN: N of M passed`, all of them in a line for each side.
fn score(lines: &[String], success: bool) -> Report {
    let mut report = Report::default();
    let runs = lines.iter().filter(|line| line.starts_with("connect: ") && line.ends_with(" passed"));
    for line in runs {
        let (passed, all) = (tally::number_before(line, " of "), tally::number_before(line, " passed"));
        report.passed += passed;
        report.failed += all - passed.min(all);
        report.summary.push(line.clone());
    }
    let sides: Vec<_> =
        SIDES.iter().filter_map(|side| lines.iter().find(|line| line.starts_with(side))).collect();
    if (!success || sides.len() < SIDES.len()) && report.failed == 0 {
        report.failed = 1;
        report.summary.push("connect: the runner found something beyond its cases".to_owned());
    }
    report.summary.extend(sides.into_iter().cloned());
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn runs_are_summed_and_both_sides_have_to_be_there() {
        let text = "connect: a, b: 3 of 4 passed\nconnect: c: 2 of 2 passed\nconnect server: 3 of 4\nconnect client: 2 of 2";
        let report = score(&lines(text), false);
        assert_eq!((report.passed, report.failed, report.summary.len()), (5, 1, 4));
        let good = text.replace("3 of 4", "4 of 4");
        assert_eq!(score(&lines(&good), true).failed, 0);
        assert_eq!(score(&lines(&good), false).failed, 1);
        assert_eq!(score(&lines("connect: c: 2 of 2 passed"), true).failed, 1);
        assert_eq!(score(&[], true).failed, 1);
    }
}
