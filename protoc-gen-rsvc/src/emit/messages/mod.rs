//! Messages and enums: prost-build writes them, this adds the comments and checks that it wrote what
//! `names/` and `storage/` say.

mod text;

use proc_macro2::{Group, Literal, TokenStream, TokenTree};
use prost_build::Module;
use quote::ToTokens as _;

use super::project::TypesPart;
use super::{Emitted, ProstHook, docs, internal, parse, project, verify};
use crate::diag::{Code, Diagnostic};
use crate::model::{EnumId, Field, FieldKind, MessageId, OneofId, Schema, Shape, TypePath, ValueType};
use crate::options::Options;
use crate::sorted::{SortedMap, SortedSet};
use crate::storage::{self, Derives};
use text::{ProstText, Stop};

/// Where the code of files goes that are only read for what others need of them.
const DISCARD: &str = "rsvc discards this";

/// What a generated type stands for.
#[derive(Clone, Copy)]
pub(super) enum GeneratedType {
    Message(MessageId),
    Enum(EnumId),
    Oneof(OneofId),
}

/// What all parts of the output need to know of messages and enums.
pub(super) struct TypesEmitter<'a> {
    schema: &'a Schema,
    options: &'a Options,
    hook: Option<ProstHook<'a>>,
    derives: Vec<Derives>,
    nodes: SortedMap<(&'a [String], &'a str), GeneratedType>,
}

impl<'a> TypesEmitter<'a> {
    pub(super) fn new(schema: &'a Schema, options: &'a Options, hook: Option<ProstHook<'a>>) -> Self {
        Self { schema, options, hook, derives: storage::derives(schema), nodes: nodes(schema) }
    }

    /// The code of some messages and enums: as text where that can be had and `as_text` asks for it.
    pub(super) fn emit(&self, part: &TypesPart, as_text: bool) -> Result<Emitted, Diagnostic> {
        let (schema, options) = (self.schema, self.options);
        let package = &schema.packages[schema.files[part.file].package];
        let Some(text) = self.prost_text(part)? else { return Ok(Emitted::Items(Vec::new())) };
        // What a user adds has any form.
        let added = self.hook.is_some()
            || !options.type_attributes.is_empty()
            || !options.field_attributes.is_empty();
        if as_text && !added {
            match ProstText::new(schema, &self.nodes, package.module.clone(), &text).rewrite() {
                Ok(text) => return Ok(Emitted::Text(text)),
                Err(Stop::Wrong(wrong)) => return Err(internal(wrong)),
                Err(Stop::OtherForm) => {}
            }
        }
        let mut items = parse(&text, &format!("what prost-build wrote for package `{}`", package.name))?;
        let mut walk =
            ProstOutput { schema, nodes: &self.nodes, module: package.module.clone(), wrong: Vec::new() };
        walk.items(&mut items);
        if let Some(wrong) = walk.wrong.into_iter().next() {
            return Err(internal(wrong).note(
                None,
                "where the code reached prost-build's `Config` itself: what changes the type of a field (`bytes`, \
                 `btree_map`, `boxed`) has to be set through the builder's own methods",
            ));
        }
        Ok(Emitted::Items(items))
    }

    /// What prost-build writes, if it writes anything. It sees nothing but these types and what they refer to: what it
    /// does for a type takes longer the more others there are.
    fn prost_text(&self, part: &TypesPart) -> Result<Option<String>, Diagnostic> {
        let schema = self.schema;
        let module = Module::from_parts(schema.packages[schema.files[part.file].package].module.clone());
        let references = References::of(schema, part);
        let mut requests = vec![(module.clone(), project::file(schema, part))];
        requests.extend(
            references.messages.iter().filter(|id| !references.own.contains(id)).map(|id| {
                (Module::from_parts([DISCARD]), project::stub(schema, *id, self.derives[id.index()]))
            }),
        );
        let mut config = self.config(&references);
        if let Some(hook) = self.hook {
            hook(&mut config);
        }
        let mut modules = config.generate(requests).map_err(|error| {
            Diagnostic::error(Code::BAD_PARAMETER, format!("prost-build refuses its configuration: {error}"))
        })?;
        Ok(modules.remove(&module))
    }

