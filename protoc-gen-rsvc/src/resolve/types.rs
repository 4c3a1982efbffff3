//! Files, packages, messages and enums.

use std::collections::{HashMap, HashSet};

use prost_reflect::prost_types::{EnumOptions, EnumValueOptions, FieldOptions, MessageOptions};
use prost_reflect::{Cardinality, EnumDescriptor, FieldDescriptor, FileDescriptor, Kind, MessageDescriptor};

use super::annotations;
use crate::diag::Place;
use crate::input::{Loaded, builtin};
use crate::model::FieldStorage;
use crate::model::{
    Arena, Behavior, Comments, Enum, EnumId, EnumValue, Field, FieldId, FieldKind, File, FileId, Message,
    MessageId, Oneof, OneofId, Origin, Package, PackageId, Presence, Scalar, Schema, Syntax, TextFormat,
    TypePath, ValueType, WellKnown,
};
use crate::names::{self, Externs};
use crate::options::Options;
use crate::sorted::{self, SortedMap, SortedSet};

/// Packages whose built-in files have their types in the runtime, and where.
const RUNTIME_PACKAGES: &[&str] = &["google.api", "google.rpc", "buf.validate", "rsvc.v1"];
const RUNTIME_TYPES: &str = "::rsvc::pb";

/// The schema in the making, with its nodes by their full proto names.
pub(super) struct Types<'a> {
    loaded: &'a Loaded,
    pub(super) externs: Externs,
    pub(super) schema: Schema,
    pub(super) messages: HashMap<String, MessageId>,
    enums: HashMap<String, EnumId>,
}

pub(super) fn resolve<'a>(loaded: &'a Loaded, options: &Options) -> Types<'a> {
    let mut types = Types {
        loaded,
        externs: Externs { paths: options.extern_paths.clone(), plain: options.plain_externs.clone() },
        schema: Schema {
            pool: loaded.pool.clone(),
            files: Arena::default(),
            packages: Arena::default(),
            messages: Arena::default(),
            fields: Arena::default(),
            oneofs: Arena::default(),
            enums: Arena::default(),
            services: Arena::default(),
            methods: Arena::default(),
            error_sets: Arena::default(),
            rules: crate::model::rules::Rules::default(),
            samples: Vec::new(),
        },
        messages: HashMap::new(),
        enums: HashMap::new(),
    };
    let file = |name: &String| loaded.pool.get_file_by_name(name).expect("the files are those of the pool");
    let files: Vec<FileDescriptor> = loaded.files.iter().map(file).collect();
    let packages = types.packages(&files);
    let roots: HashSet<&str> = loaded.roots.iter().map(String::as_str).collect();
    for file in &files {
        let package = packages[file.package_name()];
        let root = roots.contains(file.name());
        let generate = root || (options.imports && !is_elsewhere(file));
        let syntax = match file.syntax() {
            _ if loaded.notes.proto3.contains(file.name()) => Syntax::Proto3,
            prost_reflect::Syntax::Proto2 => Syntax::Proto2,
            prost_reflect::Syntax::Proto3 => Syntax::Proto3,
        };
        let id = types.schema.files.push(File { name: file.name().into(), package, generate, root, syntax });
        types.schema.packages[package].files.push(id);
        types.declare(file, id, package);
    }
    types.fields();
    types
}

