//! Descriptors -> [`Schema`]: types first, services on top, then names and storage.

mod annotations;
mod services;
mod types;

use crate::diag::Sink;
use crate::input::Loaded;
use crate::model::Schema;
use crate::names;
use crate::options::Options;
use crate::storage;

/// Builds the schema of everything that was loaded. What is wrong goes into `sink`.
pub(crate) fn resolve(loaded: &Loaded, options: &Options, sink: &mut Sink) -> Schema {
    let mut types = types::resolve(loaded, options);
    services::resolve(loaded, options, &mut types, sink);
    let mut schema = types.schema;
    names::assign(&mut schema);
    storage::assign(&mut schema, options);
    schema
}
