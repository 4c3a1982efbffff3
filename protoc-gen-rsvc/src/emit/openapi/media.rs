//! Media types of bodies.

pub(super) const JSON: &str = "application/json";
/// An error as a document of RFC 9457.
pub(super) const PROBLEM: &str = "application/problem+json";
/// JSON texts, one a line.
pub(super) const NDJSON: &str = "application/x-ndjson";
pub(super) const EVENTS: &str = "text/event-stream";
pub(super) const URLENCODED: &str = "application/x-www-form-urlencoded";
pub(super) const MULTIPART: &str = "multipart/form-data";
/// Content of any type.
pub(super) const RAW: &str = "*/*";
