//! Short ways to write schemas that are not those of messages.

use serde_json::{Value, json};
use utoipa::openapi::schema::{
    AllOf, AnyOf, Array, ArrayItems, Object, OneOf, SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::{RefOr, Schema};

/// A text.
pub(super) fn text(description: &str) -> Object {
    described(Object::with_type(Type::String), description)
}

/// A number of 32 bits.
pub(super) fn int32(description: &str) -> Object {
    let mut integer = Object::with_type(Type::Integer);
    integer.format = Some(SchemaFormat::Custom("int32".to_owned()));
    described(integer, description)
}

/// One text or number, and no other.
pub(super) fn only(value: impl Into<Value>) -> Object {
    let value = value.into();
    let mut one = Object::with_type(if value.is_string() { Type::String } else { Type::Integer });
    one.enum_values = Some(vec![value]);
    one
}

/// One of several texts.
pub(super) fn one_of_texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Object {
    let mut one = Object::with_type(Type::String);
    one.enum_values = Some(texts.into_iter().map(|text| json!(text)).collect());
    one
}

/// An object with these members and perhaps others; the names with a `*` behind them are required.
pub(super) fn object<S: Into<RefOr<Schema>>>(
    description: &str,
    members: impl IntoIterator<Item = (&'static str, S)>,
) -> Object {
    let mut object = described(Object::with_type(Type::Object), description);
    for (name, schema) in members {
        let plain = name.trim_end_matches('*');
        if plain != name {
            object.required.push(plain.to_owned());
        }
        object.properties.insert(plain.to_owned(), schema.into());
    }
    object
}

/// A list.
pub(super) fn list(items: impl Into<RefOr<Schema>>) -> Array {
    let mut list = Array::default();
    list.items = ArrayItems::RefOrSchema(Box::new(items.into()));
    list
}

/// Exactly one of several; the one itself where there is one only.
pub(super) fn one_of(mut items: Vec<RefOr<Schema>>) -> RefOr<Schema> {
    match items.pop() {
        Some(only) if items.is_empty() => only,
        last => {
            items.extend(last);
            RefOr::T(OneOf { items, ..OneOf::default() }.into())
        }
    }
}

/// One or more of several; the one itself where there is one only.
pub(super) fn any_of(mut items: Vec<RefOr<Schema>>) -> RefOr<Schema> {
    match items.pop() {
        Some(only) if items.is_empty() => only,
        last => {
            items.extend(last);
            RefOr::T(AnyOf { items, ..AnyOf::default() }.into())
        }
    }
}

/// Bytes of any kind, which have no schema.
pub(super) fn anything() -> Object {
    Object::with_type(SchemaType::AnyValue)
}

fn described(mut object: Object, description: &str) -> Object {
    object.description = (!description.is_empty()).then(|| description.to_owned());
    object
}

/// The description of a schema, which is taken out of it.
pub(super) fn take_description(schema: &mut RefOr<Schema>) -> Option<String> {
    match schema {
        RefOr::Ref(to) => Some(std::mem::take(&mut to.description)).filter(|text| !text.is_empty()),
        RefOr::T(
            Schema::Object(Object { description, .. })
            | Schema::Array(Array { description, .. })
            | Schema::OneOf(OneOf { description, .. })
            | Schema::AllOf(AllOf { description, .. })
            | Schema::AnyOf(AnyOf { description, .. }),
        ) => description.take(),
        RefOr::T(_) => None,
    }
}

/// A schema without what is said of a member of an object alone: a text of a URL is neither `null` nor read-only.
pub(super) fn as_text(schema: RefOr<Schema>) -> RefOr<Schema> {
    match schema {
        RefOr::Ref(mut to) => {
            (to.read_only, to.write_only, to.default) = (None, None, None);
            RefOr::Ref(to)
        }
        RefOr::T(Schema::Object(mut object)) => {
            (object.read_only, object.write_only, object.deprecated) = (None, None, None);
            if let SchemaType::Array(types) = &mut object.schema_type {
                types.retain(|ty| *ty != Type::Null);
                if let [one] = &**types {
                    object.schema_type = SchemaType::Type(one.clone());
                }
            }
            if let Some(values) = &mut object.enum_values {
                values.retain(|value| !value.is_null());
            }
            object.into()
        }
        RefOr::T(Schema::Array(mut list)) => {
            list.deprecated = None;
            list.into()
        }
        RefOr::T(Schema::AnyOf(mut any)) => {
            any.items.retain(|item| !is_null(item));
            match (any.items.pop(), any.items.is_empty()) {
                (Some(only), true) => only,
                (last, _) => {
                    any.items.extend(last);
                    RefOr::T(any.into())
                }
            }
        }
        other @ RefOr::T(_) => other,
    }
}

fn is_null(schema: &RefOr<Schema>) -> bool {
    matches!(schema, RefOr::T(Schema::Object(Object { schema_type: SchemaType::Type(Type::Null), .. })))
}
