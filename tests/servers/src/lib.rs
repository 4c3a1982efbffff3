//! Servers of others that tests and examples start for themselves.

mod postgres;

use std::io::{self, Write as _};

pub use postgres::Postgres;

/// Says that `what` is left out, and why, in a line that `cargo xtask test` counts: past libtest, which swallows what a
/// passing test prints.
pub fn left_out(what: &str, why: &str) {
    // Nobody to tell is no reason to fail.
    let _ = writeln!(io::stderr(), "skipped: {what}: {why}");
}
