//! The tests of the Connect suite's runner are part of its program, which is empty without the suite.
#![cfg(not(connect_suite))]

use std::io::{self, Write as _};

#[test]
fn the_suite_is_missing() {
    // Past the capture of the test runner, which is why this is not a `println!`.
    let _ = writeln!(io::stderr(), "skipped: the runner of the Connect suite: built without RSVC_SHARED");
}