    fn config(&self, references: &References) -> prost_build::Config {
        let (schema, options) = (self.schema, self.options);
        let mut config = prost_build::Config::new();
        config.prost_path("::rsvc::prost").prost_types_path("::rsvc::prost_types");
        // It has paths of its own for the well-known types, and takes no second ones: here are all.
        config.compile_well_known_types();
        let messages: SortedSet<MessageId> =
            references.own.iter().chain(&references.messages).copied().collect();
        for id in &messages {
            let node = &schema.messages[*id];
            if let TypePath::Extern(path) = &node.rust {
                config.extern_path(project::message_name(schema, *id), path);
            }
        }
        for id in &references.enums {
            let node = &schema.enums[*id];
            if let TypePath::Extern(path) = &node.rust {
                config.extern_path(project::enum_name(schema, *id), path);
            }
        }
        // prost-build forgets the paths of an earlier call, so each list goes in as a whole.
        let (mut bytes, mut btree_map) = (Vec::new(), Vec::new());
        for message in &references.own {
            let owner = project::message_name(schema, *message);
            let fields = || schema.messages[*message].fields.iter().map(|field| &schema.fields[*field]);
            for field in fields().filter(|field| field.storage.boxed && !is_of_own_type(field)) {
                match field.oneof {
                    Some(oneof) => config
                        .boxed(format!("{owner}.{}.{}", schema.oneofs[oneof].projected, field.projected)),
                    None => config.boxed(format!("{owner}.{}", field.projected)),
                };
            }
            let path = |field: &Field| format!("{owner}.{}", field.projected);
            bytes.extend(fields().filter(|field| field.storage.shared_bytes).map(path));
            btree_map.extend(fields().filter(|field| field.storage.shape == Shape::BTreeMap).map(path));
        }
        config.bytes(bytes).btree_map(btree_map);
        config.skip_debug(
            references
                .own
                .iter()
                .filter(|id| has_btree_map(schema, **id))
                .map(|id| project::message_name(schema, *id)),
        );
        for (path, attribute) in &options.type_attributes {
            config.type_attribute(path, attribute);
        }
        for (path, attribute) in &options.field_attributes {
            config.field_attribute(path, attribute);
        }
        config
    }
}

/// What is in some types, and what they refer to.
#[derive(Default)]
struct References {
    /// The messages themselves and those that are nested in them.
    own: SortedSet<MessageId>,
    /// The messages that fields are of.
    messages: SortedSet<MessageId>,
    /// The enums themselves and those that fields are of.
    enums: SortedSet<EnumId>,
}

impl References {
    fn of(schema: &Schema, part: &TypesPart) -> Self {
        let mut found = Self { enums: part.enums.iter().copied().collect(), ..Self::default() };
        part.messages.iter().for_each(|id| found.message(schema, *id));
        found
    }

    fn message(&mut self, schema: &Schema, id: MessageId) {
        let message = &schema.messages[id];
        self.own.insert(id);
        self.enums.extend(message.enums.iter().copied());
        for field in &message.fields {
            match schema.fields[*field].kind.value() {
                ValueType::Message(to) | ValueType::Group(to) => _ = self.messages.insert(*to),
                ValueType::Enum(to) => _ = self.enums.insert(*to),
                ValueType::Scalar(_) => {}
            }
        }
        message.messages.iter().for_each(|id| self.message(schema, *id));
    }
}

/// prost-build boxes such a field without being told.
fn is_of_own_type(field: &Field) -> bool {
    match &field.kind {
        FieldKind::Singular(ValueType::Message(to) | ValueType::Group(to), _) => *to == field.message,
        _ => false,
    }
}

/// Whether prost's `Debug` for the message does not compile: for a `BTreeMap` it names `::prost`, whatever path
/// it was given.
fn has_btree_map(schema: &Schema, id: MessageId) -> bool {
    schema.messages[id].fields.iter().any(|f| schema.fields[*f].storage.shape == Shape::BTreeMap)
}

/// Whether prost gives `Debug` to what is in a message: it takes `skip_debug` for all that is nested as well.
fn has_debug(schema: &Schema, message: Option<MessageId>) -> bool {
    !std::iter::successors(message, |id| schema.messages[*id].parent).any(|id| has_btree_map(schema, id))
}

/// Gives a type the `Debug` that prost leaves out.
fn derive_debug(schema: &Schema, message: Option<MessageId>, attributes: &mut Vec<syn::Attribute>) {
    if !has_debug(schema, message) {
        attributes.insert(0, syn::parse_quote!(#[derive(Debug)]));
    }
}

/// The values of an enum that prost-build knows by other names: those, and their own.
fn renamed(schema: &Schema, id: EnumId) -> SortedMap<&str, &str> {
    let values = schema.enums[id].values.iter().filter(|value| value.name != value.projected);
    values.map(|value| (value.projected.as_str(), value.name.as_str())).collect()
}

/// Generated types by module and name.
fn nodes<'a>(schema: &'a Schema) -> SortedMap<(&'a [String], &'a str), GeneratedType> {
    let mut nodes = SortedMap::new();
    let mut add = |rust: &'a TypePath, node| {
        if let TypePath::Local { module, name } = rust {
            nodes.insert((module.as_slice(), name.as_str()), node);
        }
    };
    for (id, node) in schema.messages.iter().filter(|(_, m)| schema.files[m.file].generate) {
        add(&node.rust, GeneratedType::Message(id));
        for oneof in &node.oneofs {
            add(&schema.oneofs[*oneof].rust, GeneratedType::Oneof(*oneof));
        }
    }
    for (id, node) in schema.enums.iter().filter(|(_, e)| schema.files[e.file].generate) {
        add(&node.rust, GeneratedType::Enum(id));
    }
    nodes
}

struct ProstOutput<'a> {
    schema: &'a Schema,
    nodes: &'a SortedMap<(&'a [String], &'a str), GeneratedType>,
    module: Vec<String>,
    wrong: Vec<String>,
}

