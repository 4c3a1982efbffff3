//! ProtoJSON of generated messages.

mod serde;