impl Types<'_> {
    fn packages(&mut self, files: &[FileDescriptor]) -> SortedMap<String, PackageId> {
        let names: SortedSet<&str> = files.iter().map(FileDescriptor::package_name).collect();
        let mut packages = SortedMap::new();
        for name in names {
            let id = self.schema.packages.push(Package {
                name: name.to_owned(),
                module: Vec::new(),
                file_name: String::new(),
                openapi: String::new(),
                comments: Comments::default(),
                described: None,
                projected: String::new(),
                files: Vec::new(),
                messages: Vec::new(),
                enums: Vec::new(),
                services: Vec::new(),
            });
            packages.insert(name.to_owned(), id);
        }
        packages
    }

    fn declare(&mut self, file: &FileDescriptor, id: FileId, package: PackageId) {
        for message in file.messages() {
            let message = self.message(&message, id, None);
            self.schema.packages[package].messages.push(message);
        }
        for node in file.enums() {
            let node = self.enumeration(&node, id, None);
            self.schema.packages[package].enums.push(node);
        }
    }

    /// Where a type lives; the names of local ones are decided later.
    fn home(&self, full_name: &str, file: FileId, well_known: Option<WellKnown>) -> TypePath {
        if let Some(path) = self.externs.resolve(full_name) {
            return TypePath::Extern(path);
        }
        if let Some(well_known) = well_known {
            return TypePath::Extern(names::well_known_path(well_known));
        }
        let file = &self.schema.files[file];
        if let Some(rest) = full_name.strip_prefix("google.protobuf.") {
            return TypePath::Extern(names::extern_path("::rsvc::prost_types", rest));
        }
        let package = self.schema.packages[file.package].name.as_str();
        if !file.root && in_runtime(&file.name, package) {
            return TypePath::Extern(names::extern_path(RUNTIME_TYPES, full_name));
        }
        TypePath::Local { module: Vec::new(), name: String::new() }
    }

    pub(super) fn origin(&self, file: FileId, path: &[i32], deprecated: bool) -> Origin {
        let name = &self.schema.files[file].name;
        let mut name_path = path.to_vec();
        name_path.push(1);
        Origin {
            place: self.loaded.locations.place(name, &name_path),
            comments: self.loaded.locations.comments(name, path),
            deprecated,
        }
    }

    /// The comments of the part of a file at `path`.
    pub(super) fn comments(&self, file: FileId, path: &[i32]) -> Comments {
        self.loaded.locations.comments(&self.schema.files[file].name, path)
    }

    /// Where an option stands: `path` is that of the definition, `option` goes on from there.
    pub(super) fn option_place(&self, file: FileId, path: &[i32], option: &[i32]) -> Place {
        self.loaded.locations.place(&self.schema.files[file].name, &[path, option].concat())
    }

    fn message(
        &mut self,
        descriptor: &MessageDescriptor,
        file: FileId,
        parent: Option<MessageId>,
    ) -> MessageId {
        let well_known = WellKnown::of(descriptor.full_name());
        let deprecated =
            descriptor.descriptor_proto().options.as_ref().is_some_and(MessageOptions::deprecated);
        let id = self.schema.messages.push(Message {
            name: descriptor.name().to_owned(),
            full_name: descriptor.full_name().to_owned(),
            file,
            package: self.schema.files[file].package,
            parent,
            fields: Vec::new(),
            oneofs: Vec::new(),
            messages: Vec::new(),
            enums: Vec::new(),
            rust: self.home(descriptor.full_name(), file, well_known),
            module_name: String::new(),
            projected: descriptor.name().to_owned(),
            well_known,
            stand_in: None,
            error_set: None,
            origin: self.origin(file, descriptor.path(), deprecated),
            descriptor: descriptor.clone(),
        });
        self.messages.insert(descriptor.full_name().to_owned(), id);
        for child in descriptor.child_messages().filter(|m| !m.is_map_entry()) {
            let child = self.message(&child, file, Some(id));
            self.schema.messages[id].messages.push(child);
        }
        for child in descriptor.child_enums() {
            let child = self.enumeration(&child, file, Some(id));
            self.schema.messages[id].enums.push(child);
        }
        id
    }

    fn enumeration(
        &mut self,
        descriptor: &EnumDescriptor,
        file: FileId,
        parent: Option<MessageId>,
    ) -> EnumId {
        let proto = descriptor.enum_descriptor_proto();
        let deprecated = proto.options.as_ref().is_some_and(EnumOptions::deprecated);
        let mut values: Vec<_> = descriptor.values().collect();
        sorted::sort_by_key(&mut values, |value| value.path().last().copied());
        let values = values
            .iter()
            .map(|value| {
                let proto = value.enum_value_descriptor_proto();
                EnumValue {
                    name: value.name().to_owned(),
                    number: value.number(),
                    rust_name: String::new(),
                    alias: false,
                    projected: value.name().to_owned(),
                    origin: self.origin(
                        file,
                        value.path(),
                        proto.options.as_ref().is_some_and(EnumValueOptions::deprecated),
                    ),
                }
            })
            .collect();
        let id = self.schema.enums.push(Enum {
            name: descriptor.name().to_owned(),
            full_name: descriptor.full_name().to_owned(),
            file,
            package: self.schema.files[file].package,
            parent,
            values,
            closed: self.loaded.notes.closed_enums.contains(descriptor.full_name()),
            rust: self.home(descriptor.full_name(), file, None),
            stand_in: None,
            projected: descriptor.name().to_owned(),
            origin: self.origin(file, descriptor.path(), deprecated),
            descriptor: descriptor.clone(),
        });
        self.enums.insert(descriptor.full_name().to_owned(), id);
        id
    }

    fn fields(&mut self) {
        for id in self.schema.messages.ids() {
            let descriptor = self.schema.messages[id].descriptor.clone();
            let file = self.schema.messages[id].file;
            let mut oneofs = SortedMap::new();
            for oneof in descriptor.oneofs().filter(|o| !o.is_synthetic()) {
                let oneof_id = self.schema.oneofs.push(Oneof {
                    name: oneof.name().to_owned(),
                    message: id,
                    fields: Vec::new(),
                    rust_name: String::new(),
                    rust: TypePath::Local { module: Vec::new(), name: String::new() },
                    projected: oneof.name().to_owned(),
                    origin: self.origin(file, oneof.path(), false),
                });
                oneofs.insert(oneof.name().to_owned(), oneof_id);
                self.schema.messages[id].oneofs.push(oneof_id);
            }
            // In the order of definition; prost-reflect sorts by number.
            let mut fields: Vec<FieldDescriptor> = descriptor.fields().collect();
            sorted::sort_by_key(&mut fields, |field| field.path().last().copied());
            for field in fields {
                let oneof = field.containing_oneof().and_then(|o| oneofs.get(o.name()).copied());
                let field_id = self.field(&field, id, oneof, file);
                self.schema.messages[id].fields.push(field_id);
                if let Some(oneof) = oneof {
                    self.schema.oneofs[oneof].fields.push(field_id);
                }
            }
        }
    }

    fn field(
        &mut self,
        descriptor: &FieldDescriptor,
        message: MessageId,
        oneof: Option<OneofId>,
        file: FileId,
    ) -> FieldId {
        let proto = descriptor.field_descriptor_proto();
        let kind = match descriptor.kind() {
            Kind::Message(entry) if descriptor.is_map() => FieldKind::Map(
                scalar(&entry.map_entry_key_field().kind()).expect("the key of a map is a scalar"),
                self.value_type(&entry.map_entry_value_field()),
            ),
            _ if descriptor.is_list() => FieldKind::Repeated(self.value_type(descriptor)),
            _ => FieldKind::Singular(
                self.value_type(descriptor),
                match descriptor.cardinality() {
                    Cardinality::Required => Presence::Required,
                    _ if self.has_presence(descriptor) => Presence::Explicit,
                    _ => Presence::Implicit,
                },
            ),
        };
        let deprecated = proto.options.as_ref().is_some_and(FieldOptions::deprecated);
        self.schema.fields.push(Field {
            name: descriptor.name().to_owned(),
            full_name: descriptor.full_name().to_owned(),
            json_name: descriptor.json_name().to_owned(),
            number: descriptor.number(),
            message,
            oneof,
            kind,
            packed: descriptor.is_list() && packed(descriptor),
            default: proto.default_value.clone(),
            behaviors: behaviors(descriptor),
            format: format(descriptor),
            rust_name: String::new(),
            projected: descriptor.name().to_owned(),
            storage: FieldStorage::default(),
            origin: self.origin(file, descriptor.path(), deprecated),
            descriptor: descriptor.clone(),
        })
    }

    /// Not where the pool alone has a file as proto2.
    fn has_presence(&self, descriptor: &FieldDescriptor) -> bool {
        let implicit = || {
            let proto = descriptor.field_descriptor_proto();
            let by_nature =
                descriptor.containing_oneof().is_some() || matches!(descriptor.kind(), Kind::Message(_));
            !by_nature && !proto.proto3_optional()
        };
        let is_proto3 = || self.loaded.notes.proto3.contains(descriptor.parent_file().name());
        descriptor.supports_presence() && !(implicit() && is_proto3())
    }

    fn value_type(&self, descriptor: &FieldDescriptor) -> ValueType {
        match descriptor.kind() {
            Kind::Message(message) if descriptor.is_group() => {
                ValueType::Group(self.messages[message.full_name()])
            }
            Kind::Message(message) => ValueType::Message(self.messages[message.full_name()]),
            Kind::Enum(node) => ValueType::Enum(self.enums[node.full_name()]),
            kind => ValueType::Scalar(scalar(&kind).expect("messages and enums come before")),
        }
    }
}

