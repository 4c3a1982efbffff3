//! Schema -> Rust. Nothing here can fail on a user's input: what could was found before the barrier.
//!
//! An emitter whose text does not parse is a mistake of ours and is reported as [`Code::INTERNAL`] with its name.

mod cache;
mod condition;
mod descriptor_set;
mod docs;
mod documents;
mod errors;
mod existing;
#[cfg(test)]
mod fixture;
pub(crate) mod json;
mod layout;
mod messages;
mod modules;
#[cfg(feature = "documents")]
pub(crate) mod openapi;
mod parens;
mod print;
mod project;
#[cfg(feature = "documents")]
pub(crate) mod reference;
mod rest;
mod retry;
pub(crate) mod samples;
mod service;
mod tree;
mod validate;
mod verify;
#[cfg(feature = "documents")]
pub(crate) mod words;

use crate::diag::{Code, Diagnostic};
use crate::model::{EnumId, ErrorSetId, FileId, MessageId, PackageId, Schema, ServiceId};
use crate::names;
use crate::options::Options;
use crate::sorted::{self, SortedMap, SortedSet};
use documents::DocumentPlan;
pub(crate) use existing::Existing;
use json::{GeneratedTypes, JsonPart};
use messages::TypesEmitter;
use modules::Module;
use project::TypesPart;
use samples::SampleTables;

/// Lets the user reach prost-build's own configuration.
pub(crate) type ProstHook<'a> = &'a (dyn Fn(&mut prost_build::Config) + Sync);

/// The files that are about all packages: the tree and the descriptors.
pub(crate) const SHARED_FILES: [&str; 2] = [names::ROOT_FILE, names::DESCRIPTORS_FILE];

/// How many fields and values go into a part: enough for what is done once a part not to count, and few enough for
/// syntax trees to be short-lived.
const PART_SIZE: usize = 200;

/// How wide prettyplease makes a line.
const PRETTY_WIDTH: usize = 89;

/// One generated file: parts that are emitted each for itself, in any order.
pub(crate) struct EmittedFile {
    pub(crate) name: String,
    parts: Vec<Part>,
    /// The module that its items are in.
    package: Option<PackageId>,
}

impl EmittedFile {
    /// How many parts it has.
    pub(crate) fn len(&self) -> usize {
        self.parts.len()
    }

    /// A file of one part that is not about a package.
    fn shared(name: &str, part: Part) -> Self {
        Self { name: name.to_owned(), parts: vec![part], package: None }
    }
}

/// What is in a part.
pub(crate) enum Emitted {
    /// Not printed yet.
    Items(Vec<syn::Item>),
    Text(String),
    /// One after the other.
    Several(Vec<Emitted>),
    /// A whole file as it is: documents have no header.
    File(String),
}

enum Part {
    Types(TypesPart),
    Json(JsonPart),
    ErrorSet(ErrorSetId),
    Validate(Vec<MessageId>),
    Samples(Vec<MessageId>),
    Service(ServiceId),
    Root,
    Descriptors,
    Document(DocumentPlan),
}

/// All files of the output: one a package, the module tree, and documents that are not Rust.
pub(crate) struct Emitter<'a> {
    schema: &'a Schema,
    options: &'a Options,
    types: TypesEmitter<'a>,
    zeros: SortedSet<MessageId>,
    /// If there are to be samples.
    samples: Option<SampleTables>,
    tree: Module,
    existing: Option<Existing>,
    /// Ordered by name.
    pub(crate) files: Vec<EmittedFile>,
}

impl<'a> Emitter<'a> {
    pub(crate) fn new(
        schema: &'a Schema,
        options: &'a Options,
        hook: Option<ProstHook<'a>>,
        existing: Option<Existing>,
    ) -> Self {
        let parts = schema.packages.ids().map(|id| (id, parts(schema, options, id)));
        let packages: Vec<_> = parts.filter(|(_, parts)| !parts.is_empty()).collect();
        let ids: Vec<PackageId> = packages.iter().map(|(id, _)| *id).collect();
        let tree = Module::new(schema, &ids);
        let root = EmittedFile::shared(names::ROOT_FILE, Part::Root);
        let descriptors = EmittedFile::shared(names::DESCRIPTORS_FILE, Part::Descriptors);
        let documents = documents::plans(schema, options).into_iter().map(|plan| {
            let name = plan.file.clone();
            EmittedFile::shared(&name, Part::Document(plan))
        });
        let files = packages.into_iter().map(|(id, parts)| EmittedFile {
            name: schema.packages[id].file_name.clone(),
            parts,
            package: Some(id),
        });
        let mut files: Vec<EmittedFile> =
            [root, descriptors].into_iter().chain(documents).chain(files).collect();
        sorted::sort_by(&mut files, |a, b| a.name.cmp(&b.name));
        let types = TypesEmitter::new(schema, options, hook);
        let samples = options.samples.then(|| SampleTables::new(schema));
        Self { schema, options, types, zeros: json::with_zeros(schema), samples, tree, existing, files }
    }

