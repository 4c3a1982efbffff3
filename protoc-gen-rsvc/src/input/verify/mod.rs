//! What has to hold before prost-reflect and prost-build see a file: both trust what they are given.
//!
//! It is also where mistakes in definitions are told, all of a run at once. Only options are left to the pool.

mod defaults;
mod descriptor;
mod fields;
mod names;
mod shape;
mod types;
mod visible;
mod walk;

pub(crate) use fields::json_name;
pub(crate) use walk::walk;

use crate::diag::Sink;
use crate::input::raw;

/// Checks `files`, which come in the order of their imports, and writes full type names into them.
pub(crate) fn verify(files: &mut [raw::File], sink: &mut Sink) {
    for file in files.iter() {
        shape::check(file, sink);
    }
    let symbols = names::Symbols::collect(files, sink);
    let visible = visible::compute(files, sink);
    types::resolve(files, &symbols, &visible, sink);
    for file in files.iter() {
        descriptor::check(file, sink);
    }
}
