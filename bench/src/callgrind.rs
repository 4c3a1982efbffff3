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
    pub fn each(longer: Self, shorter: Self, units: u32) -> Each {
        Each {
            instructions: part(longer.instructions, shorter.instructions, units),
            allocations: part(longer.allocations, shorter.allocations, units),
        }
    }
}

/// What is more in the longer of two runs, for each of `units` that it did more.
#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub fn part(longer: u64, shorter: u64, units: u32) -> f64 {
    (longer as f64 - shorter as f64) / f64::from(units)
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

/// The instructions of each function that callgrind saw, without those of what it calls.
pub fn functions(out: &Path) -> io::Result<HashMap<String, u64>> {
    own_instructions(&fs::read_to_string(out)?)
        .ok_or_else(|| io::Error::other("callgrind wrote something else"))
}

fn own_instructions(text: &str) -> Option<HashMap<String, u64>> {
    let mut names = HashMap::new();
    let mut own = HashMap::<&str, u64>::new();
    let mut current = None;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let called = line.strip_prefix("cfn=");
        if let Some(name) = called.or_else(|| line.strip_prefix("fn=")) {
            let (id, name) = name.split_once(' ').unwrap_or((name, ""));
            if !name.is_empty() {
                names.insert(id, name);
            }
            if called.is_none() {
                current = Some(*names.get(id)?);
            }
        } else if line.starts_with("calls=") {
            // The line after it is what the call took.
            lines.next()?;
        } else if line.starts_with(|first: char| first.is_ascii_digit() || "+-*".contains(first)) {
            // A line of the source, often relative to the one before, and what was counted there.
            let (_, instructions) = line.split_once(' ')?;
            *own.entry(current?).or_default() += instructions.trim().parse::<u64>().ok()?;
        }
    }
    Some(own.into_iter().map(|(name, instructions)| (name.to_owned(), instructions)).collect())
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

    #[test]
    fn counts_what_a_function_does_itself() {
        let text = "events: Ir\nfl=(1) a.rs\nfn=(1) main\n10 5\ncfn=(2) work\ncalls=3 0\n+1 30\n* 2\nfn=(2)\n\
                    fi=(2) b.rs\n7 20\n-1 10\nfn=(1)\n3 1\ntotals: 38\n";
        let own = super::own_instructions(text).expect("a profile");
        assert_eq!((own["main"], own["work"], own.len()), (8, 30, 2));
    }
}
