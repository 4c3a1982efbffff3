//! What makes a message: parameters of a constructor, and payloads of errors, as tokens.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::{Shape, value_type};
use crate::model::{FieldId, FieldKind, MessageId, OneofId, Scalar, Schema, ValueType};
use crate::tokens;

/// A parameter of a function that makes a message, and what becomes of it.
pub(crate) struct Parameter {
    /// Both of the parameter and of the struct's field.
    pub(crate) name: Ident,
    /// What is taken, as lenient as can be.
    pub(crate) ty: TokenStream,
    /// The parameter as the struct stores it.
    pub(crate) value: TokenStream,
}

/// The parameters that make a whole message, in the order of definition; a oneof stands where its first field does.
pub(crate) fn parameters(schema: &Schema, id: MessageId, module: &[String]) -> Vec<Parameter> {
    let mut oneofs: Vec<OneofId> = Vec::new();
    let mut parameters = Vec::new();
    for field in &schema.messages[id].fields {
        match schema.fields[*field].oneof {
            Some(oneof) if oneofs.contains(&oneof) => {}
            Some(oneof) => {
                oneofs.push(oneof);
                let node = &schema.oneofs[oneof];
                let name = tokens::ident(&node.rust_name);
                let ty = into(&super::oneof_type(&node.rust, module));
                let value = quote!(::core::convert::Into::into(#name));
                parameters.push(Parameter { name, ty, value });
            }
            None => parameters.push(parameter(schema, *field, module)),
        }
    }
    parameters
}

fn parameter(schema: &Schema, id: FieldId, module: &[String]) -> Parameter {
    let field = &schema.fields[id];
    let name = tokens::ident(&field.rust_name);
    let one = match field.kind.value() {
        ValueType::Enum(id) => tokens::path(module, &schema.enums[*id].rust),
        _ => value_type(schema, id, module),
    };
    let lenient = |scalar: Option<Scalar>, ty: &TokenStream| match scalar {
        Some(Scalar::String | Scalar::Bytes) => into(ty),
        _ => ty.clone(),
    };
    let scalar = match field.kind.value() {
        ValueType::Scalar(scalar) => Some(*scalar),
        _ => None,
    };
    let is_enum = matches!(field.kind.value(), ValueType::Enum(_));
    let (ty, value) = match (&field.kind, field.storage.shape) {
        (FieldKind::Map(key, _), _) => {
            let key = lenient(Some(*key), &super::scalar_type(*key));
            let value = lenient(scalar, &one);
            (
                quote!(impl ::core::iter::IntoIterator<Item = (#key, #value)>),
                quote!(::rsvc::codegen::error::map(#name)),
            )
        }
        (FieldKind::Repeated(_), _) => {
            let item = lenient(scalar, &one);
            (
                quote!(impl ::core::iter::IntoIterator<Item = #item>),
                quote!(::rsvc::codegen::error::list(#name)),
            )
        }
        (_, Shape::Option) => {
            let option = quote!(::core::option::Option<#one>);
            let value = if field.storage.boxed {
                let boxed = boxed();
                quote!(::core::convert::Into::<#option>::into(#name).map(#boxed::new))
            } else {
                quote!(::rsvc::codegen::error::option(#name))
            };
            (into(&option), value)
        }
        _ if field.storage.boxed => {
            let value = payload(&quote!(#name), true);
            (one, value)
        }
        _ if is_enum => (one, quote!(::core::convert::Into::into(#name))),
        _ => match scalar {
            Some(Scalar::String | Scalar::Bytes) => (into(&one), quote!(::core::convert::Into::into(#name))),
            _ => (one, quote!(#name)),
        },
    };
    Parameter { name, ty, value }
}

fn boxed() -> TokenStream {
    quote!(::rsvc::prost::alloc::boxed::Box)
}

fn into(ty: &TokenStream) -> TokenStream {
    quote!(impl ::core::convert::Into<#ty>)
}

/// The payload of an error as its variant holds it.
pub(crate) fn payload_type(ty: &TokenStream, is_boxed: bool) -> TokenStream {
    let boxed = boxed();
    if is_boxed { quote!(#boxed<#ty>) } else { ty.clone() }
}

/// An expression put into the payload of an error's variant.
pub(crate) fn payload(value: &TokenStream, is_boxed: bool) -> TokenStream {
    let boxed = boxed();
    if is_boxed { quote!(#boxed::new(#value)) } else { value.clone() }
}
