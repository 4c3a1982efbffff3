//! Sources of any kind become one descriptor pool: `.proto` files, a descriptor set, a plugin request.
//!
//! The steps, each in a file of its own: `files` knows the include folders, `text` reads and parses in parallel, or
//! `set` takes descriptors; `order` sorts by imports, `verify` finds what is wrong, `editions` become proto2 or
//! proto3, `normalize` smooths what the two libraries behind us read differently, `pool` builds. No other module
//! reads files or the environment, and only `output/` writes.
#![allow(clippy::disallowed_methods)] // the border of the file system runs here: see clippy.toml

mod buf;
mod builtin;
mod digest;
mod editions;
mod features;
mod files;
mod imports;
mod interpret;
mod lexer;
mod locations;
mod normalize;
mod numbers;
mod order;
mod overlays;
mod parse;
mod pool;
mod raw;
mod rewrite;
mod set;
mod source_info;
mod suggest;
mod text;
mod values;
mod verify;

use std::path::{Path, PathBuf};

use prost_reflect::DescriptorPool;

pub(crate) use builtin::{annotations, builtin};
pub(crate) use digest::{digest, paths, program};
pub use editions::{Edition, EditionNotes};
pub(crate) use features::is_enabled;
pub(crate) use lexer::escape;
pub use locations::{Locations, Sources};
pub use set::Request;
pub(crate) use suggest::closest;

use crate::diag::{Code, Diagnostic, Errors, Sink, SourceText};
use crate::sorted::{SortedMap, SortedSet};
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
    /// An encoded `FileDescriptorSet`, as `protoc --descriptor_set_out --include_imports` or `buf build` write it.
    DescriptorSet {
        /// The bytes.
        bytes: Vec<u8>,
        /// The files to compile, by name; none means all of the set.
        files: Vec<String>,
    },
    /// As [`Source::DescriptorSet`], read from a file.
    DescriptorSetFile {
        /// The file.
        path: PathBuf,
        /// The files to compile, by name; none means all of the set.
        files: Vec<String>,
    },
    /// What protoc or buf hands to a plugin.
    Request(Request),
}

/// Everything that was read.
#[derive(Debug)]
pub struct Loaded {
    /// All files with their imports, custom options interpreted.
    ///
    /// Where public imports lead over more than one step, the files at their end are listed as imports too.
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
    pub builtin: SortedSet<String>,
    /// What the pool does not say of closed enums and editions.
    pub notes: EditionNotes,
    /// What is merged into OpenAPI documents, by the file that names it.
    pub(crate) overlays: overlays::Overlays,
    /// The names of those files, as imports would have them.
    pub(crate) overlay_names: Vec<String>,
}

/// Reads a source with all that it imports. Warnings stay in the sink.
pub fn load(source: &Source, sink: &mut Sink) -> Result<Loaded, Errors> {
    let input = match source {
        Source::Files { files, includes } => read_files(files, includes, sink),
        Source::DescriptorSet { bytes, files } => Input::from(set::from_bytes(bytes, files, sink)),
        Source::DescriptorSetFile { path, files } => read_set(path, files, sink),
        Source::Request(request) => {
            buf::check(request, sink);
            Input::from(set::from_request(request, sink))
        }
    };
    let mut loaded = finish(input, sink)?;
    overlays(source, &mut loaded);
    Ok(loaded)
}

/// Reads the files that are merged into documents. Where there are descriptors alone, they cannot be found.
fn overlays(source: &Source, loaded: &mut Loaded) {
    for (file, name) in overlays::named(&loaded.pool, &loaded.roots) {
        let text = match source {
            Source::Files { includes, .. } => {
                let (path, text) = overlays::read(&Includes::new(includes), &name);
                loaded.read.extend(path);
                text
            }
            _ => Err("descriptors do not say where the `.proto` is".to_owned()),
        };
        loaded.overlay_names.push(name);
        loaded.overlays.insert(file, text);
    }
}

/// Files from anywhere.
#[derive(Default)]
struct Input {
    files: SortedMap<String, raw::File>,
    roots: Vec<String>,
    sources: Sources,
    read: Vec<PathBuf>,
    builtin: SortedSet<String>,
}