/// Read from the interpreted options: prost-reflect's own answer is from before it interpreted them.
fn packed(descriptor: &FieldDescriptor) -> bool {
    if matches!(descriptor.kind(), Kind::String | Kind::Bytes | Kind::Message(_)) {
        return false;
    }
    match annotations::field(&descriptor.options(), "packed") {
        Some(value) => value.as_bool() == Some(true),
        None => descriptor.parent_file().syntax() == prost_reflect::Syntax::Proto3,
    }
}

/// Whether the types of an imported file come from prost or from the runtime.
fn is_elsewhere(file: &FileDescriptor) -> bool {
    file.package_name() == "google.protobuf" || in_runtime(file.name(), file.package_name())
}

/// By name, not by where its text came from: a plugin cannot tell, and all hosts have to agree.
fn in_runtime(file: &str, package: &str) -> bool {
    RUNTIME_PACKAGES.contains(&package) && builtin(file).is_some()
}

fn scalar(kind: &Kind) -> Option<Scalar> {
    Some(match kind {
        Kind::Double => Scalar::Double,
        Kind::Float => Scalar::Float,
        Kind::Int32 => Scalar::Int32,
        Kind::Int64 => Scalar::Int64,
        Kind::Uint32 => Scalar::Uint32,
        Kind::Uint64 => Scalar::Uint64,
        Kind::Sint32 => Scalar::Sint32,
        Kind::Sint64 => Scalar::Sint64,
        Kind::Fixed32 => Scalar::Fixed32,
        Kind::Fixed64 => Scalar::Fixed64,
        Kind::Sfixed32 => Scalar::Sfixed32,
        Kind::Sfixed64 => Scalar::Sfixed64,
        Kind::Bool => Scalar::Bool,
        Kind::String => Scalar::String,
        Kind::Bytes => Scalar::Bytes,
        Kind::Message(_) | Kind::Enum(_) => return None,
    })
}

/// `google.api.field_behavior`; numbers that are not known say nothing.
fn behaviors(field: &FieldDescriptor) -> SortedSet<Behavior> {
    let numbers = annotations::numbers(field.parent_pool(), &field.options(), "google.api.field_behavior");
    numbers.into_iter().filter_map(Behavior::of).collect()
}

/// `format` of `google.api.field_info`.
fn format(field: &FieldDescriptor) -> Option<TextFormat> {
    let info = annotations::extension(field.parent_pool(), &field.options(), "google.api.field_info")?;
    TextFormat::of(annotations::field(&info, "format")?.as_enum_number()?)
}
