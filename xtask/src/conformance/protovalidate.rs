//! protovalidate's cases, messages and error kinds compared strictly by the scorer that comes with them.

use std::path::Path;

use anyhow::Result;

use super::no_cases;
use crate::report::Report;
use crate::session::Session;
use crate::{process, tally, venv};

pub(super) fn run(session: &Session, executor: &Path) -> Result<Report> {
    let Some(cases) = session.shared("conformance/protovalidate") else {
        return Ok(no_cases("protovalidate"));
    };
    let mut command = venv::ensure(session)?.python();
    command.arg(cases.join("score.py")).arg(&cases).arg(executor).env("PYTHONDONTWRITEBYTECODE", "1");
    let (status, lines) = process::tee(&mut command)?;
    Ok(score(&lines, status.success()))
}

/// The scorer ends in `protovalidate strict: N of M`.
fn score(lines: &[String], success: bool) -> Report {
    let Some(line) = lines.iter().rev().find(|line| line.starts_with("protovalidate strict: ")) else {
        return Report {
            failed: 1,
            summary: vec!["protovalidate: no score".to_owned()],
            ..Report::default()
        };
    };
    let right = tally::number_before(line, " of ");
    let total = line.rsplit(' ').next().and_then(|word| word.parse().ok()).unwrap_or(0);
    let failed = if success && right > 0 { total - right } else { (total - right).max(1) };
    Report { passed: right, failed, summary: vec![line.clone()], ..Report::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_score_is_the_last_line() {
        let line = |text: &str| vec![text.to_owned()];
        let report = score(&line("protovalidate strict: 2100 of 2108"), false);
        assert_eq!((report.passed, report.failed), (2100, 8));
        assert_eq!(score(&line("protovalidate strict: 0 of 0"), true).failed, 1);
        assert_eq!(score(&line("Traceback"), false).failed, 1);
    }
}
