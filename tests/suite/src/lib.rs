//! .
pub mod cases;
