//! Descriptors -> [`Schema`]: types first, error sets and services on top, then names and storage.

mod annotations;
mod caches;
mod claims;
mod conditions;
mod errors;
mod finding;
mod http;
mod masks;
mod openapi;
mod plain;
mod retries;
mod rules;
mod samples;
mod services;
mod types;

use crate::diag::Sink;
use crate::input::Loaded;
use crate::model::Schema;
use crate::names;
use crate::options::Options;
use crate::storage;

/// The number of all extensions in `rsvc/v1/rsvc.proto`.
const EXTENSION: i32 = 7_782_001;

/// Builds the schema of everything that was loaded. What is wrong goes into `sink`.
pub(crate) fn resolve(loaded: &Loaded, options: &Options, sink: &mut Sink) -> Schema {
    let mut types = types::resolve(loaded, options);
    errors::resolve(&mut types, sink);
    let conditions = services::resolve(loaded, options, &mut types, sink);
    http::resolve(&mut types, options, sink);
    caches::resolve(&mut types, sink);
    retries::resolve(&mut types, sink);
    openapi::resolve(&mut types, loaded, options, sink);
    plain::resolve(&mut types, sink);
    masks::resolve(&mut types, sink);
    let mut schema = types.schema;
    names::assign(&mut schema);
    storage::assign(&mut schema, options);
    conditions::resolve(loaded, &mut schema, conditions, sink);
    schema.rules = rules::resolve(loaded, &schema, options, sink);
    schema.samples = samples::resolve(loaded, &schema);
    schema
}
