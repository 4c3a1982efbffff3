//! What is wrong with a schema although every part of it is valid: one lint a file.

mod unused_paths;

use crate::diag::Sink;
use crate::model::Schema;
use crate::options::Options;

/// Runs all lints.
pub(crate) fn run(schema: &Schema, options: &Options, sink: &mut Sink) {
    unused_paths::run(schema, options, sink);
}
