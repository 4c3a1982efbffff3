//! Channels over several endpoints on loopback: what callers see when servers die, freeze, fail, come back and change. Each test
//! prints how long that took.

#![allow(clippy::unwrap_used, reason = "what fails here is a test")]
#![allow(clippy::print_stdout, reason = "how long things take is printed, as no test depends on it")]

mod changes;
mod choices;
mod failures;
mod first;
#[cfg(unix)]
mod frozen;
mod kinds;
mod setup;
mod suspects;
