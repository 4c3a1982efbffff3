//! Every Rust identifier and path of the output, decided once.
//!
//! The scheme is prost's, so that a user of prost finds what he knows: types in `UpperCamelCase`, fields and
//! modules in `snake_case`, the types nested in `Order` in a module `order`, enum values without the name of
//! their enum, keywords raw (`r#type`) or with an underscore (`self_`). On top of it, where prost would stop
//! or write code that does not compile:
//!
//! - Two names that become the same in Rust: the later one gets the next free number (`foo_bar`, `foo_bar2`).
//! - A module is never named like a primitive type, since `mod str` hides `str` from what stands beside it.
//! - A name without letters gets an `X` before it.
//! - Package `a.b` and the nested types of `a.B` share the module `a::b`.
//!
//! prost-build derives its identifiers from the descriptors' names. So each node also gets a *projected* name:
//! the proto name from which prost-build arrives at the Rust name decided here. [`crate::emit`] hands it
//! descriptors with those. They differ from the original only where one of the rules above applies.

mod documents;
mod errors;
mod space;

use std::collections::{BTreeMap, BTreeSet};

use heck::{ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};

use crate::model::{
    Enum, EnumId, FieldKind, MessageId, Package, PackageId, Schema, ServiceId, ServiceNames, TypePath,
    ValueType, WellKnown,
};
use crate::sorted::SortedMap;
#[cfg(feature = "documents")]
pub(crate) use documents::service_name as document_service_name;
#[cfg(feature = "documents")]
pub(crate) use documents::{DOCUMENT, document_stem};
pub(crate) use documents::{operation_id, operation_suffix};
pub(crate) use errors::{STATUS_VARIANT, words};
use space::{Space, Spaces, unique};

/// Generic parameters and words of the service templates; a type of that name is written `self::T` there.
const TEMPLATE_GENERICS: &[&str] = &["T"];

/// The file with the module tree; `mod pb;` finds it in a folder `pb`.
pub(crate) const ROOT_FILE: &str = "mod.rs";

/// The file of the reference, and the constant in the tree's root that holds it.
#[cfg(feature = "documents")]
pub(crate) const DOCS_FILE: &str = "docs.site";
#[cfg(feature = "documents")]
pub(crate) const DOCS: &str = "DOCS";

/// The file with the descriptors. No package has its name: words do not begin with an underscore.
pub(crate) const DESCRIPTORS_FILE: &str = "_descriptors.rs";

/// The constant in the tree's root that holds all descriptors.
pub(crate) const DESCRIPTOR_SET: &str = "FILE_DESCRIPTOR_SET";

/// Where types live that are not generated here.
#[derive(Debug, Default)]
pub(crate) struct Externs {
    /// Proto prefix without the leading dot -> Rust path, as the user gave them.
    pub paths: BTreeMap<String, String>,
    /// Those of them whose types have prost's code alone.
    pub plain: BTreeSet<String>,
}

impl Externs {
    /// The Rust path of `full_name`, if a prefix of it is mapped; the longest prefix wins.
    pub(crate) fn resolve(&self, full_name: &str) -> Option<String> {
        self.key(full_name).map(|prefix| {
            let rest = full_name[prefix.len()..].trim_start_matches('.');
            extern_path(&self.paths[prefix], rest)
        })
    }

    /// Whether `full_name` is the type of a crate that has prost's code alone.
    pub(crate) fn is_plain(&self, full_name: &str) -> bool {
        self.key(full_name).is_some_and(|prefix| self.plain.contains(prefix))
    }

    /// The mapped prefix that applies to `full_name`.
    pub(crate) fn key(&self, full_name: &str) -> Option<&str> {
        let ends = full_name.match_indices('.').map(|(i, _)| i).chain([full_name.len()]);
        ends.rev()
            .map(|end| &full_name[..end])
            .chain([""])
            .find_map(|prefix| self.paths.get_key_value(prefix).map(|(key, _)| key.as_str()))
    }
}

