//! Counting what a program does, exactly, with valgrind's callgrind.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

/// What a run did in all its threads.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Instructions outside of the kernel.
    pub instructions: u64,
    /// Calls that allocate memory or make an allocation larger.
    pub allocations: u64,
}

impl Counts {
    /// What the longer of two runs did more, for each of `units` that it did more.
    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    pub fn each(longer: Self, shorter: Self, units: u32) -> Each {
        let each = |longer: u64, shorter: u64| (longer as f64 - shorter as f64) / f64::from(units);
        Each {
            instructions: each(longer.instructions, shorter.instructions),
            allocations: each(longer.allocations, shorter.allocations),
        }
    }
}

/// What one unit of work takes.
#[derive(Clone, Copy, Debug)]
pub struct Each {
    /// Instructions outside of the kernel.
    pub instructions: f64,
    /// Calls that allocate memory or make an allocation larger.
    pub allocations: f64,
}

/// Whether there is a valgrind.
pub fn available() -> bool {
    let version =
        Command::new("valgrind").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

/// A command that runs a program under callgrind, which writes to `out` when the program ends.
pub fn command(program: impl AsRef<OsStr>, out: &Path) -> Command {
    let mut command = Command::new("valgrind");
    let mut file = std::ffi::OsString::from("--callgrind-out-file=");
    file.push(out);
    command.arg("--tool=callgrind").arg(file).arg(program.as_ref()).stderr(Stdio::null());
    command
}

/// Reads what callgrind wrote.
pub fn read(out: &Path) -> io::Result<Counts> {
    parse(&fs::read_to_string(out)?).ok_or_else(|| io::Error::other("callgrind wrote no totals"))
}

fn parse(text: &str) -> Option<Counts> {
    let mut counts = Counts::default();
    let mut totals = None;
    // A name is written out once and is a number from then on: `cfn=(12) malloc`, `cfn=(12)`.
    let mut names = HashMap::new();
    let mut allocates = false;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("cfn=").or_else(|| line.strip_prefix("fn=")) {
            let (id, name) = name.split_once(' ').unwrap_or((name, ""));
            if !name.is_empty() {
                names.insert(id, is_allocation(name));
            }
            allocates = names.get(id).copied().unwrap_or_default();
        } else if let Some(calls) = line.strip_prefix("calls=") {
            if allocates {
                counts.allocations += calls.split(' ').next()?.parse::<u64>().ok()?;
            }
        } else if let Some(total) = line.strip_prefix("totals: ") {
            totals = total.trim().parse().ok();
        }
    }
    counts.instructions = totals?;
    Some(counts)
}

fn is_allocation(name: &str) -> bool {
    matches!(name, "malloc" | "calloc" | "realloc" | "posix_memalign" | "aligned_alloc")
}

#[cfg(test)]
mod tests {
    #[test]
    fn counts_calls_of_what_allocates_and_the_total() {
        let text = "events: Ir\nfn=(1) main\n10 5\ncfn=(2) malloc\ncalls=3 0\n10 30\ncfn=(3) free\ncalls=9 0\n10 9\n\
                    fn=(4) other\ncfn=(2)\ncalls=4 0\n11 40\ntotals: 1234\n";
        let counts = super::parse(text).expect("totals");
        assert_eq!((counts.instructions, counts.allocations), (1234, 7));
        assert!(super::parse("fn=(1) main\n").is_none());
    }
}
