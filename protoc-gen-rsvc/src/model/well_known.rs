//! The well-known types of `google.protobuf`.

use super::Scalar;

/// Messages whose Rust type or JSON form is special.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WellKnown {
    Any,
    Duration,
    Empty,
    FieldMask,
    ListValue,
    Struct,
    Timestamp,
    Value,
    BoolValue,
    BytesValue,
    DoubleValue,
    FloatValue,
    Int32Value,
    Int64Value,
    StringValue,
    UInt32Value,
    UInt64Value,
}

impl WellKnown {
    /// The one with this full name.
    pub fn of(full_name: &str) -> Option<Self> {
        Some(match full_name.strip_prefix("google.protobuf.")? {
            "Any" => Self::Any,
            "Duration" => Self::Duration,
            "Empty" => Self::Empty,
            "FieldMask" => Self::FieldMask,
            "ListValue" => Self::ListValue,
            "Struct" => Self::Struct,
            "Timestamp" => Self::Timestamp,
            "Value" => Self::Value,
            "BoolValue" => Self::BoolValue,
            "BytesValue" => Self::BytesValue,
            "DoubleValue" => Self::DoubleValue,
            "FloatValue" => Self::FloatValue,
            "Int32Value" => Self::Int32Value,
            "Int64Value" => Self::Int64Value,
            "StringValue" => Self::StringValue,
            "UInt32Value" => Self::UInt32Value,
            "UInt64Value" => Self::UInt64Value,
            _ => return None,
        })
    }

    /// The scalar inside a wrapper, which prost stores in its place.
    pub fn wrapped(self) -> Option<Scalar> {
        Some(match self {
            Self::BoolValue => Scalar::Bool,
            Self::BytesValue => Scalar::Bytes,
            Self::DoubleValue => Scalar::Double,
            Self::FloatValue => Scalar::Float,
            Self::Int32Value => Scalar::Int32,
            Self::Int64Value => Scalar::Int64,
            Self::StringValue => Scalar::String,
            Self::UInt32Value => Scalar::Uint32,
            Self::UInt64Value => Scalar::Uint64,
            _ => return None,
        })
    }

    /// Whether it is a bare value in Rust.
    pub fn is_wrapper(self) -> bool {
        self.wrapped().is_some()
    }
}
