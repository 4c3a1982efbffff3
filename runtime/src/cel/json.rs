//! Values as `Struct`, `Value`, `ListValue` and `Any` of `google.protobuf` hold them.

use prost::Message as _;
use prost_types::value::Kind;
use prost_types::{Any, ListValue, Struct};
use rsvc_common::{base64, text};

use super::message::json;
use super::{Error, FromValue, Value};

type Result<T> = std::result::Result<T, Error>;

/// Integers up to this are doubles without loss.
const WHOLE: u64 = 1 << 53;

fn of_int(n: i64) -> Kind {
    #[allow(clippy::cast_precision_loss)] // within the bounds there is none
    if n.unsigned_abs() <= WHOLE { Kind::NumberValue(n as f64) } else { Kind::StringValue(n.to_string()) }
}

fn of_uint(n: u64) -> Kind {
    #[allow(clippy::cast_precision_loss)] // within the bounds there is none
    if n <= WHOLE { Kind::NumberValue(n as f64) } else { Kind::StringValue(n.to_string()) }
}

impl FromValue for prost_types::Value {
    fn from_value(value: Value<'_>) -> Result<Self> {
        Ok(json(match value {
            Value::Null => Kind::NullValue(0),
            Value::Bool(b) => Kind::BoolValue(b),
            Value::Int(n) => of_int(n),
            Value::Uint(n) => of_uint(n),
            Value::Double(d) => Kind::NumberValue(d),
            Value::Str(s) => Kind::StringValue(s.into_owned()),
            Value::Bytes(b) => {
                let mut text = Vec::new();
                base64::encode(&b, &mut text);
                Kind::StringValue(String::from_utf8(text).map_err(|_| Error::CONVERSION)?)
            }
            Value::Timestamp(t) => {
                let (seconds, nanos) = t.parts();
                Kind::StringValue(text::timestamp(seconds, nanos))
            }
            Value::Duration(d) => {
                let (seconds, nanos) = d.parts();
                Kind::StringValue(text::duration(seconds, nanos))
            }
            list @ Value::List(_) => Kind::ListValue(ListValue::from_value(list)?),
            map @ Value::Map(_) => Kind::StructValue(Struct::from_value(map)?),
            Value::Message(message) => return message.json(),
            Value::Type(_) => return Err(Error::CONVERSION),
        }))
    }
}

impl FromValue for ListValue {
    fn from_value(value: Value<'_>) -> Result<Self> {
        let Value::List(items) = value else { return Err(Error::NO_OVERLOAD) };
        let values = items.into_iter().map(prost_types::Value::from_value).collect::<Result<_>>()?;
        Ok(Self { values })
    }
}

impl FromValue for Struct {
    fn from_value(value: Value<'_>) -> Result<Self> {
        let Value::Map(entries) = value else { return Err(Error::NO_OVERLOAD) };
        let mut fields = std::collections::BTreeMap::new();
        for (key, value) in entries {
            let key = match key {
                Value::Str(key) => key.into_owned(),
                Value::Bool(key) => key.to_string(),
                Value::Int(key) => key.to_string(),
                Value::Uint(key) => key.to_string(),
                _ => return Err(Error::CONVERSION),
            };
            fields.insert(key, prost_types::Value::from_value(value)?);
        }
        Ok(Self { fields })
    }
}

impl FromValue for Any {
    fn from_value(value: Value<'_>) -> Result<Self> {
        let pack = |name: &str, value: Vec<u8>| Self {
            type_url: format!("type.googleapis.com/google.protobuf.{name}"),
            value,
        };
        Ok(match value {
            Value::Null => pack("Value", json(Kind::NullValue(0)).encode_to_vec()),
            Value::Bool(b) => pack("BoolValue", b.encode_to_vec()),
            Value::Int(n) => pack("Int64Value", n.encode_to_vec()),
            Value::Uint(n) => pack("UInt64Value", n.encode_to_vec()),
            Value::Double(d) => pack("DoubleValue", d.encode_to_vec()),
            Value::Str(s) => pack("StringValue", s.into_owned().encode_to_vec()),
            Value::Bytes(b) => pack("BytesValue", b.into_owned().encode_to_vec()),
            Value::Timestamp(t) => pack("Timestamp", prost_types::Timestamp::from(t).encode_to_vec()),
            Value::Duration(d) => pack("Duration", prost_types::Duration::from(d).encode_to_vec()),
            list @ Value::List(_) => pack("ListValue", ListValue::from_value(list)?.encode_to_vec()),
            map @ Value::Map(_) => pack("Struct", Struct::from_value(map)?.encode_to_vec()),
            Value::Message(message) => message.packed()?,
            Value::Type(_) => return Err(Error::CONVERSION),
        })
    }
}

/// `google.protobuf.Value{…}`: numbers become doubles.
pub fn value_of(a: Value<'_>) -> Result<Value<'static>> {
    prost_types::Value::from_value(a).map(|value| Value::from(&value).into_owned())
}

/// `google.protobuf.Struct{fields: …}`
pub fn struct_of(a: Value<'_>) -> Result<Value<'static>> {
    Struct::from_value(a).map(|value| Value::from(&value).into_owned())
}

/// `google.protobuf.ListValue{values: …}`
pub fn list_value_of(a: Value<'_>) -> Result<Value<'static>> {
    ListValue::from_value(a).map(|value| Value::from(&value).into_owned())
}
