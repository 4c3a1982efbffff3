//! Where each name is declared: an index over encoded descriptors.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use prost::Message;
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto};

use crate::call::BoxError;

/// The place of a file in [`Index::files`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FileId(usize);

/// The files that were sent on a stream, each with all that it imports.
#[derive(Debug, Default)]
pub(super) struct Sent(BTreeSet<FileId>);

/// The files of a server and what they declare.
#[derive(Debug, Default)]
pub(super) struct Index {
    files: Vec<File>,
    by_name: BTreeMap<String, FileId>,
    symbols: BTreeMap<String, Symbol>,
    /// By the full name of the extended message, then by number.
    extensions: BTreeMap<String, BTreeMap<i32, FileId>>,
}

#[derive(Debug)]
struct File {
    /// As it was in its set: decoding would lose custom options.
    encoded: Bytes,
    imports: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
struct Symbol {
    file: FileId,
    is_message: bool,
}

/// A `google.protobuf.FileDescriptorSet` whose files stay encoded.
#[derive(Clone, PartialEq, Message)]
struct EncodedSet {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    files: Vec<Bytes>,
}

impl Index {
    /// Adds the files of an encoded `google.protobuf.FileDescriptorSet`. Of several files of one name the first is
    /// kept: the same file is in the sets of many trees.
    pub(super) fn add(&mut self, set: Bytes) -> Result<(), BoxError> {
        for encoded in EncodedSet::decode(set)?.files {
            let file = FileDescriptorProto::decode(encoded.clone())?;
            let name = named(file.name.as_deref(), "a file")?;
            match self.by_name.get(name) {
                None => self.add_file(name, &file, encoded)?,
                Some(first) => {
                    let first = &self.files[first.0].encoded;
                    if *first != encoded && !is_same(FileDescriptorProto::decode(first.clone())?, &file) {
                        tracing::warn!(
                            file = name,
                            "two different files have this name: reflection serves the first"
                        );
                    }
                }
            }
        }
        Ok(())
    }

    /// The file of this name.
    pub(super) fn file(&self, name: &str) -> Option<FileId> {
        self.by_name.get(name).copied()
    }

    /// The file that declares this full name.
    pub(super) fn file_of_symbol(&self, name: &str) -> Option<FileId> {
        self.symbols.get(name).map(|symbol| symbol.file)
    }

    /// The file that declares this extension of a message.
    pub(super) fn file_of_extension(&self, message: &str, number: i32) -> Option<FileId> {
        self.extensions.get(message)?.get(&number).copied()
    }

    /// The numbers of all extensions of a message, sorted; `None` if the message is unknown.
    pub(super) fn extension_numbers(&self, message: &str) -> Option<Vec<i32>> {
        match self.extensions.get(message) {
            Some(extensions) => Some(extensions.keys().copied().collect()),
            None => self.symbols.get(message).filter(|symbol| symbol.is_message).map(|_| Vec::new()),
        }
    }

    /// A file, and what it imports, directly or not, as far as it was not sent yet. The file itself is always there.
    pub(super) fn with_imports(&self, file: FileId, sent: &mut Sent) -> Vec<Bytes> {
        sent.0.insert(file);
        let mut found = vec![file];
        let mut next = 0;
        while let Some(file) = found.get(next) {
            // A set may lack some.
            let imports = self.files[file.0].imports.iter().filter_map(|name| self.file(name));
            found.extend(imports.filter(|import| sent.0.insert(*import)));
            next += 1;
        }
        found.into_iter().map(|file| self.files[file.0].encoded.clone()).collect()
    }

