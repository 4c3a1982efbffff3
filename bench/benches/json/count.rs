//! Instructions by valgrind, which nothing else on the machine disturbs.
//!
//! The benchmark starts itself under valgrind for one candidate at a time, with two numbers of calls: the
//! difference is what the calls took.

use std::process::{Command, Stdio};

/// Says in the environment which candidate runs, and how often: `case/candidate/calls`.
const ONLY: &str = "RSVC_BENCH_ONLY";
/// Calls of the longer run.
const CALLS: u64 = 20;

/// What a process that valgrind watches is to do.
pub(crate) struct Only {
    row: String,
    candidate: String,
    calls: u64,
}

impl Only {
    /// `None` in a process that was started by a person.
    pub(crate) fn from_env() -> Option<Self> {
        let text = std::env::var(ONLY).ok()?;
        let mut parts = text.splitn(3, '/').map(str::to_owned);
        let (row, candidate, calls) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self { row, candidate, calls: calls.parse().ok()? })
    }

    /// How often this candidate is to run.
    pub(crate) fn calls(&self, row: &str, candidate: &str) -> u64 {
        if self.row == row && self.candidate == candidate { self.calls } else { 0 }
    }
}

/// Whether there is a valgrind.
pub(crate) fn available() -> bool {
    let version = Command::new("valgrind").arg("--version").stdin(Stdio::null()).output();
    version.is_ok_and(|output| output.status.success())
}

/// Instructions of one call of a candidate.
pub(crate) fn instructions(row: &str, candidate: &str) -> Option<f64> {
    let [none, some] = [0, CALLS].map(|calls| total(&format!("{row}/{candidate}/{calls}")));
    Some((some?.checked_sub(none?)? as f64) / CALLS as f64)
}

/// Instructions of a process that runs what `only` says.
fn total(only: &str) -> Option<u64> {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(std::env::current_exe().ok()?);
    let output = command.env(ONLY, only).stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stderr);
    // `==123== Collected : 456`
    let line = text.lines().find(|line| line.contains("Collected"))?;
    line.rsplit(' ').next()?.parse().ok()
}