/// `base` followed by the modules and the type of a proto name below it.
pub(crate) fn extern_path(base: &str, rest: &str) -> String {
    if rest.is_empty() {
        return base.to_owned();
    }
    let mut parts: Vec<String> = rest.split('.').map(str::to_owned).collect();
    let last = parts.len() - 1;
    for (i, part) in parts.iter_mut().enumerate() {
        *part = if i == last { camel(part) } else { snake(part) };
    }
    format!("{base}::{}", parts.join("::"))
}

/// The Rust type of a well-known type in prost's world, where wrappers are bare values.
pub(crate) fn well_known_path(well_known: WellKnown) -> String {
    let prost_types = |name: &str| format!("::rsvc::prost_types::{name}");
    match well_known {
        WellKnown::Empty => "()".into(),
        WellKnown::BoolValue => "bool".into(),
        WellKnown::BytesValue => "::rsvc::prost::alloc::vec::Vec<u8>".into(),
        WellKnown::DoubleValue => "f64".into(),
        WellKnown::FloatValue => "f32".into(),
        WellKnown::Int32Value => "i32".into(),
        WellKnown::Int64Value => "i64".into(),
        WellKnown::UInt32Value => "u32".into(),
        WellKnown::UInt64Value => "u64".into(),
        WellKnown::StringValue => "::rsvc::prost::alloc::string::String".into(),
        other => prost_types(&format!("{other:?}")),
    }
}

/// The path to a type from inside a module of the tree, as source text.
pub(crate) fn path_from(module: &[String], to: &TypePath) -> String {
    match to {
        TypePath::Extern(path) => path.clone(),
        TypePath::Local { module: target, name } => segments(module, target, name).join("::"),
    }
}

/// The module, in the tree's root, of what stands in for messages and enums of other crates.
pub(crate) const STAND_INS: &str = "__rsvc_plain";

/// The path to what stands in for a type of another crate.
pub(crate) fn stand_in_path(module: &[String], name: &str) -> String {
    segments(module, &[STAND_INS], name).join("::")
}

/// The path to an item of the tree's root from inside a module.
pub(crate) fn root_path(module: &[String], name: &str) -> String {
    segments::<&str>(module, &[], name).join("::")
}

/// The path from one module to a type in another, in its parts.
pub(crate) fn segments<'a, S: AsRef<str>>(from: &[String], target: &'a [S], name: &'a str) -> Vec<&'a str> {
    let common = from.iter().zip(target).take_while(|(a, b)| *a == b.as_ref()).count();
    let up = std::iter::repeat_n("super", from.len() - common);
    let mut parts: Vec<&str> = up.chain(target[common..].iter().map(AsRef::as_ref)).chain([name]).collect();
    if parts.len() == 1 && TEMPLATE_GENERICS.contains(&name) {
        parts.insert(0, "self");
    }
    parts
}

/// Fills every name of the schema.
pub(crate) fn assign(schema: &mut Schema) {
    packages(schema);
    let mut spaces = Spaces::default();
    spaces.at(&[]).values.insert(DESCRIPTOR_SET.to_owned());
    documents::assign(schema, spaces.at(&[]));
    for id in schema.packages.ids() {
        let package = &schema.packages[id];
        let (messages, enums) = (package.messages.clone(), package.enums.clone());
        let module = package.module.clone();
        types(schema, &mut spaces, &module, &messages, &enums);
    }
    for id in schema.packages.ids() {
        for service in schema.packages[id].services.clone() {
            let module = schema.packages[id].module.clone();
            service_names(schema, spaces.at(&module), service);
        }
    }
    for id in schema.packages.ids() {
        for message in schema.packages[id].messages.clone() {
            nested(schema, &mut spaces, message);
        }
    }
    for id in schema.messages.ids() {
        if schema.messages[id].is_local() {
            fields(schema, &mut spaces, id);
        } else {
            errors::extern_fields(schema, id);
        }
    }
    errors::assign(schema);
    stand_ins(schema);
    for id in schema.enums.ids() {
        values(&mut schema.enums[id]);
    }
}

