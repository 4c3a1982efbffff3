//! The other of two trees that one server has: what `build.rs` has made of its protos.
#![allow(missing_docs)] // the protos of tests say what is needed

rsvc::include_protos!();
