//! What the conformance programs share.

#[cfg(protovalidate_cases)]
pub mod protovalidate;
pub mod rest;