    /// A part of a file.
    pub(crate) fn part(&self, file: &EmittedFile, index: usize) -> Result<Emitted, Diagnostic> {
        let Some(package) = file.package else {
            return Ok(match &file.parts[index] {
                Part::Document(plan) => Emitted::File(documents::text(self.schema, self.options, plan)?),
                Part::Descriptors => {
                    Emitted::Items(vec![tree::descriptors(self.schema, self.existing.as_ref())?])
                }
                _ => Emitted::Items(self.root()?),
            });
        };
        // What is in no package is in no module either, so every item says for itself what a module says for all.
        let in_root = self.schema.packages[package].module.is_empty();
        let mut items = match &file.parts[index] {
            Part::Json(part) => {
                let allow = in_root.then(modules::allow);
                return Ok(Emitted::Text(json::emit(self.schema, package, part, &self.zeros, allow)));
            }
            Part::Types(part) => {
                let module = &self.schema.packages[package].module;
                let fills = self.tree.fills(module, self.schema, &part.messages);
                match self.types.emit(part, !in_root && !fills)? {
                    Emitted::Items(mut items) => {
                        self.tree.fill(module, self.schema, &part.messages, &mut items)?;
                        items
                    }
                    text => return Ok(text),
                }
            }
            Part::Service(service) => {
                let emitted = service::emit(self.schema, self.options, *service, !in_root)?;
                return Ok(several(emitted, in_root));
            }
            Part::Validate(messages) => {
                let emitted = validate::emit(self.schema, package, messages, !in_root)?;
                return Ok(several(emitted, in_root));
            }
            part => self.items(package, part)?,
        };
        if in_root {
            modules::allow_each(&mut items);
        }
        Ok(Emitted::Items(items))
    }

    /// The root file: the tree, and a constant for each document.
    fn root(&self) -> Result<Vec<syn::Item>, Diagnostic> {
        let documents = self.files.iter().flat_map(|file| &file.parts).filter_map(|part| match part {
            Part::Document(plan) => Some((plan.constant.as_str(), plan.file.as_str())),
            _ => None,
        });
        let documents: Vec<_> = documents.collect();
        tree::emit(self.schema, &self.tree, &documents, self.existing.as_ref())
    }

    fn items(&self, package: PackageId, part: &Part) -> Result<Vec<syn::Item>, Diagnostic> {
        let (schema, options) = (self.schema, self.options);
        match part {
            Part::ErrorSet(set) => errors::emit(schema, options, *set),
            Part::Samples(messages) => {
                let tables = self.samples.as_ref().expect("a part of samples has tables");
                samples::emit(schema, tables, package, messages)
            }
            _ => Ok(Vec::new()),
        }
    }
}

/// Pieces of a part; each item of those in the root says for itself what a module says for all.
fn several(mut emitted: Vec<Emitted>, in_root: bool) -> Emitted {
    for piece in emitted.iter_mut().filter(|_| in_root) {
        if let Emitted::Items(items) = piece {
            modules::allow_each(items);
        }
    }
    Emitted::Several(emitted)
}

/// All that a package's file is made of, in its order.
fn parts(schema: &Schema, options: &Options, id: PackageId) -> Vec<Part> {
    let package = &schema.packages[id];
    let weigh = |id: &MessageId| weight(schema, *id);
    let mut parts = types(schema, id);
    let types = GeneratedTypes::of(schema, id);
    let messages = types.messages.clone();
    let enums = chunks(&types.enums, |id| schema.enums[*id].values.len());
    parts.extend(enums.map(|enums| Part::Json(JsonPart::Enums(enums))));
    let own = |id: &MessageId| schema.messages[*id].fields.len();
    parts.extend(chunks(&types.messages, own).map(|messages| Part::Json(JsonPart::Messages(messages))));
    if !(types.messages.is_empty() && types.enums.is_empty()) {
        parts.push(Part::Json(JsonPart::All { types, serde: options.serde }));
    }
    let sets = package.messages.iter().filter_map(|id| schema.messages[*id].error_set);
    parts.extend(sets.map(Part::ErrorSet));
    parts.extend(chunks(&validate::messages(schema, id), weigh).map(Part::Validate));
    if options.samples && !messages.is_empty() {
        parts.push(Part::Samples(messages));
    }
    parts.extend(package.services.iter().map(|id| Part::Service(*id)));
    parts
}

