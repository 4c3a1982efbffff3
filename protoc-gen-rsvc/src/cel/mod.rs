//! CEL to Rust, in four steps that know nothing of each other's insides: `parse`, `check`, `lower`, `emit`.

pub mod ast;
pub mod check;
pub mod decls;
pub mod emit;
pub mod error;
mod lex;
pub mod lower;
mod macros;
pub mod native;
mod parse;
pub mod plan;
pub mod re2;
pub mod text;
pub mod types;

pub use error::CelError;
pub use parse::{MAX_DEPTH, parse};
