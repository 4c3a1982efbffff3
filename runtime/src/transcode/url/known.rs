//! The well-known types as messages: their JSON is not an object, but a query may name their fields.

use crate::json::info::{EnumInfo, Field, Form, MessageInfo, Type};
use crate::json::{Json, JsonEnum};

static ANY: [Field; 2] =
    [Field::new(",\"typeUrl\":type_url", 1, Type::String), Field::new(",\"value\":", 2, Type::Bytes)];
static SECONDS: [Field; 2] =
    [Field::new(",\"seconds\":", 1, Type::Int64), Field::new(",\"nanos\":", 2, Type::Int32)];
static MASK: [Field; 1] = [Field::new(",\"paths\":", 1, Type::String).repeated()];
static STRUCT: [Field; 1] =
    [Field::new(",\"fields\":", 1, Type::Message(<prost_types::Value as Json>::info)).map(Type::String)];
const NULL: &EnumInfo = <prost_types::NullValue as JsonEnum>::INFO;
static VALUE: [Field; 6] = [
    Field::new(",\"nullValue\":null_value", 1, Type::Enum(NULL)).in_oneof(0),
    Field::new(",\"numberValue\":number_value", 2, Type::Double).in_oneof(0),
    Field::new(",\"stringValue\":string_value", 3, Type::String).in_oneof(0),
    Field::new(",\"boolValue\":bool_value", 4, Type::Bool).in_oneof(0),
    Field::new(",\"structValue\":struct_value", 5, Type::Message(<prost_types::Struct as Json>::info))
        .in_oneof(0),
    Field::new(",\"listValue\":list_value", 6, Type::Message(<prost_types::ListValue as Json>::info))
        .in_oneof(0),
];
static LIST: [Field; 1] =
    [Field::new(",\"values\":", 1, Type::Message(<prost_types::Value as Json>::info)).repeated()];

/// The fields of a message.
pub(crate) fn fields(info: &'static MessageInfo) -> &'static [Field] {
    if !matches!(info.form, Form::Value(_)) {
        return info.fields;
    }
    match info.name {
        "google.protobuf.Any" => &ANY,
        "google.protobuf.Timestamp" | "google.protobuf.Duration" => &SECONDS,
        "google.protobuf.FieldMask" => &MASK,
        "google.protobuf.Struct" => &STRUCT,
        "google.protobuf.Value" => &VALUE,
        "google.protobuf.ListValue" => &LIST,
        _ => wrapped(info).map(std::slice::from_ref).unwrap_or_default(),
    }
}

/// The field of a wrapper, which has its value's text.
pub(crate) fn wrapped(info: &'static MessageInfo) -> Option<&'static Field> {
    if !matches!(info.form, Form::Value(_)) {
        return None;
    }
    macro_rules! wrappers {
        ($($name:literal: $ty:ident,)*) => {
            match info.name {
                $(concat!("google.protobuf.", $name) => {
                    static FIELD: Field = Field::new(",\"value\":", 1, Type::$ty);
                    Some(&FIELD)
                })*
                _ => None,
            }
        };
    }
    wrappers! {
        "DoubleValue": Double,
        "FloatValue": Float,
        "Int64Value": Int64,
        "UInt64Value": Uint64,
        "Int32Value": Int32,
        "UInt32Value": Uint32,
        "BoolValue": Bool,
        "StringValue": String,
        "BytesValue": Bytes,
    }
}
