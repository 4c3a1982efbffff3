//! What a machine may lack: the shared test data and the Python tools.
//!
//! A test asks here, and returns where there is nothing. What is left out is said in a line that `cargo xtask test`
//! counts, past libtest, which swallows what a passing test prints.

use std::env;
use std::path::PathBuf;

pub use servers::left_out;

/// A path in the shared test data, `RSVC_SHARED`. Without it, says that `what` is left out.
pub fn shared(path: &str, what: &str) -> Option<PathBuf> {
    let root = env::var_os("RSVC_SHARED").map(PathBuf::from);
    let found = root.map(|root| root.join(path)).filter(|path| path.exists());
    if found.is_none() {
        left_out(what, "the shared data is not here, see RSVC_SHARED");
    }
    found
}

/// The virtual environment with the Python tools, `RSVC_VENV`. Without it, says that `what` is left out.
pub fn venv(what: &str) -> Option<PathBuf> {
    let found = env::var_os("RSVC_VENV").map(PathBuf::from);
    if found.is_none() {
        left_out(what, "RSVC_VENV is not set, as `cargo xtask test` does");
    }
    found
}
