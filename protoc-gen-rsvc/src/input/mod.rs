//! Sources of any kind become one descriptor pool: `.proto` files, a descriptor set, a plugin request.
//!
//! The steps, each in a file of its own: [`files`] knows the include folders, [`text`] reads and parses in parallel,
//! [`order`] sorts by imports, [`pool`] builds. This module and `output.rs` alone touch files; no other reads the
//! environment.
#![allow(clippy::disallowed_methods)] // the border of the file system runs here: see clippy.toml

mod builtin;
mod errors;
mod files;
mod imports;
mod locations;
mod order;
mod parse;
mod pool;
mod raw;
mod suggest;
mod text;
mod wellknown;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use prost_reflect::DescriptorPool;

pub use locations::{Locations, Sources};

use crate::diag::{Code, Diagnostic, Errors, Sink};
use files::Includes;

/// What to read.
#[derive(Clone, Debug)]
pub enum Source {
    /// `.proto` files, by path or by import name, and the folders in which imports are looked up.
    Files {
        /// The files to compile.
        files: Vec<PathBuf>,
        /// The include folders, first match wins; none means the current folder.
        includes: Vec<PathBuf>,
    },
}

/// Everything that was read.
#[derive(Debug)]
pub struct Loaded {
    /// All files with their imports, custom options interpreted.
    pub pool: DescriptorPool,
    /// The files that the user listed, in that order.
    pub roots: Vec<String>,
    /// All files, each after what it imports.
    pub files: Vec<String>,
    /// The texts behind the files, for showing lines. Empty for descriptors.
    pub sources: Sources,
    /// Places and comments by path.
    pub locations: Locations,
    /// Every file that was read, for `cargo:rerun-if-changed`. Files that were looked for in vain are left out:
    /// cargo would run the build each time for one that does not exist.
    pub read: Vec<PathBuf>,
    /// Files that came from the built-in set, because the user has none of that name.
    pub builtin: BTreeSet<String>,
}

/// Reads a source with all that it imports. Warnings stay in the sink.
pub fn load(source: &Source, sink: &mut Sink) -> Result<Loaded, Errors> {
    match source {
        Source::Files { files, includes } => load_files(files, includes, sink),
    }
}

fn load_files(files: &[PathBuf], includes: &[PathBuf], sink: &mut Sink) -> Result<Loaded, Errors> {
    let includes = Includes::new(includes);
    for folder in includes.missing() {
        let message = format!("the include folder `{}` does not exist", folder.display());
        sink.push(Diagnostic::warning(Code::UNREADABLE_FILE, message));
    }
    if files.is_empty() {
        sink.push(Diagnostic::error(Code::UNREADABLE_FILE, "no `.proto` file was given"));
    }
    let mut roots = Vec::new();
    for file in files {
        match includes.name_of(file) {
            Ok(name) if roots.contains(&name) => {}
            Ok(name) => roots.push(name),
            Err(error) => sink.push(*error),
        }
    }
    let texts = text::read_all(&includes, &roots, sink);
    imports::report_missing(&texts, &includes, sink);
    let order = order::sort(&texts.files, &roots, sink);
    sink.barrier(&texts.sources)?;
    let text::Texts { files, sources, read, builtin, .. } = texts;
    finish(files, Origin { order, roots, sources, read, builtin }, sink)
}

/// What is known of the files beside their descriptors.
struct Origin {
    order: Vec<String>,
    roots: Vec<String>,
    sources: Sources,
    read: Vec<PathBuf>,
    builtin: BTreeSet<String>,
}

fn finish(mut files: BTreeMap<String, raw::File>, origin: Origin, sink: &mut Sink) -> Result<Loaded, Errors> {
    let Origin { order, roots, sources, read, builtin } = origin;
    let sorted = order.iter().filter_map(|name| files.remove(name)).collect();
    match pool::build(sorted) {
        Ok(pool) => {
            let locations = Locations::new(&pool);
            Ok(Loaded { pool, roots, files: order, sources, locations, read, builtin })
        }
        Err(error) => {
            errors::report(&error, sink);
            sink.barrier(&sources)?;
            Err(Errors::one(Diagnostic::error(Code::INTERNAL, error.to_string())))
        }
    }
}
