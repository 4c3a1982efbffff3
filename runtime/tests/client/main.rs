//! The client against a server that answers with bytes of the test's choice.

#![allow(clippy::unwrap_used, reason = "what fails here is a test")]

mod bounds;
#[path = "../support/clock.rs"]
mod clock;
#[cfg(all(feature = "compression", feature = "rest-client"))]
mod compressed;
mod connect;
mod connections;
mod endings;
mod evil;
mod grpc;
mod grpc_web;
mod raw;
mod requests;
#[cfg(feature = "rest-client")]
mod rest;
mod setup;
mod stuck;
