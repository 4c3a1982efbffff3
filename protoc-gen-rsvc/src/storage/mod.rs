//! How prost stores what the schema says: the only place that knows the shape of its structs.
//!
//! [`assign`] decides for each field; the functions below give emitters Rust types as tokens. The shapes
//! are compared with prost-build's own output whenever messages are emitted, see [`crate::emit`].

pub(crate) mod access;
mod boxes;
mod construct;
mod derives;
mod size;

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::{
    FieldId, FieldKind, FieldStorage, FileId, MessageId, Presence, Scalar, Schema, Shape, Syntax, TypePath,
    ValueType,
};
use crate::options::{Options, PathSet};
use crate::tokens;

pub(crate) use construct::{Parameter, parameters, payload, payload_type};
pub(crate) use derives::{Derives, derives};

/// A payload beyond this many bytes is boxed: an error set is part of every `Result`, and clippy finds 128 too many.
const LARGE_PAYLOAD: usize = 112;

/// Decides the storage of every field.
pub(crate) fn assign(schema: &mut Schema, options: &Options) {
    let recursive = boxes::recursive(schema);
    for id in schema.fields.ids() {
        let (repeated, path) = {
            let field = &schema.fields[id];
            (!matches!(field.kind, FieldKind::Singular(..)), field.full_name.clone())
        };
        let storage = FieldStorage {
            shape: shape(schema, id, &options.btree_map),
            boxed: !repeated
                && matches!(schema.fields[id].kind.value(), ValueType::Message(_) | ValueType::Group(_))
                && (recursive.contains(&id) || options.boxed.matches(&path)),
            // prost has `Bytes` for plain and repeated fields, not inside maps.
            shared_bytes: matches!(schema.fields[id].kind.value(), ValueType::Scalar(Scalar::Bytes))
                && !matches!(schema.fields[id].kind, FieldKind::Map(..))
                && options.bytes.matches(&path),
        };
        schema.fields[id].storage = storage;
    }
    for set in schema.error_sets.ids() {
        for index in 0..schema.error_sets[set].errors.len() {
            let large =
                size::of_message(schema, schema.error_sets[set].errors[index].payload) > LARGE_PAYLOAD;
            schema.error_sets[set].errors[index].boxed = large;
        }
    }
}

fn shape(schema: &Schema, id: FieldId, btree_map: &PathSet) -> Shape {
    let field = &schema.fields[id];
    let syntax = schema.files[file_of(schema, field.message)].syntax;
    match &field.kind {
        FieldKind::Map(..) if btree_map.matches(&field.full_name) => Shape::BTreeMap,
        FieldKind::Map(..) => Shape::HashMap,
        FieldKind::Repeated(_) => Shape::Vec,
        FieldKind::Singular(..) if field.oneof.is_some() => Shape::Variant,
        FieldKind::Singular(_, Presence::Required) => Shape::Plain,
        FieldKind::Singular(ValueType::Message(_), _) | FieldKind::Singular(_, Presence::Explicit) => {
            Shape::Option
        }
        // A group without presence does not exist; prost wraps it by the syntax of its file.
        FieldKind::Singular(ValueType::Group(_), _) if syntax == Syntax::Proto2 => Shape::Option,
        FieldKind::Singular(..) => Shape::Plain,
    }
}

fn file_of(schema: &Schema, message: MessageId) -> FileId {
    schema.messages[message].file
}

/// The Rust type of one value of the field, without container and `Box`, as seen from `module`.
pub(crate) fn value_type(schema: &Schema, id: FieldId, module: &[String]) -> TokenStream {
    let field = &schema.fields[id];
    match field.kind.value() {
        ValueType::Scalar(Scalar::Bytes) if field.storage.shared_bytes => {
            quote!(::rsvc::prost::bytes::Bytes)
        }
        ValueType::Scalar(scalar) => scalar_type(*scalar),
        ValueType::Enum(_) => quote!(i32),
        ValueType::Message(id) | ValueType::Group(id) => tokens::path(module, &schema.messages[*id].rust),
    }
}

/// The Rust type of a scalar as prost stores it; bytes as `Vec<u8>`.
pub(crate) fn scalar_type(scalar: Scalar) -> TokenStream {
    match scalar {
        Scalar::Double => quote!(f64),
        Scalar::Float => quote!(f32),
        Scalar::Int32 | Scalar::Sint32 | Scalar::Sfixed32 => quote!(i32),
        Scalar::Int64 | Scalar::Sint64 | Scalar::Sfixed64 => quote!(i64),
        Scalar::Uint32 | Scalar::Fixed32 => quote!(u32),
        Scalar::Uint64 | Scalar::Fixed64 => quote!(u64),
        Scalar::Bool => quote!(bool),
        Scalar::String => quote!(::rsvc::prost::alloc::string::String),
        Scalar::Bytes => quote!(::rsvc::prost::alloc::vec::Vec<u8>),
    }
}

/// The whole Rust type of the field as prost declares it: the struct's field, or the payload of the variant.
pub(crate) fn field_type(schema: &Schema, id: FieldId, module: &[String]) -> TokenStream {
    let field = &schema.fields[id];
    let mut value = value_type(schema, id, module);
    if field.storage.boxed {
        value = quote!(::rsvc::prost::alloc::boxed::Box<#value>);
    }
    let key = match &field.kind {
        FieldKind::Map(key, _) => scalar_type(*key),
        _ => TokenStream::new(),
    };
    match field.storage.shape {
        Shape::Plain | Shape::Variant => value,
        Shape::Option => quote!(::core::option::Option<#value>),
        Shape::Vec => quote!(::rsvc::prost::alloc::vec::Vec<#value>),
        Shape::HashMap => quote!(::std::collections::HashMap<#key, #value>),
        Shape::BTreeMap => quote!(::rsvc::prost::alloc::collections::BTreeMap<#key, #value>),
    }
}

/// The type of the oneof's field in the struct.
pub(crate) fn oneof_type(rust: &TypePath, module: &[String]) -> TokenStream {
    let oneof = tokens::path(module, rust);
    quote!(::core::option::Option<#oneof>)
}
