//! The Connect conformance suite: its messages, and what its programs share.

mod any;
pub mod convert;
pub mod frames;

pub use any::{Named, TYPE_PREFIX};
pub use generated::FILE_DESCRIPTOR_SET;
pub use generated::connectrpc::conformance::v1::*;

/// The suite's messages and its service.
#[allow(missing_docs, unreachable_pub)] // generated
mod generated {
    include!(concat!(env!("OUT_DIR"), "/connect/mod.rs"));
}
