//! The Connect suite's programs over TLS. All else of the suite is for its runner, whose tests are part of its program.
#![allow(clippy::unwrap_used)] // a test stops at the first surprise

#[cfg(connect_suite)]
mod tls;

#[cfg(not(connect_suite))]
#[test]
fn the_suite_is_missing() {
    use std::io::{self, Write as _};
    // Past the capture of the test runner, which is why this is not a `println!`.
    let _ = writeln!(
        io::stderr(),
        "skipped: the Connect suite's runner and its programs over TLS: built without RSVC_SHARED"
    );
}
