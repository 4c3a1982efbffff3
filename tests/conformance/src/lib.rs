//! What the conformance programs share.

#[cfg(connect_suite)]
pub mod connect;
#[cfg(protovalidate_cases)]
pub mod protovalidate;
pub mod rest;

/// What the programs of the Connect suite end with where there was none to build them from.
#[cfg(not(connect_suite))]
pub fn without_connect_suite() -> anyhow::Result<()> {
    anyhow::bail!(
        "built without the suite: set RSVC_SHARED to the folder with conformance/connect, and build again"
    )
}
