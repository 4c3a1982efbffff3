//! The runtime from end to end: servers and clients on loopback.

#![allow(clippy::unwrap_used, reason = "what fails here is a test")]

mod access;
mod calls;
mod demo;
mod endings;
mod limits;
mod metadata;
mod mounted;
mod protocol;
mod serving;
mod setup;
#[cfg(unix)]
mod signals;
mod validation;
mod web;
