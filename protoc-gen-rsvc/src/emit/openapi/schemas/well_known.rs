//! The well-known messages, whose JSON is their own.

use utoipa::openapi::schema::{AdditionalProperties, Array, Object, Type};
use utoipa::openapi::{RefOr, Schema};

use super::types::{self, NotFinite, anything, formatted};
use crate::model::WellKnown;

/// Seconds with a fraction, of the range that a duration has.
const DURATION: &str = r"^-?([0-9]{1,11}|[0-2][0-9]{11}|3(0[0-9]|1[0-4])[0-9]{9}|315([0-4][0-9]{8}|5[0-6][0-9]{7}|57[0-5][0-9]{6}|576000000))(\.[0-9]{1,9})?s$";
/// Paths in camel case, joined by commas.
const FIELD_MASK: &str = r"^([A-Za-z0-9.]+(,[A-Za-z0-9.]+)*)?$";

/// Those that are components of their own; the others are short enough to stand where they are used.
pub(super) fn is_component(well_known: WellKnown) -> bool {
    matches!(well_known, WellKnown::Any | WellKnown::Duration | WellKnown::FieldMask)
}

/// The JSON of a well-known message.
pub(super) fn schema(well_known: WellKnown, not_finite: &mut NotFinite<'_>) -> RefOr<Schema> {
    let described = |mut object: Object, text: &str| -> RefOr<Schema> {
        object.description = Some(text.to_owned());
        object.into()
    };
    match well_known {
        WellKnown::Timestamp => formatted(Type::String, "date-time").into(),
        WellKnown::Duration => {
            let mut text = Object::with_type(Type::String);
            text.pattern = Some(DURATION.to_owned());
            described(
                text,
                "Seconds with up to nine digits of a fraction, and an `s`: `1.5s`. At most 315,576,000,000 s either way.",
            )
        }
        WellKnown::FieldMask => {
            let mut text = Object::with_type(Type::String);
            text.pattern = Some(FIELD_MASK.to_owned());
            described(text, "Paths of fields in camel case, joined by commas: `name,address.zipCode`.")
        }
        WellKnown::Any => {
            let mut object = Object::with_type(Type::Object);
            let mut type_url = Object::with_type(Type::String);
            type_url.description =
                Some("Which message it is: a URL whose last part is the message's full name.".to_owned());
            object.properties.insert("@type".to_owned(), type_url.into());
            object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(true)));
            described(
                object,
                "A message of any type: its fields, and `@type`. The value of a message whose JSON is not an object is in `value`.",
            )
        }
        WellKnown::Empty => Object::with_type(Type::Object).into(),
        WellKnown::Struct => {
            let mut object = Object::with_type(Type::Object);
            object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(true)));
            object.into()
        }
        WellKnown::ListValue => Array::new(anything()).into(),
        WellKnown::Value => anything().into(),
        wrapper => types::value(wrapper.wrapped().expect("all others are wrappers"), not_finite),
    }
}
