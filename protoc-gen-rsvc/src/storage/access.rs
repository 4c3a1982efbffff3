//! Expressions that read, write and make messages, as source text.

use super::{Shape, value_type};
use crate::model::{FieldId, FieldKind, MessageId, OneofId, Scalar, Schema, ValueType, WellKnown};
use crate::names;

/// The value of a singular field as an `Option<&T>`; `message` is an expression for the message or a reference to it.
///
/// It is `None` where a field with presence is not set. Wrappers are the values in them, enums their numbers.
pub(crate) fn get(schema: &Schema, id: FieldId, message: &str, module: &[String]) -> String {
    let field = &schema.fields[id];
    let (name, boxed) = (&field.rust_name, field.storage.boxed);
    match field.storage.shape {
        Shape::Option if boxed => format!("{message}.{name}.as_deref()"),
        Shape::Option => format!("{message}.{name}.as_ref()"),
        Shape::Variant => {
            let (member, variant) = variant(schema, id, module);
            let value = if boxed { "&**value" } else { "value" };
            format!(
                "match &{message}.{member} {{ ::core::option::Option::Some({variant}(value)) => \
                 ::core::option::Option::Some({value}), _ => ::core::option::Option::None }}"
            )
        }
        _ if boxed => format!("::core::option::Option::Some(&*{message}.{name})"),
        _ => format!("::core::option::Option::Some(&{message}.{name})"),
    }
}

/// A statement that sets a singular scalar, enum or wrapper to the value of an expression.
pub(crate) fn set(schema: &Schema, id: FieldId, message: &str, value: &str, module: &[String]) -> String {
    let name = &schema.fields[id].rust_name;
    match schema.fields[id].storage.shape {
        Shape::Option => format!("{message}.{name} = ::core::option::Option::Some({value});"),
        Shape::Variant => {
            let (member, variant) = variant(schema, id, module);
            format!("{message}.{member} = ::core::option::Option::Some({variant}({value}));")
        }
        _ => format!("{message}.{name} = {value};"),
    }
}

/// The member of the struct that holds a oneof, and the path of one of its variants.
fn variant(schema: &Schema, id: FieldId, module: &[String]) -> (String, String) {
    let field = &schema.fields[id];
    let oneof = &schema.oneofs[field.oneof.expect("a variant is of a oneof")];
    (oneof.rust_name.clone(), format!("{}::{}", names::path_from(module, &oneof.rust), field.rust_name))
}

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

const BOX: &str = "::rsvc::codegen::prost::alloc::boxed::Box";

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

/// How many bytes a message takes at most, on a 64-bit machine.
pub(super) fn size(schema: &Schema, id: MessageId) -> usize {
    let message = &schema.messages[id];
    match message.well_known {
        Some(WellKnown::Empty) => return 0,
        Some(wrapper) if wrapper.is_wrapper() => {
            return value_size(schema, message.fields[0]);
        }
        _ => {}
    }
    let plain = message.fields.iter().filter(|f| schema.fields[**f].oneof.is_none());
    let oneofs = message.oneofs.iter().map(|oneof| {
        let members = schema.oneofs[*oneof].fields.iter().map(|f| value_size(schema, *f));
        members.max().expect("a oneof has a member") + WORD
    });
    let size: usize = plain.map(|f| field_size(schema, *f)).chain(oneofs).sum();
    size.next_multiple_of(WORD)
}

const WORD: usize = 8;

fn field_size(schema: &Schema, id: FieldId) -> usize {
    match schema.fields[id].storage.shape {
        Shape::Vec | Shape::BTreeMap => 3 * WORD,
        Shape::HashMap => 6 * WORD,
        // Texts and boxes have a niche for `None`; of the rest nobody knows.
        Shape::Option => match schema.fields[id].kind.value() {
            ValueType::Scalar(Scalar::String | Scalar::Bytes) => value_size(schema, id),
            _ if schema.fields[id].storage.boxed => WORD,
            _ => value_size(schema, id) + WORD,
        },
        Shape::Plain | Shape::Variant => value_size(schema, id),
    }
}

fn value_size(schema: &Schema, id: FieldId) -> usize {
    let field = &schema.fields[id];
    match field.kind.value() {
        _ if field.storage.boxed => WORD,
        ValueType::Scalar(Scalar::Bytes) if field.storage.shared_bytes => 4 * WORD,
        ValueType::Scalar(Scalar::String | Scalar::Bytes) => 3 * WORD,
        ValueType::Scalar(Scalar::Bool) => 1,
        ValueType::Scalar(
            Scalar::Float
            | Scalar::Int32
            | Scalar::Uint32
            | Scalar::Sint32
            | Scalar::Fixed32
            | Scalar::Sfixed32,
        )
        | ValueType::Enum(_) => 4,
        ValueType::Scalar(_) => 8,
        ValueType::Message(message) | ValueType::Group(message) => size(schema, *message),
    }
}