impl From<set::DescriptorSet> for Input {
    fn from(set: set::DescriptorSet) -> Self {
        Self { files: set.files, roots: set.roots, builtin: set.builtin, ..Self::default() }
    }
}

fn read_set(path: &Path, files: &[String], sink: &mut Sink) -> Input {
    match std::fs::read(path) {
        Ok(bytes) => Input { read: vec![path.to_owned()], ..set::from_bytes(&bytes, files, sink).into() },
        Err(error) => {
            let message = format!("the descriptor set `{}` cannot be read: {error}", path.display());
            sink.push(Diagnostic::error(Code::UNREADABLE_FILE, message));
            Input::default()
        }
    }
}

fn read_files(files: &[PathBuf], includes: &[PathBuf], sink: &mut Sink) -> Input {
    let includes = Includes::new(includes);
    for folder in includes.missing() {
        let message = format!("the include folder `{}` does not exist", folder.display());
        sink.push(Diagnostic::warning(Code::UNREADABLE_FILE, message));
    }
    if files.is_empty() {
        sink.push(Diagnostic::error(Code::UNREADABLE_FILE, "no `.proto` file was given"));
    }
    let mut roots = Vec::new();
    let mut known = SortedSet::new();
    for file in files {
        match includes.name_of(file) {
            Ok(name) => {
                if known.insert(name.clone()) {
                    roots.push(name);
                }
            }
            Err(error) => sink.push(*error),
        }
    }
    let texts = text::read_all(&includes, &roots, sink);
    imports::report_missing(&texts, &includes, sink);
    let text::Texts { files, sources, read, builtin, .. } = texts;
    Input { files, roots, sources, read, builtin }
}

fn finish(input: Input, sink: &mut Sink) -> Result<Loaded, Errors> {
    let Input { files: mut by_name, roots, sources, read, builtin } = input;
    let names = order::sort(&by_name, &roots, sink);
    sink.barrier(&sources)?;
    let mut files: Vec<raw::File> = names.iter().filter_map(|name| by_name.remove(name)).collect();
    let mut names = verify::verify(&mut files, sink);
    sink.barrier(&sources)?;
    interpret::interpret(&mut files, &mut names, &sources, sink);
    for file in &files {
        verify::check_options(file, sink);
    }
    if !sources.is_empty() {
        imports::report_unused(&files, &names, &roots, sink);
    }
    sink.barrier(&sources)?;
    let mut notes = EditionNotes::default();
    for file in &mut files {
        editions::reduce(file, &mut notes, sink);
    }
    sink.barrier(&sources)?;
    for file in &mut files {
        normalize::normalize(file);
        normalize::lower_syntax(file, &mut notes);
        // What came as text has its places from our parser.
        if sources.text(file.name()).is_none() {
            normalize::complete(file);
        }
    }
    // The pool would keep each place as a message of its own.
    let infos = take_source_info(&mut files);
    match pool::build(&files) {
        Ok(pool) => {
            let locations = Locations::new(&pool, &sources, infos);
            let names = files.iter().map(|file| file.name().to_owned()).collect();
            Ok(Loaded {
                pool,
                roots,
                files: names,
                sources,
                locations,
                read,
                builtin,
                notes,
                overlays: overlays::Overlays::new(),
                overlay_names: Vec::new(),
            })
        }
        // Texts are checked in full before. Descriptors may hold options that are not messages.
        Err(error) if sources.is_empty() => {
            let message = format!("the descriptors cannot be used: {error}");
            Err(Errors::one(Diagnostic::error(Code::BAD_DESCRIPTOR, message)))
        }
        Err(error) => Err(Errors::one(Diagnostic::error(Code::INTERNAL, error.to_string()))),
    }
}

fn take_source_info(files: &mut [raw::File]) -> SortedMap<String, Vec<u8>> {
    let infos = files.iter_mut().filter_map(|file| {
        let info = file.source_code_info.take()?;
        Some((file.name().to_owned(), info))
    });
    infos.collect()
}

const DESCRIPTOR: &str = "google/protobuf/descriptor.proto";