/// What stands in for a type has its full name: `third.v1.Money` is `ThirdV1Money`.
fn stand_ins(schema: &mut Schema) {
    let mut space = Space::default();
    let mut name = |full_name: &str| {
        let projected = unique(&full_name.replace('.', "_"), &mut |p| space.take_type(camel(p)));
        camel(&projected)
    };
    for id in schema.messages.ids() {
        let node = &mut schema.messages[id];
        if node.stand_in.is_some() {
            node.stand_in = Some(name(&node.full_name));
        }
    }
    for id in schema.enums.ids() {
        let node = &mut schema.enums[id];
        if node.stand_in.is_some() {
            node.stand_in = Some(name(&node.full_name));
        }
    }
}

/// Modules of packages: one per part of the name, siblings kept apart.
fn packages(schema: &mut Schema) {
    let mut chosen: SortedMap<String, (Vec<String>, Vec<String>)> = SortedMap::new();
    chosen.insert(String::new(), (Vec::new(), Vec::new()));
    let mut taken: SortedMap<Vec<String>, Space> = SortedMap::new();
    let ids: Vec<PackageId> = schema.packages.ids().collect();
    for id in ids {
        let name = schema.packages[id].name.clone();
        let mut prefix = String::new();
        for part in name.split('.').filter(|p| !p.is_empty()) {
            let parent = chosen[&prefix].clone();
            if !prefix.is_empty() {
                prefix.push('.');
            }
            prefix.push_str(part);
            if chosen.contains_key(&prefix) {
                continue;
            }
            let space = taken.or_default(parent.0.clone());
            let projected = unique(part, &mut |p| !is_primitive(&snake(p)) && space.modules.insert(snake(p)));
            let (mut module, mut path) = parent;
            module.push(snake(&projected));
            path.push(projected);
            chosen.insert(prefix.clone(), (module, path));
        }
        let (module, path) = chosen[&name].clone();
        let package: &mut Package = &mut schema.packages[id];
        package.file_name = if module.is_empty() {
            "_.rs".into()
        } else {
            format!("{}.rs", module.iter().map(|m| plain(m)).collect::<Vec<_>>().join("."))
        };
        package.projected = path.join(".");
        package.module = module;
    }
}

/// An identifier without the mark of a raw one.
pub(crate) fn plain(identifier: &str) -> &str {
    identifier.strip_prefix("r#").unwrap_or(identifier)
}

fn types(
    schema: &mut Schema,
    spaces: &mut Spaces,
    module: &[String],
    messages: &[MessageId],
    enums: &[EnumId],
) {
    let space = spaces.at(module);
    for &id in messages {
        let message = &mut schema.messages[id];
        if !message.is_local() {
            continue;
        }
        let with_module =
            !message.messages.is_empty() || !message.enums.is_empty() || !message.oneofs.is_empty();
        message.projected = unique(&message.name, &mut |p| {
            let (name, module) = (camel(p), snake(p));
            if with_module && (is_primitive(&module) || space.modules.contains(&module)) {
                return false;
            }
            if space.types.contains(&name) || space.modules.contains(&name) {
                return false;
            }
            space.types.insert(name);
            space.modules.insert(module);
            true
        });
        message.module_name = snake(&message.projected);
        message.rust = TypePath::Local { module: module.to_vec(), name: camel(&message.projected) };
    }
    for &id in enums {
        let node = &mut schema.enums[id];
        if node.is_generated() {
            node.projected = unique(&node.name, &mut |p| space.take_type(camel(p)));
            node.rust = TypePath::Local { module: module.to_vec(), name: camel(&node.projected) };
        }
    }
}

fn nested(schema: &mut Schema, spaces: &mut Spaces, id: MessageId) {
    let message = &schema.messages[id];
    let TypePath::Local { module, .. } = &message.rust else { return };
    let mut module = module.clone();
    module.push(message.module_name.clone());
    let (messages, enums) = (message.messages.clone(), message.enums.clone());
    types(schema, spaces, &module, &messages, &enums);
    for child in messages {
        nested(schema, spaces, child);
    }
}

