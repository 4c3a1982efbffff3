//! Error sets as generated: every variant with any payload makes the way to a status and back, on its own and in calls.
#![allow(clippy::unwrap_used)] // a test stops at the first surprise

mod arbitrary;
mod calls;
mod codes;
mod round_trip;
mod variants;
mod wire;
