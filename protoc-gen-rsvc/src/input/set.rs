//! Descriptors instead of text: a `FileDescriptorSet` or a `CodeGeneratorRequest`.

use std::fmt;

use prost::Message;

use super::{builtin, order, parse, raw};
use crate::diag::{Code, Diagnostic, Errors, Place, Sink};
use crate::sorted::{SortedMap, SortedSet};

/// What protoc or buf hands to a plugin.
#[derive(Clone)]
pub struct Request {
    parameter: String,
    from_protoc: bool,
    roots: Vec<String>,
    files: Vec<raw::File>,
}

/// It tells two requests apart.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files: Vec<_> = self.files.iter().map(Message::encode_to_vec).collect();
        f.debug_tuple("Request")
            .field(&self.parameter)
            .field(&self.from_protoc)
            .field(&self.roots)
            .field(&files)
            .finish()
    }
}

#[derive(Clone, Message)]
#[prost(skip_debug)]
struct RawRequest {
    #[prost(string, repeated, tag = "1")]
    file_to_generate: Vec<String>,
    #[prost(string, optional, tag = "2")]
    parameter: Option<String>,
    #[prost(bytes = "vec", optional, tag = "3")]
    compiler_version: Option<Vec<u8>>,
    #[prost(message, repeated, tag = "15")]
    proto_file: Vec<raw::File>,
}

impl Request {
    /// Reads the bytes of a `CodeGeneratorRequest`. What is in the descriptors is looked at by [`super::load`].
    pub fn decode(bytes: &[u8]) -> Result<Self, Errors> {
        let RawRequest { file_to_generate, parameter, compiler_version, proto_file } =
            RawRequest::decode(bytes).map_err(|error| {
                Errors::one(undecodable("the request is not a `CodeGeneratorRequest`", &error))
            })?;
        Ok(Self {
            parameter: parameter.unwrap_or_default(),
            from_protoc: compiler_version.is_some(),
            roots: file_to_generate,
            files: proto_file,
        })
    }

    /// Whether the host tells the version of protoc: buf does not.
    pub fn is_from_protoc(&self) -> bool {
        self.from_protoc
    }

    /// The parameter of the plugin, `key=value,…`.
    pub fn parameter(&self) -> &str {
        &self.parameter
    }
}

/// Files by name, with the names to generate code for.
#[derive(Default)]
pub(crate) struct DescriptorSet {
    pub(crate) files: SortedMap<String, raw::File>,
    pub(crate) roots: Vec<String>,
    pub(crate) builtin: SortedSet<String>,
}

/// The files of an encoded `FileDescriptorSet`.
pub(crate) fn from_bytes(bytes: &[u8], roots: &[String], sink: &mut Sink) -> DescriptorSet {
    match raw::FileSet::decode(bytes) {
        Ok(set) => from_files(set.file, roots, sink),
        Err(error) => {
            sink.push(undecodable("the input is not a `FileDescriptorSet`", &error));
            DescriptorSet::default()
        }
    }
}

/// The files of a plugin's request.
pub(crate) fn from_request(request: &Request, sink: &mut Sink) -> DescriptorSet {
    from_files(request.files.clone(), &request.roots, sink)
}

fn undecodable(what: &str, error: &prost::DecodeError) -> Diagnostic {
    // The first parts of the reason name our own types.
    let reason = error.to_string();
    let reason = reason.rsplit(": ").next().unwrap_or_default();
    Diagnostic::error(Code::BAD_DESCRIPTOR, format!("{what}: {reason}"))
}

/// Without roots, all files are meant.
fn from_files(files: Vec<raw::File>, roots: &[String], sink: &mut Sink) -> DescriptorSet {
    let mut set = DescriptorSet { roots: roots.to_vec(), ..DescriptorSet::default() };
    if roots.is_empty() {
        set.roots = files.iter().map(|file| file.name().to_owned()).collect();
    }
    for mut file in files {
        if let Some(own) = compilers_own(&file, &set.roots) {
            file = own;
        }
        if file.name().is_empty() || file.name().contains(char::is_control) {
            let text = format!("a file without a proper name: `{}`", file.name().escape_debug());
            sink.push(Diagnostic::error(Code::BAD_DESCRIPTOR, text));
            continue;
        }
        match set.files.get(file.name()) {
            None => _ = set.files.insert(file.name().to_owned(), file),
            Some(first) if *first == file => {}
            Some(_) => {
                let text = format!("two different files are named `{}`", file.name());
                sink.push(Diagnostic::error(Code::BAD_DESCRIPTOR, text).at(Place::file(file.name())));
            }
        }
    }
    take_option_imports(&mut set.files);
    add_builtin(&mut set, sink);
    set.roots.dedup();
    for root in &set.roots {
        if !set.files.contains_key(root) {
            let text = format!("code is to be generated for `{root}`, which is not among the files");
            sink.push(Diagnostic::error(Code::BAD_DESCRIPTOR, text));
        }
    }
    set
}

/// Our text of a file that every compiler brings along in a version of its own, so that the output does not
/// depend on whose it was.
fn compilers_own(file: &raw::File, roots: &[String]) -> Option<raw::File> {
    let name = file.name();
    if !name.starts_with("google/protobuf/") || roots.iter().any(|root| root == name) {
        return None;
    }
    parse::parse(name, builtin::builtin(name)?).ok()
}

/// Edition 2024 lists files that only options need apart from the others. Here they are imports, unless they are
/// absent: the options are interpreted already, so nothing is lost.
fn take_option_imports(files: &mut SortedMap<String, raw::File>) {
    let names: SortedSet<String> = files.keys().cloned().collect();
    for file in files.values_mut() {
        let extra = std::mem::take(&mut file.option_dependency);
        file.dependency.extend(extra.into_iter().filter(|name| names.contains(name)));
    }
}

/// Sets made without `--include_imports` lack files that every compiler has.
fn add_builtin(set: &mut DescriptorSet, sink: &mut Sink) {
    let mut wanted: Vec<(String, String, usize)> = set.files.values().flat_map(imports).collect();
    while let Some((importer, name, index)) = wanted.pop() {
        if set.files.contains_key(&name) {
            continue;
        }
        let known = builtin::builtin(&name).and_then(|text| parse::parse(&name, text).ok());
        if let Some(file) = known {
            wanted.extend(imports(&file));
            set.files.insert(name.clone(), file);
            set.builtin.insert(name);
            continue;
        }
        let place = set.files.get(&importer).map(|file| order::import_place(file, &importer, index));
        let found = Diagnostic::error(
            Code::IMPORT_NOT_FOUND,
            format!("`{name}` is imported but not among the files"),
        );
        sink.push(found.at(place).help("make the descriptor set with `--include_imports`"));
    }
}

fn imports(file: &raw::File) -> Vec<(String, String, usize)> {
    let each = file.dependency.iter().enumerate();
    each.map(|(index, name)| (file.name().to_owned(), name.clone(), index)).collect()
}
