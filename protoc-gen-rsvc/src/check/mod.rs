//! What is wrong with a schema although every part of it is valid: one lint a file.
//!
//! A lint reads the model. What the model has no place for is reported where it is made, in `resolve/`.

mod error_reasons;
mod error_set_types;
mod http_bodies;
mod http_conflicts;
mod openapi;
mod samples;
mod undeclared_access;
mod unused_paths;

use crate::diag::Sink;
use crate::model::Schema;
use crate::options::Options;

/// Runs all lints.
pub(crate) fn run(schema: &Schema, options: &Options, sink: &mut Sink) {
    error_reasons::run(schema, sink);
    error_set_types::run(schema, sink);
    http_bodies::run(schema, options, sink);
    http_conflicts::run(schema, options, sink);
    openapi::run(schema, options, sink);
    samples::run(schema, sink);
    undeclared_access::run(schema, options, sink);
    unused_paths::run(schema, options, sink);
}
