//! Runs the Connect conformance suite without its own runner: our client against our server, each against bytes, and each
//! against a peer on connect-node. What passes between them is read and checked as well.

#[cfg(connect_suite)]
mod cases;
#[cfg(connect_suite)]
mod compare;
#[cfg(connect_suite)]
mod definition;
#[cfg(connect_suite)]
mod expected;
#[cfg(connect_suite)]
mod http;
#[cfg(connect_suite)]
mod padding;
#[cfg(connect_suite)]
mod plan;
#[cfg(connect_suite)]
mod programs;
#[cfg(connect_suite)]
mod raw;
#[cfg(connect_suite)]
mod report;
#[cfg(connect_suite)]
mod run;
#[cfg(connect_suite)]
mod schema;
#[cfg(connect_suite)]
mod suites;
#[cfg(connect_suite)]
mod timeouts;
#[cfg(connect_suite)]
mod wire;

/// What a server may receive, in bytes.
#[cfg(connect_suite)]
const SERVER_LIMIT: u32 = 200 * 1024;

#[cfg(not(connect_suite))]
fn main() -> anyhow::Result<()> {
    conformance::without_connect_suite()
}

#[cfg(connect_suite)]
#[tokio::main]
async fn main() -> anyhow::Result<std::process::ExitCode> {
    use std::process::ExitCode;

    use clap::Parser as _;

    let passed = plan::run(&plan::Args::parse()).await?;
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
