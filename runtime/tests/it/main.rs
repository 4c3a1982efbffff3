//! The runtime from end to end: servers and clients on loopback.

#![allow(clippy::unwrap_used, reason = "what fails here is a test")]

/// The services that every server brings, as a user generates them.
#[allow(unreachable_pub)]
mod grpc {
    include!("grpc/mod.rs");
}

mod access;
mod calls;
#[path = "../support/clock.rs"]
mod clock;
mod demo;
mod endings;
mod errors;
mod health;
mod in_process;
mod interceptors;
mod limits;
mod measured;
mod metadata;
mod mounted;
mod pages;
mod protocol;
mod reflection;
mod serving;
mod setup;
#[cfg(unix)]
mod signals;
mod turns;
mod validation;
mod web;
mod windows;
