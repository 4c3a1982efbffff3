//! What the integration tests share.
#![allow(clippy::missing_panics_doc)] // helpers of tests: a panic is how they fail

pub mod binary;
pub mod cases;
pub mod surroundings;
