//! What a step found: counts, what was left out, and the summary lines of the runners.

/// The outcome of a step.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Report {
    /// Tests that passed.
    pub(crate) passed: u64,
    /// Tests that failed.
    pub(crate) failed: u64,
    /// Tests that did not run, whatever the reason.
    pub(crate) skipped: u64,
    /// Why tests did not run, one line each.
    pub(crate) reasons: Vec<String>,
    /// What each runner says at its end.
    pub(crate) summary: Vec<String>,
}

impl Report {
    /// A report of nothing but one thing that was left out.
    pub(crate) fn left_out(reason: impl Into<String>) -> Self {
        Self { skipped: 1, reasons: vec![reason.into()], ..Self::default() }
    }

    /// Adds another report to this one.
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.reasons.extend(other.reasons);
        self.summary.extend(other.summary);
    }

    /// Shows the runners' own words and what was left out.
    pub(crate) fn print(&self) {
        for line in &self.summary {
            println!("  {line}");
        }
        for reason in &self.reasons {
            println!("  left out: {reason}");
        }
    }
}
