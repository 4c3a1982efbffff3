//! What the generator does when a service is built and the runtime does when it runs, and both must do alike. It
//! depends on nothing, and its interface promises nothing to other crates.

pub mod base64;
pub mod codes;
pub mod formats;
pub mod re2;
pub mod retries;
#[cfg(feature = "samples")]
pub mod sample;
pub mod text;
