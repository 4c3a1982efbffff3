//! Turns annotated `.proto` files into a Rust service.

pub mod diag;
#[doc(hidden)]
pub mod input;
#[allow(missing_docs)]
pub mod model;
