//! Turns annotated `.proto` files into a Rust service.

pub mod diag;
#[allow(missing_docs)]
pub mod model;
