//! Calls that are made again, against servers that fail on purpose.

#![allow(clippy::unwrap_used, reason = "what fails here is a test")]

mod budget;
mod hedging;
#[path = "../client/raw.rs"]
#[allow(dead_code, reason = "it is for more tests than these")]
mod raw;
mod refused;
#[cfg(feature = "rest-client")]
mod rest;
mod service_config;
#[path = "../client/setup.rs"]
#[allow(dead_code, reason = "it is the setup of more tests than these")]
mod setup;
mod streams;
mod support;
mod unary;
