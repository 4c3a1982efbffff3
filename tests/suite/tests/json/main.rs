//! ProtoJSON of generated messages.

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what is cut off is as arbitrary as the rest"
)]
mod arbitrary;
mod counting;
mod depth;
mod descriptors;
mod limits;
mod memory;
mod properties;
mod serde;
