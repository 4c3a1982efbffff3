//! The features of the crate whose build script runs.

use std::env;

/// Whether a feature is enabled; `None` outside of build scripts, where nobody can tell.
pub(crate) fn is_enabled(feature: &str) -> Option<bool> {
    // Cargo sets the first two for build scripts together; tests and other programs have only one of them.
    let is_build_script = env::var_os("OUT_DIR").is_some() && env::var_os("CARGO_MANIFEST_DIR").is_some();
    is_build_script.then(|| env::var_os(variable(feature)).is_some())
}

/// <https://doc.rust-lang.org/cargo/reference/environment-variables.html#environment-variables-cargo-sets-for-build-scripts>
fn variable(feature: &str) -> String {
    format!("CARGO_FEATURE_{}", feature.to_uppercase().replace('-', "_"))
}
