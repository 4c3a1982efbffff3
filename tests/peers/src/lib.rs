//! gRPC's interop test service on rsvc: what `interop-server` and `interop-client` share.
//!
//! The service and the cases are the published ones of gRPC ("Interoperability Test Case Descriptions"), so that peers
//! of other makers can be held against them.

pub mod compression;
pub mod service;

/// What `build.rs` has made of `tests/interop/proto`.
pub mod proto {
    rsvc::include_protos!();
}

pub use crate::proto::grpc::testing as api;

/// Metadata that comes back as a response header.
pub const ECHO_INITIAL: &str = "x-grpc-test-echo-initial";
/// Metadata that comes back as a response trailer.
pub const ECHO_TRAILING: &str = "x-grpc-test-echo-trailing-bin";

/// A payload of zeros.
#[must_use]
pub fn zeros(size: usize) -> api::Payload {
    api::Payload { r#type: api::PayloadType::Compressable.into(), body: vec![0; size].into() }
}
