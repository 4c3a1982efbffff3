//! Messages by their tables: what generated code calls for a field of each kind.

mod levels;
mod map;
mod object;
mod read;
mod write;

pub use map::{JsonMap, MapKey};
pub use object::Object;
