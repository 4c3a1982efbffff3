//! What a caller sees of servers that fail, and how long it takes. Each test prints the latter.

#![allow(clippy::unwrap_used, reason = "what fails here is a test")]
#![allow(clippy::print_stdout, reason = "how long a caller waits is worth reading")]

#[path = "../support/authority.rs"]
mod authority;
mod connections;
mod refusals;
mod server;
mod unreachable;
mod ways;
