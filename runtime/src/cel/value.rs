//! Values whose type is known at run time only.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::convert::Infallible;

use super::number::Number;
use super::{Duration, Error, Message, Timestamp, hash, number};

type Result<T> = std::result::Result<T, Error>;

/// A value of any type.
#[derive(Clone, Debug)]
pub enum Value<'a> {
    /// `null`
    Null,
    /// `bool`
    Bool(bool),
    /// `int`
    Int(i64),
    /// `uint`
    Uint(u64),
    /// `double`
    Double(f64),
    /// `string`
    Str(Cow<'a, str>),
    /// `bytes`
    Bytes(Cow<'a, [u8]>),
    /// `google.protobuf.Timestamp`
    Timestamp(Timestamp),
    /// `google.protobuf.Duration`
    Duration(Duration),
    /// `list`
    List(Vec<Value<'a>>),
    /// `map`, in no order.
    Map(Vec<(Value<'a>, Value<'a>)>),
    /// A type, by its name.
    Type(&'static str),
    /// A message.
    Message(Message<'a>),
}

macro_rules! from {
    ($($from:ty => |$v:ident| $body:expr;)*) => {
        $(impl<'a> From<$from> for Value<'a> {
            #[inline]
            fn from($v: $from) -> Self {
                $body
            }
        })*
    };
}

from! {
    () => |_v| Value::Null;
    bool => |v| Value::Bool(v);
    i64 => |v| Value::Int(v);
    u64 => |v| Value::Uint(v);
    f64 => |v| Value::Double(v);
    &'a str => |v| Value::Str(Cow::Borrowed(v));
    String => |v| Value::Str(Cow::Owned(v));
    &'a [u8] => |v| Value::Bytes(Cow::Borrowed(v));
    Vec<u8> => |v| Value::Bytes(Cow::Owned(v));
    Timestamp => |v| Value::Timestamp(v);
    Duration => |v| Value::Duration(v);
}

impl From<Infallible> for Value<'_> {
    fn from(v: Infallible) -> Self {
        match v {}
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(v: Option<T>) -> Self {
        v.map_or(Value::Null, Into::into)
    }
}

impl<'a> From<&'a prost_types::Value> for Value<'a> {
    fn from(v: &'a prost_types::Value) -> Self {
        use prost_types::value::Kind;
        match &v.kind {
            None | Some(Kind::NullValue(_)) => Self::Null,
            Some(Kind::BoolValue(b)) => Self::Bool(*b),
            Some(Kind::NumberValue(n)) => Self::Double(*n),
            Some(Kind::StringValue(s)) => Self::from(s.as_str()),
            Some(Kind::ListValue(list)) => Self::from(list),
            Some(Kind::StructValue(fields)) => Self::from(fields),
        }
    }
}

impl<'a> From<&'a prost_types::ListValue> for Value<'a> {
    fn from(v: &'a prost_types::ListValue) -> Self {
        Self::List(v.values.iter().map(Into::into).collect())
    }
}

impl<'a> From<&'a prost_types::Struct> for Value<'a> {
    fn from(v: &'a prost_types::Struct) -> Self {
        Self::Map(v.fields.iter().map(|(k, v)| (k.as_str().into(), v.into())).collect())
    }
}

/// A value out of one that is known at run time only; another type is an error.
pub trait FromValue: Sized {
    /// The value, if it is of this type.
    fn from_value(value: Value<'_>) -> Result<Self>;
}

macro_rules! from_value {
    ($($ty:ty => $pattern:pat => $body:expr;)*) => {
        $(impl FromValue for $ty {
            fn from_value(value: Value<'_>) -> Result<Self> {
                match value {
                    $pattern => Ok($body),
                    _ => Err(Error::NO_OVERLOAD),
                }
            }
        })*
    };
}

from_value! {
    bool => Value::Bool(v) => v;
    i64 => Value::Int(v) => v;
    u64 => Value::Uint(v) => v;
    f64 => Value::Double(v) => v;
    String => Value::Str(v) => v.into_owned();
    Vec<u8> => Value::Bytes(v) => v.into_owned();
    Timestamp => Value::Timestamp(v) => v;
    Duration => Value::Duration(v) => v;
    () => Value::Null => ();
    &'static str => Value::Type(v) => v;
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value<'_>) -> Result<Self> {
        if value.is_null() { Ok(None) } else { T::from_value(value).map(Some) }
    }
}

/// The key of a map in prost's storage, out of a value of any type.
pub trait MapKey: Sized {
    /// The key that is equal to the value, if one can be.
    fn of_value(value: &Value<'_>) -> Option<Self>;
}

macro_rules! map_key {
    ($($ty:ty => $number:expr;)*) => {
        $(impl MapKey for $ty {
            fn of_value(value: &Value<'_>) -> Option<Self> {
                let number: fn(Number) -> Result<_> = $number;
                number(value.number()?).ok().and_then(|n| n.try_into().ok())
            }
        })*
    };
}

map_key! {
    i32 => |n| number::key_int(n);
    i64 => |n| number::key_int(n);
    u32 => |n| number::key_uint(n);
    u64 => |n| number::key_uint(n);
}

impl MapKey for bool {
    fn of_value(value: &Value<'_>) -> Option<Self> {
        match value {
            Value::Bool(b) => Some(*b),
            _ => None,
        }
    }
}

impl MapKey for String {
    fn of_value(value: &Value<'_>) -> Option<Self> {
        match value {
            Value::Str(s) => Some(s.clone().into_owned()),
            _ => None,
        }
    }
}

impl Value<'_> {
    pub(super) fn number(&self) -> Option<Number> {
        match self {
            Self::Int(n) => Some(Number::Int(*n)),
            Self::Uint(n) => Some(Number::Uint(*n)),
            Self::Double(d) => Some(Number::Double(*d)),
            _ => None,
        }
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

impl PartialEq for Value<'_> {
    /// Equality of CEL: numbers by value, different types never.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Str(a), Self::Str(b)) => a == b,
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (Self::Timestamp(a), Self::Timestamp(b)) => a == b,
            (Self::Duration(a), Self::Duration(b)) => a == b,
            (Self::Type(a), Self::Type(b)) => a == b,
            (Self::Message(a), Self::Message(b)) => a == b,
            (Self::List(a), Self::List(b)) => a == b,
            (Self::Map(a), Self::Map(b)) => {
                const FEW: usize = 16;
                a.len() == b.len()
                    && if a.len() > FEW {
                        hash::maps_equal(a, b)
                    } else {
                        a.iter().all(|(k, v)| b.iter().any(|(l, w)| k == l && v == w))
                    }
            }
            (a, b) => match (a.number(), b.number()) {
                (Some(a), Some(b)) => a.order(b) == Some(Ordering::Equal),
                _ => false,
            },
        }
    }
}
