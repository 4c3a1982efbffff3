//! Rust text that the generator has written itself, as tokens.

use proc_macro2::TokenStream;

/// The tokens of a path, a type or an expression from `names.rs` or `storage.rs`.
///
/// A Rust path of the user's is parsed where it is given, so that what does not parse here is a mistake of ours.
pub(crate) fn parse(text: &str) -> TokenStream {
    text.parse().unwrap_or_else(|error| panic!("`{text}` is not Rust: {error}"))
}