/// The messages and enums of a package, file by file.
fn types(schema: &Schema, id: PackageId) -> Vec<Part> {
    let package = &schema.packages[id];
    let mut files: SortedMap<FileId, (Vec<MessageId>, Vec<EnumId>)> = SortedMap::new();
    for message in package.messages.iter().filter(|id| schema.messages[**id].is_local()) {
        files.or_default(schema.messages[*message].file).0.push(*message);
    }
    for node in package.enums.iter().filter(|id| schema.enums[**id].is_generated()) {
        files.or_default(schema.enums[*node].file).1.push(*node);
    }
    let mut parts = Vec::new();
    for (file, (messages, enums)) in files.into_iter().filter(|(file, _)| schema.files[*file].generate) {
        let messages = chunks(&messages, |id| weight(schema, *id));
        parts.extend(messages.map(|messages| TypesPart { file, messages, enums: Vec::new() }));
        let enums = chunks(&enums, |id| schema.enums[*id].values.len());
        parts.extend(enums.map(|enums| TypesPart { file, messages: Vec::new(), enums }));
    }
    parts.into_iter().map(Part::Types).collect()
}

/// How much there is to a message with all that is nested in it.
fn weight(schema: &Schema, id: MessageId) -> usize {
    let message = &schema.messages[id];
    let enums = message.enums.iter().map(|id| schema.enums[*id].values.len());
    let messages = message.messages.iter().map(|id| weight(schema, *id));
    1 + message.fields.len() + enums.sum::<usize>() + messages.sum::<usize>()
}

/// Splits what stands one after the other into parts of about the same weight.
fn chunks<T: Copy>(all: &[T], weight: impl Fn(&T) -> usize) -> impl Iterator<Item = Vec<T>> {
    let mut chunks = Vec::new();
    let (mut chunk, mut size) = (Vec::new(), 0);
    for node in all {
        chunk.push(*node);
        size += weight(node) + 1;
        if size >= PART_SIZE {
            chunks.push(std::mem::take(&mut chunk));
            size = 0;
        }
    }
    chunks.extend((!chunk.is_empty()).then_some(chunk));
    chunks.into_iter()
}

/// Parses what an emitter wrote; `what` says which one, and for what.
fn parse(text: &str, what: &str) -> Result<Vec<syn::Item>, Diagnostic> {
    let file =
        syn::parse_file(text).map_err(|error| internal(format!("{what} is not valid Rust: {error}")))?;
    Ok(file.items)
}

/// An item as prettyplease writes it.
pub(crate) fn pretty(item: syn::Item) -> String {
    prettyplease::unparse(&syn::File {
        shebang: None,
        frontmatter: None,
        attrs: Vec::new(),
        items: vec![item],
    })
}

/// Whether prettyplease leaves a line as it is: it is short enough, or nothing in it can be broken.
fn fits(line: &str) -> bool {
    layout::fits(line, 0) || line.trim_start().starts_with("///") || line.starts_with("pub trait ")
}

/// Texts as Rust string literals.
fn literals(texts: impl IntoIterator<Item = impl AsRef<str>>) -> Vec<String> {
    texts.into_iter().map(|text| literal(text.as_ref())).collect()
}

fn literal(text: &str) -> String {
    proc_macro2::Literal::string(text).to_string()
}

fn internal(message: String) -> Diagnostic {
    Diagnostic::error(Code::INTERNAL, message)
        .help("this is a mistake in the generator; please report it with the `.proto` that leads to it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_and_their_json_are_written_without_syntax_trees() {
        let schema = fixture::schema(
            "enum E { E_UNSPECIFIED = 0; E_ONE = 1; } // Said of it.\nmessage M { string s = 1; repeated E es = 2; \
             map<string, M> m = 3; double d = 4; M inner = 5; oneof kind { M a = 6; bytes b = 7; } message N { E e = 1; } }",
        );
        let options = Options::default();
        let emitter = Emitter::new(&schema, &options, None, None);
        let mut found = 0;
        for file in &emitter.files {
            for (index, part) in file.parts.iter().enumerate() {
                if matches!(part, Part::Types(_) | Part::Json(_)) {
                    let code = emitter.part(file, index).expect("a part");
                    assert!(matches!(code, Emitted::Text(_)), "{}, part {index}", file.name);
                    found += 1;
                }
            }
        }
        assert!(found > 2, "{found}");
    }
}
