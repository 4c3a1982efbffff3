//! What is told of calls: spans, metrics and the access log, of each kind of call over each protocol.
#![allow(clippy::unwrap_used)] // a test stops at the first surprise

mod attempts;
mod conventions;
mod golden;
mod metrics;
mod notes;
mod recorded;
mod refusals;
mod traces;
