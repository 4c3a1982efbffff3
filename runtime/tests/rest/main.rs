//! REST from end to end.

#![allow(clippy::unwrap_used, reason = "what fails here is a test")]

mod bodies;
mod challenges;
mod demo;
mod embedded;
mod error_body;
mod errors;
mod form_demo;
mod form_limits;
mod form_streams;
mod forms;
mod large;
mod limits;
mod metadata;
mod properties;
mod serving;
mod setup;
mod unary;
