//! What makes a message: parameters of a constructor, and payloads of errors, as source text.

use super::{Shape, value_type};
use crate::model::{FieldId, FieldKind, MessageId, OneofId, Scalar, Schema, ValueType};
use crate::names;

/// A parameter of a function that makes a message, and what becomes of it.
pub(crate) struct Parameter {
    /// Both of the parameter and of the struct's field.
    pub(crate) name: String,
    /// What is taken, as lenient as can be.
    pub(crate) ty: String,
    /// The parameter as the struct stores it.
    pub(crate) value: String,
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
                let ty = super::oneof_type(&node.rust, module);
                parameters.push(Parameter {
                    name: node.rust_name.clone(),
                    ty: into(&ty),
                    value: format!("::core::convert::Into::into({})", node.rust_name),
                });
            }
            None => parameters.push(parameter(schema, *field, module)),
        }
    }
    parameters
}

fn parameter(schema: &Schema, id: FieldId, module: &[String]) -> Parameter {
    let field = &schema.fields[id];
    let name = field.rust_name.clone();
    let one = match field.kind.value() {
        ValueType::Enum(id) => names::path_from(module, &schema.enums[*id].rust),
        _ => value_type(schema, id, module),
    };
    let lenient = |scalar: Option<Scalar>, ty: &str| match scalar {
        Some(Scalar::String | Scalar::Bytes) => into(ty),
        _ => ty.to_owned(),
    };
    let scalar = match field.kind.value() {
        ValueType::Scalar(scalar) => Some(*scalar),
        _ => None,
    };
    let is_enum = matches!(field.kind.value(), ValueType::Enum(_));
    let (ty, value) = match (&field.kind, field.storage.shape) {
        (FieldKind::Map(key, _), _) => {
            let key = lenient(Some(*key), super::scalar_type(*key));
            (
                format!("impl ::core::iter::IntoIterator<Item = ({key}, {})>", lenient(scalar, &one)),
                format!("::rsvc::codegen::error::map({name})"),
            )
        }
        (FieldKind::Repeated(_), _) => (
            format!("impl ::core::iter::IntoIterator<Item = {}>", lenient(scalar, &one)),
            format!("::rsvc::codegen::error::list({name})"),
        ),
        (_, Shape::Option) => {
            let ty = into(&format!("::core::option::Option<{one}>"));
            let value = if field.storage.boxed {
                let option = format!("::core::option::Option<{one}>");
                format!("::core::convert::Into::<{option}>::into({name}).map({BOX}::new)")
            } else {
                format!("::rsvc::codegen::error::option({name})")
            };
            (ty, value)
        }
        _ if field.storage.boxed => (one, format!("{BOX}::new({name})")),
        _ if is_enum => (one, format!("::core::convert::Into::into({name})")),
        _ => match scalar {
            Some(Scalar::String | Scalar::Bytes) => {
                (into(&one), format!("::core::convert::Into::into({name})"))
            }
            _ => (one, name.clone()),
        },
    };
    Parameter { name, ty, value }
}

const BOX: &str = "::rsvc::prost::alloc::boxed::Box";

fn into(ty: &str) -> String {
    format!("impl ::core::convert::Into<{ty}>")
}

/// The payload of an error as its variant holds it.
pub(crate) fn payload_type(ty: &str, boxed: bool) -> String {
    if boxed { format!("{BOX}<{ty}>") } else { ty.to_owned() }
}

/// An expression put into the payload of an error's variant.
pub(crate) fn payload(value: &str, boxed: bool) -> String {
    if boxed { format!("{BOX}::new({value})") } else { value.to_owned() }
}
