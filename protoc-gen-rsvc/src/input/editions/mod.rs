//! Editions of the protobuf language, which neither prost-build nor prost-reflect nor the parser knows.
//!
//! A text is changed by [`changes`] before the parser and through [`written::restore`] after it; then, as a descriptor
//! from protoc does at once, through [`reduce`]. Whether a `local` definition is used in another file and whether
//! names follow the style of edition 2024 is not checked: both are promises to readers, and change no code.

mod features;
mod reduce;
mod rewrite;
mod written;

pub use features::Edition;
pub(crate) use features::Features;
pub use reduce::EditionNotes;
pub(crate) use reduce::reduce;
pub(crate) use rewrite::changes;
pub(crate) use written::restore;
