//! JSON of a message that is known by its table alone, from its bytes and back: what an `Any` needs.

mod read;
pub(crate) mod wire;
mod write;

pub(super) use read::read;
pub(super) use write::write;