impl ProstOutput<'_> {
    fn items(&mut self, items: &mut Vec<syn::Item>) {
        items.retain(|item| !self.is_error_set(item));
        for item in items {
            match item {
                syn::Item::Mod(module) => {
                    self.module.push(module.ident.to_string());
                    if let Some((_, content)) = &mut module.content {
                        self.items(content);
                    }
                    self.module.pop();
                }
                syn::Item::Struct(item) => self.message(item),
                syn::Item::Enum(item) => self.enumeration(item),
                syn::Item::Impl(item) => self.enum_names(item),
                _ => {}
            }
        }
    }

    /// Whether an item is the struct of an error set, which is an enum of ours, or belongs to it.
    fn is_error_set(&self, item: &syn::Item) -> bool {
        let ident = match item {
            syn::Item::Struct(item) => Some(&item.ident),
            syn::Item::Impl(item) => match &*item.self_ty {
                syn::Type::Path(path) => path.path.get_ident(),
                _ => None,
            },
            _ => None,
        };
        let Some(GeneratedType::Message(id)) = ident.and_then(|ident| self.node(ident)) else { return false };
        self.schema.messages[id].error_set.is_some()
    }

    fn node(&self, ident: &syn::Ident) -> Option<GeneratedType> {
        self.nodes.get(&(&*self.module, &*ident.to_string())).copied()
    }

    fn message(&mut self, item: &mut syn::ItemStruct) {
        let Some(GeneratedType::Message(id)) = self.node(&item.ident) else {
            self.wrong.push(format!("prost-build wrote a struct `{}` that was not expected", item.ident));
            return;
        };
        let schema = self.schema;
        let message = &schema.messages[id];
        derive_debug(schema, Some(id), &mut item.attrs);
        docs::attach(&mut item.attrs, &message.origin.comments);
        for (member, expected) in item.fields.iter_mut().zip(verify::members(schema, id)) {
            if let Err(why) = expected.compare(schema, &verify::Found::in_field(member)) {
                self.wrong.push(format!("message `{}`: {why}", message.full_name));
            }
            docs::attach(&mut member.attrs, &expected.origin(schema).comments);
        }
        if item.fields.len() != verify::members(schema, id).len() {
            self.wrong.push(format!("message `{}`: not the expected number of fields", message.full_name));
        }
    }

    fn enumeration(&mut self, item: &mut syn::ItemEnum) {
        let schema = self.schema;
        match self.node(&item.ident) {
            Some(GeneratedType::Enum(id)) => {
                let node = &schema.enums[id];
                derive_debug(schema, node.parent, &mut item.attrs);
                docs::attach(&mut item.attrs, &node.origin.comments);
                let values = node.values.iter().filter(|v| !v.alias);
                for (variant, value) in item.variants.iter_mut().zip(values) {
                    let found = verify::value(&node.full_name, value, &variant.ident.to_string());
                    self.wrong.extend(found.err());
                    docs::attach(&mut variant.attrs, &value.origin.comments);
                }
            }
            Some(GeneratedType::Oneof(id)) => {
                let node = &schema.oneofs[id];
                derive_debug(schema, Some(node.message), &mut item.attrs);
                docs::attach(&mut item.attrs, &node.origin.comments);
                for (variant, field) in item.variants.iter_mut().zip(&node.fields) {
                    if let Err(why) = verify::variant(schema, *field, &verify::Found::in_variant(variant)) {
                        self.wrong.push(format!("oneof `{}`: {why}", node.name));
                    }
                    docs::attach(&mut variant.attrs, &schema.fields[*field].origin.comments);
                }
            }
            _ => self.wrong.push(format!("prost-build wrote an enum `{}` that was not expected", item.ident)),
        }
    }

    /// Puts the values' own names back into `as_str_name` and `from_str_name`.
    fn enum_names(&mut self, item: &mut syn::ItemImpl) {
        let syn::Type::Path(path) = &*item.self_ty else { return };
        let Some(GeneratedType::Enum(id)) = path.path.get_ident().and_then(|ident| self.node(ident)) else {
            return;
        };
        let renamed = renamed(self.schema, id);
        if !renamed.is_empty() {
            *item = syn::parse2(rename(item.to_token_stream(), &renamed))
                .expect("a text in the place of another changes no syntax");
        }
    }
}

/// The same with other texts in the places of those that have one.
fn rename(tokens: TokenStream, names: &SortedMap<&str, &str>) -> TokenStream {
    let renamed = tokens.into_iter().map(|token| match token {
        TokenTree::Group(group) => Group::new(group.delimiter(), rename(group.stream(), names)).into(),
        TokenTree::Literal(literal) => match syn::Lit::new(literal.clone()) {
            syn::Lit::Str(text) => match names.get(text.value().as_str()) {
                Some(name) => Literal::string(name).into(),
                None => literal.into(),
            },
            _ => literal.into(),
        },
        other => other,
    });
    renamed.collect()
}
