//! The functions of CEL, for generated code. Nothing here interprets: an expression is compiled to Rust that calls these.

mod error;
mod format;
mod hash;
mod json;
mod list;
mod message;
mod number;
mod operators;
mod pattern;
mod string;
mod time;
mod value;

pub use error::Error;
pub use format::*;
pub use json::*;
pub use list::*;
pub use message::*;
pub use number::*;
pub use operators::*;
pub use pattern::*;
pub use rsvc_common::formats::*;
pub use string::*;
pub use time::*;
pub use value::*;
