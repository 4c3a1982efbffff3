//! What the fuzz targets of `fuzz/` call, but for the private readers, which are in `rsvc::fuzzing`: each takes any bytes,
//! and panics where something does not hold. A test runs the corpora through them.

mod generator;
mod json;
mod masks;
mod request;
mod service;
mod socket;

/// What `build.rs` has made of `proto/`.
#[allow(missing_docs)]
pub mod proto {
    rsvc::include_protos!();
}

/// Takes any bytes, and panics where something does not hold.
pub type Target = fn(&[u8]);

/// The targets, by name.
pub const TARGETS: &[(&str, Target)] = &[
    ("cel", generator::cel),
    ("connect", request::connect),
    ("descriptor_set", generator::descriptor_set),
    ("grpc", request::grpc),
    ("http1", socket::http1),
    ("json", json::json),
    ("masks", masks::masks),
    ("message", json::message),
    ("plugin_request", generator::plugin_request),
    ("proto_text", generator::proto_text),
    ("rest", request::rest),
    ("websocket", socket::websocket),
];

/// Runs a target of [`TARGETS`].
///
/// # Panics
/// If there is none of this name, or something does not hold.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|(known, _)| *known == name);
    let (_, target) = target.unwrap_or_else(|| panic!("no target is named {name}"));
    target(data);
}
