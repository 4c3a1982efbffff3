//! What the runs came to.

use std::collections::{BTreeMap, BTreeSet};

use crate::cases::Case;
use crate::run::Outcome;

/// The outcomes of all runs so far.
pub(crate) struct Report {
    verbose: bool,
    /// The cases that passed in some run, and those that failed in one.
    passed: BTreeMap<&'static str, BTreeSet<String>>,
    failed: BTreeMap<&'static str, BTreeSet<String>>,
    good: bool,
}

impl Report {
    pub(crate) fn new(verbose: bool) -> Self {
        Self { verbose, passed: BTreeMap::new(), failed: BTreeMap::new(), good: true }
    }

    /// Adds a run, and shows what failed in it.
    #[allow(clippy::print_stdout)] // the output of this program is for people and for xtask
    pub(crate) fn add(&mut self, run: &'static str, count: usize, mut outcomes: Vec<Outcome>) {
        outcomes.sort_by(|a, b| a.name.cmp(&b.name));
        let (mut passed, mut failed) = (BTreeSet::new(), BTreeSet::new());
        for Outcome { name, problems } in outcomes {
            if problems.is_empty() {
                if self.verbose {
                    println!("passed: {run}: {name}");
                }
                passed.insert(name);
                continue;
            }
            println!("FAILED: {run}: {name}");
            for problem in problems {
                println!("    {problem}");
            }
            failed.insert(name);
        }
        println!("connect: {run}: {} of {count} passed", passed.len());
        self.good &= failed.is_empty() && passed.len() == count;
        self.passed.insert(run, passed);
        self.failed.insert(run, failed);
    }

    /// The score of a side: a case passes that passed in one of these runs and failed in none.
    #[allow(clippy::print_stdout)] // as above
    pub(crate) fn total(&mut self, side: &str, cases: &[&Case], runs: &[&str]) {
        let is_in = |of: &BTreeMap<&str, BTreeSet<String>>, case: &Case| {
            runs.iter().any(|run| of.get(run).is_some_and(|names| names.contains(case.name())))
        };
        let is_good = |case: &&&Case| is_in(&self.passed, case) && !is_in(&self.failed, case);
        let passed = cases.iter().filter(is_good).count();
        println!("connect {side}: {passed} of {}", cases.len());
        self.good &= passed == cases.len();
    }

    /// Whether nothing failed.
    pub(crate) fn is_good(&self) -> bool {
        self.good
    }
}
