//! Names that `names/` has decided, as tokens.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use crate::model::{TypePath, WellKnown};
use crate::names;

/// An identifier, which may be a raw one.
pub(crate) fn ident(name: &str) -> Ident {
    format_ident!("{name}")
}

/// The path to a type from inside a module of the tree.
pub(crate) fn path(module: &[String], to: &TypePath) -> TokenStream {
    match to {
        TypePath::Extern(path) => external(path),
        TypePath::Local { module: target, name } => segments(&names::segments(module, target, name)),
    }
}

/// The path to a variant of an enum.
pub(crate) fn variant(module: &[String], to: &TypePath, name: &str) -> TokenStream {
    let (path, name) = (path(module, to), ident(name));
    quote!(#path::#name)
}

/// The path to what stands in for a type of another crate.
pub(crate) fn stand_in(module: &[String], name: &str) -> TokenStream {
    segments(&names::segments(module, &[names::STAND_INS], name))
}

/// The Rust type of a well-known type.
pub(crate) fn well_known(of: WellKnown) -> TokenStream {
    external(&names::well_known_path(of))
}

fn segments(parts: &[&str]) -> TokenStream {
    let parts = parts.iter().map(|part| ident(part));
    quote!(#(#parts)::*)
}

/// The path to a type of another crate, which users write as text. It was parsed where it was given.
fn external(path: &str) -> TokenStream {
    path.parse().unwrap_or_else(|error| panic!("`{path}` is not Rust: {error}"))
}

/// Code of ours that was written as text. What does not parse here is a mistake of ours.
pub(crate) fn parse(text: &str) -> TokenStream {
    text.parse().unwrap_or_else(|error| panic!("`{text}` is not Rust: {error}"))
}
