//! Compares what prost-build wrote with what the model says that it writes, field by field, matched by tag.

use std::fmt::Write as _;

use proc_macro2::{TokenStream, TokenTree};

use crate::model::{FieldId, MessageId, OneofId, Origin, Schema};
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
    pub(super) fn compare(self, schema: &Schema, field: &syn::Field) -> Result<(), String> {
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
        let found = field.ident.as_ref().map_or_else(|| "(without a name)".to_owned(), ToString::to_string);
        if found != *name {
            return Err(format!("field `{found}` where `{name}` was expected"));
        }
        same_tags(&field.attrs, &tags).map_err(|why| format!("field `{name}` {why}"))?;
        same_shape(&field.ty, expected).map_err(|why| format!("field `{name}` {why}"))
    }
}

/// Compares the variant of a oneof.
pub(super) fn variant(schema: &Schema, id: FieldId, variant: &syn::Variant) -> Result<(), String> {
    let node = &schema.fields[id];
    if variant.ident != node.rust_name {
        return Err(format!("variant `{}` where `{}` was expected", variant.ident, node.rust_name));
    }
    same_tags(&variant.attrs, &node.number.to_string())?;
    let Some(payload) = variant.fields.iter().next() else {
        return Err(format!("variant `{}` has no payload", variant.ident));
    };
    same_shape(&payload.ty, storage::field_type(schema, id, &[]))
}

fn same_tags(attributes: &[syn::Attribute], expected: &str) -> Result<(), String> {
    let mut text = String::new();
    for attribute in attributes.iter().filter(|a| a.path().is_ident("prost")) {
        if let syn::Meta::List(list) = &attribute.meta {
            let _ = write!(text, "{}", list.tokens);
        }
    }
    let found = ["tag = \"", "tags = \""].iter().find_map(|key| {
        let (_, rest) = text.rsplit_once(key)?;
        rest.split('"').next()
    });
    match found {
        Some(found) if found == expected => Ok(()),
        other => Err(format!("has tag {other:?}, expected {expected}")),
    }
}

/// Containers from the outside in, then the last part of the path: prost's paths are relative, ours need not be.
fn same_shape(found: &syn::Type, expected: TokenStream) -> Result<(), String> {
    let (found, expected) = (shape(found), shape_of_tokens(expected));
    if found == expected { Ok(()) } else { Err(format!("has the type {found}, expected {expected}")) }
}

/// The shape of a type as `storage.rs` writes it: each path without all but its last part.
fn shape_of_tokens(ty: TokenStream) -> String {
    let mut shape = String::new();
    let mut last = None;
    for token in ty {
        match token {
            TokenTree::Ident(part) => last = Some(part.to_string()),
            TokenTree::Punct(mark) if mark.as_char() == ':' => {}
            other => {
                shape.extend(last.take());
                let _ = write!(shape, "{other}");
                if matches!(&other, TokenTree::Punct(mark) if mark.as_char() == ',') {
                    shape.push(' ');
                }
            }
        }
    }
    shape.extend(last);
    shape
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
