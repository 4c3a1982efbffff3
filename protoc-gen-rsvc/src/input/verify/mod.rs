//! What has to hold before prost-reflect and prost-build see a file: both trust what they are given.
//!
//! It is also where mistakes in definitions are told, all of a run at once. Only options are left to the pool.

mod between;
mod defaults;
mod descriptor;
mod fields;
mod json_names;
mod names;
mod option_rules;
mod ranges;
mod scope;
mod shape;
mod types;
mod visible;
mod walk;

pub(crate) use json_names::json_name;
pub(crate) use names::{Symbol, SymbolKind, Symbols};
pub(crate) use option_rules::check as check_options;
pub(crate) use scope::{Scope, Search};
pub(crate) use walk::{join, parent, walk};

use std::collections::HashSet;

use crate::diag::Sink;
use crate::input::raw;

/// The names of all files, and who sees and uses which.
#[derive(Debug)]
pub(crate) struct Names {
    pub(crate) symbols: Symbols,
    /// For each file the indices of those that it sees.
    pub(crate) visible: Vec<HashSet<usize>>,
    /// For each file the indices of those whose definitions it uses.
    pub(crate) used: Vec<HashSet<usize>>,
    /// For each file how many imports it has in its text; more may have been added.
    pub(crate) imports: Vec<usize>,
}

/// Checks `files`, which come in the order of their imports, and writes full type names into them.
pub(crate) fn verify(files: &mut [raw::File], sink: &mut Sink) -> Names {
    for file in files.iter() {
        shape::check(file, sink);
    }
    let symbols = names::Symbols::collect(files, sink);
    let imports = files.iter().map(|file| file.dependency.len()).collect();
    let visible = visible::compute(files, sink);
    let used = types::resolve(files, &symbols, &visible, sink);
    for file in files.iter() {
        descriptor::check(file, sink);
    }
    let names = Names { symbols, visible, used, imports };
    between::check(files, &names, sink);
    names
}
