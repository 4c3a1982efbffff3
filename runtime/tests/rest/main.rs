//! REST from end to end, without connections.

#![allow(clippy::unwrap_used, reason = "what fails here is a test")]

mod demo;
mod setup;
mod unary;
