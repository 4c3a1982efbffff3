//! The types of CEL, and which fits where.

use std::fmt;

/// A type of CEL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    Null,
    Bool,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    Timestamp,
    Duration,
    /// Anything, known at run time.
    Dyn,
    List(Box<Type>),
    Map(Box<Type>, Box<Type>),
    /// A message by its full name.
    Message(String),
    /// A scalar or null: the wrappers of `google.protobuf`.
    Wrapper(Box<Type>),
    /// The type of a type.
    Type,
}

impl Type {
    pub fn list(element: Type) -> Self {
        Self::List(Box::new(element))
    }

    pub fn map(key: Type, value: Type) -> Self {
        Self::Map(Box::new(key), Box::new(value))
    }

    /// The type of a message of this name, some of which are types of the language.
    pub fn of_message(name: &str) -> Self {
        let wrapper = |t| Self::Wrapper(Box::new(t));
        match name {
            "google.protobuf.Timestamp" => Self::Timestamp,
            "google.protobuf.Duration" => Self::Duration,
            "google.protobuf.BoolValue" => wrapper(Self::Bool),
            "google.protobuf.BytesValue" => wrapper(Self::Bytes),
            "google.protobuf.DoubleValue" | "google.protobuf.FloatValue" => wrapper(Self::Double),
            "google.protobuf.Int32Value" | "google.protobuf.Int64Value" => wrapper(Self::Int),
            "google.protobuf.UInt32Value" | "google.protobuf.UInt64Value" => wrapper(Self::Uint),
            "google.protobuf.StringValue" => wrapper(Self::String),
            // What they hold takes their place.
            "google.protobuf.Value" | "google.protobuf.Any" => Self::Dyn,
            "google.protobuf.Struct" => Self::map(Self::String, Self::Dyn),
            "google.protobuf.ListValue" => Self::list(Self::Dyn),
            _ => Self::Message(name.to_owned()),
        }
    }

    /// Whether a value of `from` may stand where `self` is wanted.
    pub fn accepts(&self, from: &Type) -> bool {
        match (self, from) {
            (Self::Dyn, _) | (_, Self::Dyn) => true,
            (Self::Wrapper(_) | Self::Message(_) | Self::Timestamp | Self::Duration, Self::Null) => true,
            (Self::Wrapper(a), Self::Wrapper(b)) => a == b,
            (Self::Wrapper(inner), other) | (other, Self::Wrapper(inner)) => **inner == *other,
            (Self::List(a), Self::List(b)) => a.accepts(b),
            (Self::Map(ka, va), Self::Map(kb, vb)) => ka.accepts(kb) && va.accepts(vb),
            (a, b) => a == b,
        }
    }

    /// The type that holds both, if they have anything to do with each other.
    pub fn join(&self, other: &Type) -> Option<Type> {
        match (self, other) {
            (a, b) if a == b => Some(a.clone()),
            (Self::Dyn, _) | (_, Self::Dyn) => Some(Self::Dyn),
            (Self::List(a), Self::List(b)) => Some(Self::list(a.join(b)?)),
            (Self::Map(ka, va), Self::Map(kb, vb)) => Some(Self::map(ka.join(kb)?, va.join(vb)?)),
            (Self::Null, Self::Wrapper(_)) => Some(other.clone()),
            (Self::Wrapper(inner), scalar) if **inner == *scalar => Some(self.clone()),
            (scalar, Self::Wrapper(inner)) if **inner == *scalar => Some(other.clone()),
            (a, b) if a.accepts(b) => Some(a.clone()),
            (a, b) if b.accepts(a) => Some(b.clone()),
            _ => None,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool => f.write_str("bool"),
            Self::Int => f.write_str("int"),
            Self::Uint => f.write_str("uint"),
            Self::Double => f.write_str("double"),
            Self::String => f.write_str("string"),
            Self::Bytes => f.write_str("bytes"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Duration => f.write_str("duration"),
            Self::Dyn => f.write_str("dyn"),
            Self::List(t) => write!(f, "list({t})"),
            Self::Map(k, v) => write!(f, "map({k}, {v})"),
            Self::Message(name) => f.write_str(name),
            Self::Wrapper(t) => write!(f, "wrapper({t})"),
            Self::Type => f.write_str("type"),
        }
    }
}

/// A field as CEL sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldType {
    pub number: u32,
    pub ty: Type,
}

/// What the checker asks about messages and enums.
pub trait TypeProvider {
    /// A field of a message, by its proto name (or the full name of an extension).
    fn field(&self, message: &str, field: &str) -> Option<FieldType>;
    /// Names of the fields of a message, for hints; `None` when there is no such message.
    fn fields(&self, message: &str) -> Option<Vec<String>>;
    /// The number of an enum's value by its full name.
    fn enum_value(&self, name: &str) -> Option<i32>;
}