    fn add_file(&mut self, name: &str, file: &FileDescriptorProto, encoded: Bytes) -> Result<(), BoxError> {
        let id = FileId(self.files.len());
        self.files.push(File { encoded, imports: file.dependency.clone() });
        self.by_name.insert(name.to_owned(), id);
        let mut declare = Declare { index: self, file: id, clash: None };
        declare.file(file).map_err(|error| format!("`{name}`: {error}"))?;
        if let Some(symbol) = declare.clash {
            tracing::warn!(
                file = name,
                symbol,
                "an earlier file declares this symbol as well: reflection serves that one"
            );
        }
        Ok(())
    }
}

/// Adds what one file declares.
struct Declare<'a> {
    index: &'a mut Index,
    file: FileId,
    /// A symbol that an earlier file declares as well.
    clash: Option<String>,
}

impl Declare<'_> {
    fn file(&mut self, file: &FileDescriptorProto) -> Result<(), BoxError> {
        let package = file.package();
        for message in &file.message_type {
            self.message(package, message)?;
        }
        for enumeration in &file.enum_type {
            self.enumeration(package, enumeration)?;
        }
        for extension in &file.extension {
            self.extension(package, extension)?;
        }
        for service in &file.service {
            let service_name = self.symbol(package, service.name.as_deref(), "a service")?;
            for method in &service.method {
                self.symbol(&service_name, method.name.as_deref(), "a method")?;
            }
        }
        Ok(())
    }

    /// How deep messages nest is limited where they are decoded.
    fn message(&mut self, scope: &str, message: &DescriptorProto) -> Result<(), BoxError> {
        let name = full_name(scope, named(message.name.as_deref(), "a message")?);
        self.insert(name.clone(), true);
        for field in &message.field {
            self.symbol(&name, field.name.as_deref(), "a field")?;
        }
        for oneof in &message.oneof_decl {
            self.symbol(&name, oneof.name.as_deref(), "a oneof")?;
        }
        for nested in &message.nested_type {
            self.message(&name, nested)?;
        }
        for enumeration in &message.enum_type {
            self.enumeration(&name, enumeration)?;
        }
        for extension in &message.extension {
            self.extension(&name, extension)?;
        }
        Ok(())
    }

    /// The values of an enum are names beside it, not below it.
    fn enumeration(&mut self, scope: &str, enumeration: &EnumDescriptorProto) -> Result<(), BoxError> {
        self.symbol(scope, enumeration.name.as_deref(), "an enum")?;
        for value in &enumeration.value {
            self.symbol(scope, value.name.as_deref(), "an enum value")?;
        }
        Ok(())
    }

    fn extension(&mut self, scope: &str, extension: &FieldDescriptorProto) -> Result<(), BoxError> {
        let name = self.symbol(scope, extension.name.as_deref(), "an extension")?;
        let extended = extension.extendee().trim_start_matches('.');
        if extended.is_empty() {
            return Err(format!("the extension `{name}` extends nothing").into());
        }
        let numbers = self.index.extensions.entry(extended.to_owned()).or_default();
        numbers.entry(extension.number()).or_insert(self.file);
        Ok(())
    }

    /// Adds a symbol that is not a message; returns its full name.
    fn symbol(&mut self, scope: &str, name: Option<&str>, what: &str) -> Result<String, BoxError> {
        let name = full_name(scope, named(name, what)?);
        self.insert(name.clone(), false);
        Ok(name)
    }

    fn insert(&mut self, name: String, is_message: bool) {
        let symbol = Symbol { file: self.file, is_message };
        let first = self.index.symbols.entry(name.clone()).or_insert(symbol);
        if first.file != self.file {
            self.clash.get_or_insert(name);
        }
    }
}

fn full_name(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}

fn named<'a>(name: Option<&'a str>, what: &str) -> Result<&'a str, BoxError> {
    name.filter(|name| !name.is_empty()).ok_or_else(|| format!("{what} has no name").into())
}

/// Whether two files differ in nothing but their comments and places.
fn is_same(mut first: FileDescriptorProto, file: &FileDescriptorProto) -> bool {
    first.source_code_info.clone_from(&file.source_code_info);
    first == *file
}

#[cfg(test)]
mod tests;
