//! Compares what prost-build wrote with what the model says that it writes, field by field, matched by tag.

use std::fmt::Write as _;

use proc_macro2::TokenStream;

use crate::model::{EnumValue, FieldId, MessageId, OneofId, Origin, Schema};
use crate::storage;

/// A field of a generated struct.
#[derive(Clone, Copy)]
pub(super) enum StructMember {
    Field(FieldId),
    Oneof(OneofId),
}

/// The fields of a message's struct in prost's order: plain fields, then oneofs.
pub(super) fn members(schema: &Schema, id: MessageId) -> Vec<StructMember> {
    let message = &schema.messages[id];
    let fields = message.fields.iter().filter(|f| schema.fields[**f].oneof.is_none());
    let oneofs = message.oneofs.iter().filter(|o| !schema.oneofs[**o].fields.is_empty());
    fields.map(|f| StructMember::Field(*f)).chain(oneofs.map(|o| StructMember::Oneof(*o))).collect()
}

impl StructMember {
    pub(super) fn origin(self, schema: &Schema) -> &Origin {
        match self {
            Self::Field(id) => &schema.fields[id].origin,
            Self::Oneof(id) => &schema.oneofs[id].origin,
        }
    }

    /// An error says what differs.
    pub(super) fn compare(self, schema: &Schema, found: &Found) -> Result<(), String> {
        let (name, expected, tags) = match self {
            Self::Field(id) => {
                let node = &schema.fields[id];
                (&node.rust_name, storage::field_type(schema, id, &[]), node.number.to_string())
            }
            Self::Oneof(id) => {
                let node = &schema.oneofs[id];
                let tags: Vec<_> = node.fields.iter().map(|f| schema.fields[*f].number.to_string()).collect();
                (&node.rust_name, storage::oneof_type(&node.rust, &[]), tags.join(", "))
            }
        };
        if found.name != *name {
            return Err(format!("field `{}` where `{name}` was expected", found.name));
        }
        same_tags(found, &tags).map_err(|why| format!("field `{name}` {why}"))?;
        same_shape(found, &expected).map_err(|why| format!("field `{name}` {why}"))
    }
}

/// Compares the variant of a oneof.
pub(super) fn variant(schema: &Schema, id: FieldId, found: &Found) -> Result<(), String> {
    let node = &schema.fields[id];
    if found.name != node.rust_name {
        return Err(format!("variant `{}` where `{}` was expected", found.name, node.rust_name));
    }
    same_tags(found, &node.number.to_string())?;
    same_shape(found, &storage::field_type(schema, id, &[]))
}

/// Compares the variant of an enum.
pub(super) fn value(of: &str, value: &EnumValue, found: &str) -> Result<(), String> {
    if found == value.rust_name {
        return Ok(());
    }
    Err(format!("enum `{of}`: variant `{found}` where `{}` was expected", value.rust_name))
}

/// What prost-build wrote: a field of a struct or a variant of a oneof.
pub(super) struct Found {
    name: String,
    tags: Option<String>,
    /// Containers from the outside in, then the last part of the path: prost's paths are relative, ours need not be.
    shape: String,
}

impl Found {
    pub(super) fn in_text(name: &str, attributes: &[&str], ty: &str) -> Self {
        let tags = attributes.iter().filter(|it| it.starts_with("#[prost(")).find_map(|it| tags(it));
        Self { name: name.to_owned(), tags, shape: shape_of_text(ty) }
    }

    pub(super) fn in_field(field: &syn::Field) -> Self {
        let name = field.ident.as_ref().map_or_else(|| "(without a name)".to_owned(), ToString::to_string);
        Self { name, tags: tags_of(&field.attrs), shape: shape(&field.ty) }
    }

    pub(super) fn in_variant(variant: &syn::Variant) -> Self {
        let shape = variant.fields.iter().next().map_or_else(String::new, |payload| shape(&payload.ty));
        Self { name: variant.ident.to_string(), tags: tags_of(&variant.attrs), shape }
    }
}

fn tags_of(attributes: &[syn::Attribute]) -> Option<String> {
    let lists = attributes.iter().filter(|a| a.path().is_ident("prost")).filter_map(|a| match &a.meta {
        syn::Meta::List(list) => Some(list.tokens.to_string()),
        _ => None,
    });
    lists.into_iter().find_map(|list| tags(&list))
}

/// The tags in the text of an attribute.
fn tags(attribute: &str) -> Option<String> {
    ["tag = \"", "tags = \""].iter().find_map(|key| {
        let (_, rest) = attribute.rsplit_once(key)?;
        rest.split('"').next().map(str::to_owned)
    })
}

fn same_tags(found: &Found, expected: &str) -> Result<(), String> {
    match &found.tags {
        Some(tags) if tags == expected => Ok(()),
        other => Err(format!("has tag {other:?}, expected {expected}")),
    }
}

fn same_shape(found: &Found, expected: &TokenStream) -> Result<(), String> {
    let (found, expected) = (&found.shape, shape_of_tokens(expected));
    if *found == expected { Ok(()) } else { Err(format!("has the type {found}, expected {expected}")) }
}

/// The shape of a type in the form in which `storage/` and prost-build write it: each path without all but its last part.
fn shape_of_text(ty: &str) -> String {
    let mut shape = String::with_capacity(ty.len());
    for part in ty.split_inclusive(['<', '>', ',', ' ']) {
        shape.push_str(part.rsplit_once("::").map_or(part, |(_, last)| last));
    }
    shape
}

/// The same of tokens.
fn shape_of_tokens(ty: &TokenStream) -> String {
    shape_of_text(&ty.to_string().replace(' ', "")).replace(',', ", ")
}

fn shape(ty: &syn::Type) -> String {
    let syn::Type::Path(path) = ty else {
        return match ty {
            syn::Type::Tuple(tuple) if tuple.elems.is_empty() => "()".into(),
            _ => "?".into(),
        };
    };
    let Some(last) = path.path.segments.last() else { return String::new() };
    let mut text = last.ident.to_string();
    if let syn::PathArguments::AngleBracketed(arguments) = &last.arguments {
        let inner: Vec<_> = arguments
            .args
            .iter()
            .map(|argument| match argument {
                syn::GenericArgument::Type(ty) => shape(ty),
                _ => "?".into(),
            })
            .collect();
        let _ = write!(text, "<{}>", inner.join(", "));
    }
    text
}
