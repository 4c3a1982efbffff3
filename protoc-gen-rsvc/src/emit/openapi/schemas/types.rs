//! Values as ProtoJSON has them, without their rules.

use serde_json::json;
use utoipa::openapi::schema::{AnyOf, Object, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{KnownFormat, RefOr, Schema};

use crate::model::{Enum, Scalar};

/// Integers of 64 bits are text. Their range is wider than the pattern says, by less than a digit.
pub(super) const INT64: &str = "^(0|-?[1-9][0-9]{0,18})$";
pub(super) const UINT64: &str = "^(0|[1-9][0-9]{0,19})$";
/// The words for what is not finite.
pub(super) const NOT_FINITE: [(&str, f64); 3] =
    [("NaN", f64::NAN), ("Infinity", f64::INFINITY), ("-Infinity", f64::NEG_INFINITY)];

/// Gives the schema of these words.
pub(super) type NotFinite<'a> = dyn FnMut() -> RefOr<Schema> + 'a;

/// A scalar.
pub(super) fn scalar(scalar: Scalar) -> Object {
    match scalar {
        Scalar::Double => formatted(Type::Number, "double"),
        Scalar::Float => {
            let mut float = formatted(Type::Number, "float");
            float.minimum = Some((f64::from(f32::MIN)).into());
            float.maximum = Some((f64::from(f32::MAX)).into());
            float
        }
        Scalar::Int32 | Scalar::Sint32 | Scalar::Sfixed32 => {
            let mut integer = formatted(Type::Integer, "int32");
            integer.minimum = Some(i32::MIN.into());
            integer.maximum = Some(i32::MAX.into());
            integer
        }
        Scalar::Uint32 | Scalar::Fixed32 => {
            let mut integer = formatted(Type::Integer, "uint32");
            integer.minimum = Some(0_u32.into());
            integer.maximum = Some(u32::MAX.into());
            integer
        }
        Scalar::Int64 | Scalar::Sint64 | Scalar::Sfixed64 => {
            let mut text = formatted(Type::String, "int64");
            text.pattern = Some(INT64.to_owned());
            text
        }
        Scalar::Uint64 | Scalar::Fixed64 => {
            let mut text = formatted(Type::String, "uint64");
            text.pattern = Some(UINT64.to_owned());
            text
        }
        Scalar::Bool => Object::with_type(Type::Boolean),
        Scalar::String => Object::with_type(Type::String),
        Scalar::Bytes => {
            let mut text = Object::with_type(Type::String);
            text.format = Some(SchemaFormat::KnownFormat(KnownFormat::Byte));
            "base64".clone_into(&mut text.content_encoding);
            text
        }
    }
}

/// The names of an enum. Numbers are read, too, and written where there is no name: they are not for people.
pub(super) fn enumeration(node: &Enum) -> Object {
    let mut out = Object::with_type(Type::String);
    out.enum_values = Some(node.values.iter().map(|value| json!(value.name)).collect());
    out
}

/// The words for what is not finite.
pub(super) fn not_finite() -> Object {
    let mut text = Object::with_type(Type::String);
    text.enum_values = Some(NOT_FINITE.iter().map(|(word, _)| json!(word)).collect());
    text.description = Some("A number that is not finite.".to_owned());
    text
}

/// A scalar as it is without rules.
pub(super) fn value(kind: Scalar, not_finite: &mut NotFinite<'_>) -> RefOr<Schema> {
    match kind {
        Scalar::Double | Scalar::Float => {
            let items = vec![scalar(kind).into(), not_finite()];
            RefOr::T(AnyOf { items, ..AnyOf::default() }.into())
        }
        _ => scalar(kind).into(),
    }
}

/// A JSON value of any kind.
pub(super) fn anything() -> Object {
    Object::with_type(SchemaType::AnyValue)
}

pub(super) fn formatted(ty: Type, format: &str) -> Object {
    let mut out = Object::with_type(ty);
    out.format = Some(SchemaFormat::Custom(format.to_owned()));
    out
}

/// Allows `null`, too.
pub(super) fn nullable(schema: RefOr<Schema>) -> RefOr<Schema> {
    match schema {
        RefOr::T(Schema::Object(mut object)) => {
            if let SchemaType::Type(ty) = &object.schema_type {
                object.schema_type = SchemaType::Array(vec![ty.clone(), Type::Null]);
            }
            if let Some(values) = &mut object.enum_values {
                values.push(serde_json::Value::Null);
            }
            object.into()
        }
        RefOr::T(Schema::Array(mut array)) => {
            array.schema_type = SchemaType::Array(vec![Type::Array, Type::Null]);
            array.into()
        }
        RefOr::T(Schema::AnyOf(mut any)) => {
            any.items.push(Object::with_type(Type::Null).into());
            RefOr::T(any.into())
        }
        other => {
            let items = vec![other, Object::with_type(Type::Null).into()];
            RefOr::T(AnyOf { items, ..AnyOf::default() }.into())
        }
    }
}
