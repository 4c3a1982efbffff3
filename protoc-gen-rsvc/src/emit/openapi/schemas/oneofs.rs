//! How many of some fields are set: a list of cases, of which exactly one is right.
//!
//! Each case needs a field. Where none has to be set there is one more, which has none of them. If one has to be set the
//! cases have its type, of which tools make unions; the fields are among those of the message as well.

use serde_json::{Value, json};
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::schema::{Object, OneOf, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};

/// One of some fields.
pub(super) struct Case {
    /// Its name in JSON.
    pub(super) name: String,
    /// What it is if it is set.
    pub(super) schema: RefOr<Schema>,
}

/// The cases as a schema.
pub(super) fn schema(cases: Vec<Case>, required: bool, description: Option<String>) -> OneOf {
    let names: Vec<Value> = cases.iter().map(|case| json!({ "required": [case.name] })).collect();
    let mut items: Vec<RefOr<Schema>> = cases
        .into_iter()
        .map(|Case { name, schema }| {
            let mut object = Object::with_type(SchemaType::AnyValue);
            if required {
                object.schema_type = Type::Object.into();
                object.properties.insert(name.clone(), schema);
            }
            object.required = vec![name.clone()];
            object.title = Some(name);
            object.into()
        })
        .collect();
    if !required {
        let mut none = Object::with_type(SchemaType::AnyValue);
        none.title = Some("none".to_owned());
        none.extensions = Some(Extensions::from_iter([("not", json!({ "anyOf": names }))]));
        items.push(none.into());
    }
    OneOf { items, description, ..OneOf::default() }
}

/// A field without presence is set if it is not zero.
pub(super) fn not_zero(schema: RefOr<Schema>) -> RefOr<Schema> {
    match schema {
        RefOr::T(Schema::Object(mut object)) => {
            if object.schema_type == SchemaType::from(Type::String) && object.enum_values.is_none() {
                object.min_length = Some(1);
            } else if object.schema_type == SchemaType::from(Type::Object) {
                object.min_properties = Some(1);
            } else if object.schema_type == SchemaType::from(Type::Boolean) {
                object.enum_values = Some(vec![json!(true)]);
            }
            object.into()
        }
        RefOr::T(Schema::Array(mut array)) => {
            array.min_items = Some(1);
            array.into()
        }
        other => other,
    }
}
