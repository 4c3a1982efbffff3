//! ProtoJSON of generated messages.

mod arbitrary;
mod descriptors;
mod limits;
mod properties;
mod serde;
