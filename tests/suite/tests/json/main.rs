//! ProtoJSON of generated messages.

mod arbitrary;
mod limits;
mod properties;
mod serde;