/// Fields, oneofs and the accessors that prost derives for some of them.
fn fields(schema: &mut Schema, spaces: &mut Spaces, id: MessageId) {
    let message = &schema.messages[id];
    let TypePath::Local { module, .. } = message.rust.clone() else { return };
    let mut inner = module;
    inner.push(message.module_name.clone());
    let (fields, oneofs) = (message.fields.clone(), message.oneofs.clone());
    let mut members = Space::default();
    for field in fields {
        let node = &schema.fields[field];
        if node.oneof.is_some() {
            continue;
        }
        let accessors = accessors(&node.kind);
        let projected = unique(&node.name, &mut |p| {
            let name = snake(p);
            // prost's derive cannot build `get_r#type`.
            if name.starts_with("r#") && accessors.contains(&"get_") {
                return false;
            }
            let methods: Vec<String> = accessors.iter().map(|a| format!("{a}{}", plain(&name))).collect();
            if members.values.contains(&name) || methods.iter().any(|m| members.types.contains(m)) {
                return false;
            }
            members.types.extend(methods);
            members.values.insert(name)
        });
        let node = &mut schema.fields[field];
        node.rust_name = snake(&projected);
        node.projected = projected;
    }
    for oneof in oneofs {
        let node = &schema.oneofs[oneof];
        // prost's own rule for a oneof named like a nested type, and the only one it knows.
        let message = &schema.messages[id];
        let siblings: Vec<String> = (message.messages.iter().map(|m| camel(&schema.messages[*m].projected)))
            .chain(message.enums.iter().map(|e| camel(&schema.enums[*e].projected)))
            .collect();
        let type_name = |p: &str| {
            let name = camel(p);
            if siblings.contains(&name) { format!("{name}OneOf") } else { name }
        };
        let space = spaces.at(&inner);
        let projected = unique(&node.name, &mut |p| {
            let (name, type_name) = (snake(p), type_name(p));
            if members.values.contains(&name) || space.types.contains(&type_name) {
                return false;
            }
            space.types.insert(type_name);
            members.values.insert(name)
        });
        let mut variants = Space::default();
        if schema.messages[id].error_set.is_some() {
            variants.take_type(STATUS_VARIANT.into());
        }
        for field in schema.oneofs[oneof].fields.clone() {
            let node = &mut schema.fields[field];
            node.projected = unique(&node.name, &mut |p| variants.take_type(camel(p)));
            node.rust_name = camel(&node.projected);
        }
        let node = &mut schema.oneofs[oneof];
        node.rust_name = snake(&projected);
        node.rust = TypePath::Local { module: inner.clone(), name: type_name(&projected) };
        node.projected = projected;
    }
}

/// Prefixes of the methods that `#[derive(Message)]` adds for a field.
fn accessors(kind: &FieldKind) -> &'static [&'static str] {
    match kind {
        FieldKind::Singular(ValueType::Enum(_), _) => &["", "set_"],
        FieldKind::Repeated(ValueType::Enum(_)) => &["", "push_"],
        FieldKind::Map(_, ValueType::Enum(_)) => &["get_", "insert_"],
        FieldKind::Singular(ValueType::Scalar(_), crate::model::Presence::Explicit) => &[""],
        _ => &[],
    }
}

fn values(node: &mut Enum) {
    let mut space = Space::default();
    let mut first: SortedMap<i32, String> = SortedMap::new();
    let prefix = camel(&node.projected);
    for value in &mut node.values {
        value.alias = first.contains_key(&value.number);
        if value.alias {
            value.rust_name.clone_from(&first[&value.number]);
            value.projected.clone_from(&value.name);
            continue;
        }
        value.projected =
            unique(&value.name, &mut |p| space.take_type(strip_enum_prefix(&prefix, &camel(p))));
        value.rust_name = strip_enum_prefix(&prefix, &camel(&value.projected));
        first.insert(value.number, value.rust_name.clone());
    }
}

