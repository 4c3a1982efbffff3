//! CEL to Rust, in four steps that know nothing of each other's insides: `parse`, `check`, `lower`, `emit`.

// The cases of a form stand side by side, also when there are two, and in the order of the language.
#![allow(clippy::single_match_else, clippy::match_same_arms)]
// Every function of a step has the shape of its step, whether it needs the state or not.
#![allow(clippy::unused_self)]

pub mod ast;
pub mod check;
pub mod constant;
pub mod decls;
pub mod emit;
pub mod error;
mod lex;
pub mod lower;
mod macros;
pub mod native;
mod parse;
pub mod portable;
pub mod reads;
pub mod stored;
#[cfg(test)]
mod tests;
pub mod types;

pub(crate) use lower::pattern_error;

pub use error::CelError;
pub use parse::{MAX_COLLECTIONS, MAX_DEPTH, MAX_SIZE, parse};