fn service_names(schema: &mut Schema, space: &mut Space, id: ServiceId) {
    let service = &schema.services[id];
    let (name, methods) = (service.name.clone(), service.methods.clone());
    let mut names = ServiceNames::default();
    let openapi = service.names.openapi.clone();
    let base = unique(&name, &mut |p| {
        let base = camel(p);
        names = ServiceNames {
            server: format!("{base}Server"),
            client: format!("{base}Client"),
            rest_client: format!("{base}RestClient"),
            object: format!("Dyn{base}"),
            info: p.to_shouty_snake_case(),
            bindings: format!("{}_BINDINGS", p.to_shouty_snake_case()),
            openapi: openapi.clone(),
            service_trait: base,
        };
        let types = [&names.service_trait, &names.server, &names.client, &names.rest_client, &names.object];
        let values = [&names.info, &names.bindings];
        if types.iter().any(|t| space.types.contains(*t)) || values.iter().any(|v| space.values.contains(*v))
        {
            return false;
        }
        space.types.extend(types.into_iter().cloned());
        space.values.extend(values.into_iter().cloned());
        true
    });
    let mut taken = Space::default();
    for method in methods {
        let node = &mut schema.methods[method];
        let projected = unique(&node.name, &mut |p| taken.values.insert(snake(p)));
        node.rust_name = snake(&projected);
        node.object_name = format!("__rsvc_{}", plain(&node.rust_name));
        let stem = base.to_shouty_snake_case();
        let constant =
            unique(&projected, &mut |p| space.values.insert(format!("{stem}_{}", p.to_shouty_snake_case())));
        node.info_name = format!("{stem}_{}", constant.to_shouty_snake_case());
    }
    schema.services[id].names = names;
}

fn is_primitive(module: &str) -> bool {
    matches!(
        module,
        "bool"
            | "char"
            | "str"
            | "i8"
            | "i16"
            | "i32"
            | "i64"
            | "i128"
            | "isize"
            | "u8"
            | "u16"
            | "u32"
            | "u64"
            | "u128"
            | "usize"
            | "f16"
            | "f32"
            | "f64"
            | "f128"
    )
}

/// prost-build's rule for a field or module.
pub(crate) fn snake(name: &str) -> String {
    sanitize(&name.to_snake_case())
}

/// prost-build's rule for a type or variant.
pub(crate) fn camel(name: &str) -> String {
    sanitize(&name.to_upper_camel_case())
}

fn sanitize(name: &str) -> String {
    match name {
        "_" | "super" | "self" | "Self" | "extern" | "crate" => format!("{name}_"),
        _ if is_keyword(name) => format!("r#{name}"),
        _ if name.starts_with(char::is_numeric) => format!("_{name}"),
        _ => name.to_owned(),
    }
}

/// <https://doc.rust-lang.org/reference/keywords.html>, strict and reserved ones of all editions.
fn is_keyword(name: &str) -> bool {
    matches!(
        name,
        "as" | "break"
            | "const"
            | "continue"
            | "else"
            | "enum"
            | "false"
            | "fn"
            | "for"
            | "if"
            | "impl"
            | "in"
            | "let"
            | "loop"
            | "match"
            | "mod"
            | "move"
            | "mut"
            | "pub"
            | "ref"
            | "return"
            | "static"
            | "struct"
            | "trait"
            | "true"
            | "type"
            | "unsafe"
            | "use"
            | "where"
            | "while"
            | "dyn"
            | "abstract"
            | "become"
            | "box"
            | "do"
            | "final"
            | "macro"
            | "override"
            | "priv"
            | "typeof"
            | "unsized"
            | "virtual"
            | "yield"
            | "async"
            | "await"
            | "try"
            | "gen"
    )
}

/// prost-build's rule for a variant: without the enum's name, where a word begins behind it.
fn strip_enum_prefix(prefix: &str, name: &str) -> String {
    match name.strip_prefix(prefix) {
        Some(rest) if rest.starts_with(char::is_uppercase) => sanitize(rest),
        _ => sanitize(name),
    }
}
