//! Messages among values: typed ones behind a trait, and those of an `Any`, which are read from their bytes by their table.

use std::any::Any;
use std::rc::Rc;

use prost_types::value::Kind;

use super::{Duration, Error, Timestamp, Value};
use crate::json::info::{Cardinality, Field, MessageInfo, Type};
use crate::json::wire::{self, Raw};
use crate::json::{Json, find_message, json_of_bytes};

type Result<T> = std::result::Result<T, Error>;

const NO_SUCH_FIELD: Error = Error::new("no such field");
const UNREADABLE: Error = Error::new("the bytes of an Any are not a message of its type");
/// How deep messages that are read from bytes may nest.
const MAX_DEPTH: u32 = 100;

/// A message of a type that is not known here.
pub trait AnyMessage: Any {
    #[doc(hidden)]
    fn info(&self) -> &'static MessageInfo;
    #[doc(hidden)]
    fn bytes(&self) -> Vec<u8>;
    #[doc(hidden)]
    fn same(&self, other: &dyn AnyMessage) -> bool;
    #[doc(hidden)]
    fn copied(&self) -> Rc<dyn AnyMessage>;
}

impl<T: Json + prost::Message + Clone + PartialEq + 'static> AnyMessage for T {
    fn info(&self) -> &'static MessageInfo {
        T::info()
    }

    fn bytes(&self) -> Vec<u8> {
        self.encode_to_vec()
    }

    fn same(&self, other: &dyn AnyMessage) -> bool {
        (other as &dyn Any).downcast_ref::<T>().is_some_and(|other| self == other)
    }

    fn copied(&self) -> Rc<dyn AnyMessage> {
        Rc::new(self.clone())
    }
}

/// A message as a value.
#[derive(Clone)]
pub struct Message<'a>(Held<'a>);

#[derive(Clone)]
enum Held<'a> {
    Borrowed(&'a dyn AnyMessage),
    Owned(Rc<dyn AnyMessage>),
    Bytes { info: &'static MessageInfo, bytes: Rc<[u8]>, depth: u32 },
}

impl std::fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl PartialEq for Message<'_> {
    fn eq(&self, other: &Self) -> bool {
        if let (Some(a), Some(b)) = (self.typed(), other.typed())
            && a.type_id() == b.type_id()
        {
            // The bytes of an `Any` may differ where what it holds does not.
            return a.same(b) || self.same_fields(other).unwrap_or(false);
        }
        self.name() == other.name() && self.same_fields(other).unwrap_or(false)
    }
}

impl Message<'_> {
    /// The full name of its type.
    pub fn name(&self) -> &'static str {
        self.info().name
    }

    fn info(&self) -> &'static MessageInfo {
        match &self.0 {
            Held::Borrowed(message) => message.info(),
            Held::Owned(message) => message.info(),
            Held::Bytes { info, .. } => info,
        }
    }

    fn typed(&self) -> Option<&dyn AnyMessage> {
        match &self.0 {
            Held::Borrowed(message) => Some(*message),
            Held::Owned(message) => Some(&**message),
            Held::Bytes { .. } => None,
        }
    }

    /// The same, referring to nothing.
    pub(super) fn into_owned(self) -> Message<'static> {
        Message(match self.0 {
            Held::Borrowed(message) => Held::Owned(message.copied()),
            Held::Owned(message) => Held::Owned(message),
            Held::Bytes { info, bytes, depth } => Held::Bytes { info, bytes, depth },
        })
    }

    fn fields(&self) -> Result<Fields> {
        let (bytes, depth) = match &self.0 {
            Held::Borrowed(message) => (message.bytes().into(), 0),
            Held::Owned(message) => (message.bytes().into(), 0),
            Held::Bytes { bytes, depth, .. } => (bytes.clone(), *depth),
        };
        let depth = depth + 1;
        if depth > MAX_DEPTH { Err(UNREADABLE) } else { Ok(Fields { info: self.info(), bytes, depth }) }
    }

    fn same_fields(&self, other: &Self) -> Result<bool> {
        let (a, b) = (self.fields()?, other.fields()?);
        for field in a.info.fields {
            let same = match (a.has(field)?, b.has(field)?) {
                (false, false) => true,
                (true, true) => a.get(field)? == b.get(field)?,
                _ => false,
            };
            if !same {
                return Ok(false);
            }
        }
        Ok(a.unknown()? == b.unknown()?)
    }

    /// The value of a field by its name in the `.proto`.
    pub(super) fn select(&self, name: &str) -> Result<Value<'static>> {
        let fields = self.fields()?;
        fields.get(fields.find(name)?)
    }

    /// Its JSON.
    pub(super) fn json(&self) -> Result<prost_types::Value> {
        let text = json_of_bytes(self.info(), &self.fields()?.bytes).map_err(|_| Error::CONVERSION)?;
        crate::json::from_slice(&text).map_err(|_| Error::CONVERSION)
    }

    /// The message in an `Any`.
    pub(super) fn packed(&self) -> Result<prost_types::Any> {
        if let Some(any) =
            self.typed().and_then(|typed| (typed as &dyn Any).downcast_ref::<prost_types::Any>())
        {
            return Ok(any.clone());
        }
        let type_url = format!("type.googleapis.com/{}", self.name());
        Ok(prost_types::Any { type_url, value: self.fields()?.bytes.to_vec() })
    }

    /// Whether a field is set.
    pub(super) fn has(&self, name: &str) -> Result<bool> {
        let fields = self.fields()?;
        fields.has(fields.find(name)?)
    }
}

/// The fields of a message by their table.
struct Fields {
    info: &'static MessageInfo,
    bytes: Rc<[u8]>,
    depth: u32,
}

impl Fields {
    fn find(&self, name: &str) -> Result<&'static Field> {
        self.info.fields.iter().find(|field| field.proto() == name).ok_or(NO_SUCH_FIELD)
    }

    /// What the bytes have of a field; a later member of its oneof takes its place.
    fn values(&self, wanted: &Field) -> Result<Vec<Raw<'_>>> {
        let (mut bytes, mut found) = (&*self.bytes, Vec::new());
        while let Some((number, raw)) = wire::next(&mut bytes).map_err(|_| UNREADABLE)? {
            if number == wanted.number {
                found.push(raw);
            } else if wanted.oneof != 0
                && self.info.fields.iter().any(|f| f.number == number && f.oneof == wanted.oneof)
            {
                found.clear();
            }
        }
        Ok(found)
    }

    /// Fields that the table does not have.
    fn unknown(&self) -> Result<Vec<(u32, Raw<'_>)>> {
        let (mut bytes, mut found) = (&*self.bytes, Vec::new());
        while let Some((number, raw)) = wire::next(&mut bytes).map_err(|_| UNREADABLE)? {
            if !self.info.fields.iter().any(|field| field.number == number) {
                found.push((number, raw));
            }
        }
        Ok(found)
    }

    fn has(&self, field: &Field) -> Result<bool> {
        Ok(match field.cardinality {
            Cardinality::Implicit => match (self.get(field)?, self.value(field, &wire::default(field.ty))?) {
                // Minus zero is not the default.
                (Value::Double(a), Value::Double(b)) => a.to_bits() != b.to_bits(),
                (a, b) => a != b,
            },
            _ => !self.values(field)?.is_empty(),
        })
    }

    fn get(&self, field: &Field) -> Result<Value<'static>> {
        let found = self.values(field)?;
        Ok(match field.cardinality {
            Cardinality::Map(key) => {
                let mut entries: Vec<(Value<'static>, Value<'static>)> = Vec::with_capacity(found.len());
                for raw in found {
                    let Raw::Bytes(mut bytes) = raw else { return Err(UNREADABLE) };
                    let (mut k, mut v) = (wire::default(key.into()), wire::default(field.ty));
                    while let Some((number, raw)) = wire::next(&mut bytes).map_err(|_| UNREADABLE)? {
                        match number {
                            1 => k = raw,
                            2 => v = raw,
                            _ => {}
                        }
                    }
                    let (k, v) = (self.single(key.into(), &k)?, self.value(field, &v)?);
                    entries.retain(|(other, _)| *other != k);
                    entries.push((k, v));
                }
                Value::Map(entries)
            }
            Cardinality::Repeated | Cardinality::Packed => {
                let mut items = Vec::with_capacity(found.len());
                for raw in found {
                    match raw {
                        Raw::Bytes(mut packed) if is_packed(field.ty) => {
                            while let Some(raw) =
                                wire::next_packed(&mut packed, field.ty).map_err(|_| UNREADABLE)?
                            {
                                items.push(self.value(field, &raw)?);
                            }
                        }
                        raw => items.push(self.value(field, &raw)?),
                    }
                }
                Value::List(items)
            }
            Cardinality::Implicit | Cardinality::Explicit | Cardinality::Required => match found.as_slice() {
                [] => match field.ty {
                    Type::Message(info) if is_wrapper(info().name) => Value::Null,
                    ty => self.single(ty, &wire::default(ty))?,
                },
                // The parts of a message that came in several are one.
                [Raw::Bytes(_), _, ..] if matches!(field.ty, Type::Message(_)) => {
                    let mut whole = Vec::new();
                    for raw in &found {
                        let Raw::Bytes(part) = raw else { return Err(UNREADABLE) };
                        whole.extend_from_slice(part);
                    }
                    self.value(field, &Raw::Bytes(&whole))?
                }
                [.., last] => self.value(field, last)?,
            },
        })
    }

    fn value(&self, field: &Field, raw: &Raw<'_>) -> Result<Value<'static>> {
        self.single(field.ty, raw)
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)] // as the wire format says
    #[allow(clippy::match_same_arms)] // a line for each type
    fn single(&self, ty: Type, raw: &Raw<'_>) -> Result<Value<'static>> {
        let zigzag = |n: u64| (n >> 1) as i64 ^ -((n & 1) as i64);
        Ok(match (ty, raw) {
            (Type::Double, Raw::Fixed64(n)) => f64::from_bits(*n).into(),
            (Type::Float, Raw::Fixed32(n)) => f64::from(f32::from_bits(*n)).into(),
            (Type::Int32 | Type::Enum(_), Raw::Varint(n)) => i64::from(*n as i32).into(),
            (Type::Int64, Raw::Varint(n)) | (Type::Sfixed64, Raw::Fixed64(n)) => (*n as i64).into(),
            (Type::Uint32, Raw::Varint(n)) => u64::from(*n as u32).into(),
            (Type::Uint64, Raw::Varint(n)) | (Type::Fixed64, Raw::Fixed64(n)) => (*n).into(),
            (Type::Sint32, Raw::Varint(n)) => i64::from(zigzag(*n) as i32).into(),
            (Type::Sint64, Raw::Varint(n)) => zigzag(*n).into(),
            (Type::Fixed32, Raw::Fixed32(n)) => u64::from(*n).into(),
            (Type::Sfixed32, Raw::Fixed32(n)) => i64::from(*n as i32).into(),
            (Type::Bool, Raw::Varint(n)) => (*n != 0).into(),
            (Type::String, Raw::Bytes(bytes)) => {
                std::str::from_utf8(bytes).map_err(|_| UNREADABLE)?.to_owned().into()
            }
            (Type::Bytes, Raw::Bytes(bytes)) => bytes.to_vec().into(),
            (Type::Message(info), Raw::Bytes(bytes)) | (Type::Group(info), Raw::Group(bytes)) => {
                of_bytes(info(), bytes, self.depth)?
            }
            _ => return Err(UNREADABLE),
        })
    }
}

fn is_packed(ty: Type) -> bool {
    !matches!(ty, Type::String | Type::Bytes | Type::Message(_) | Type::Group(_))
}

fn is_wrapper(name: &str) -> bool {
    name.starts_with("google.protobuf.")
        && name.ends_with("Value")
        && !name.ends_with(".Value")
        && !name.ends_with(".ListValue")
}

/// A message from its bytes; some are other values.
fn of_bytes(info: &'static MessageInfo, bytes: &[u8], depth: u32) -> Result<Value<'static>> {
    fn decoded<T: prost::Message + Default>(bytes: &[u8]) -> Result<T> {
        T::decode(bytes).map_err(|_| UNREADABLE)
    }
    Ok(match info.name.strip_prefix("google.protobuf.") {
        Some("BoolValue") => decoded::<bool>(bytes)?.into(),
        Some("BytesValue") => decoded::<Vec<u8>>(bytes)?.into(),
        Some("DoubleValue") => decoded::<f64>(bytes)?.into(),
        Some("FloatValue") => f64::from(decoded::<f32>(bytes)?).into(),
        Some("Int32Value") => i64::from(decoded::<i32>(bytes)?).into(),
        Some("Int64Value") => decoded::<i64>(bytes)?.into(),
        Some("UInt32Value") => u64::from(decoded::<u32>(bytes)?).into(),
        Some("UInt64Value") => decoded::<u64>(bytes)?.into(),
        Some("StringValue") => decoded::<String>(bytes)?.into(),
        Some("Timestamp") => Timestamp::from(&decoded::<prost_types::Timestamp>(bytes)?).into(),
        Some("Duration") => Duration::from(&decoded::<prost_types::Duration>(bytes)?).into(),
        Some("Struct") => Value::from(&decoded::<prost_types::Struct>(bytes)?).into_owned(),
        Some("ListValue") => Value::from(&decoded::<prost_types::ListValue>(bytes)?).into_owned(),
        Some("Value") => Value::from(&decoded::<prost_types::Value>(bytes)?).into_owned(),
        Some("Any") if depth < MAX_DEPTH => unpacked(&decoded(bytes)?, depth + 1),
        _ => Value::Message(Message(Held::Bytes { info, bytes: bytes.into(), depth })),
    })
}

/// What an `Any` holds. An empty one is null; one of a type that the program does not know stays what it is.
fn unpacked(any: &prost_types::Any, depth: u32) -> Value<'static> {
    if any.type_url.is_empty() && any.value.is_empty() {
        return Value::Null;
    }
    let name = any.type_url.rsplit_once('/').map_or(any.type_url.as_str(), |(_, name)| name);
    let held = find_message(name).and_then(|info| of_bytes(info, &any.value, depth).ok());
    held.unwrap_or_else(|| Value::Message(Message(Held::Owned(Rc::new(any.clone())))))
}

/// `google.protobuf.Any{type_url: …, value: …}`
pub fn any_of(type_url: &str, value: &[u8]) -> Result<Value<'static>> {
    if type_url.is_empty() {
        return Err(Error::CONVERSION);
    }
    Ok(unpacked(&prost_types::Any { type_url: type_url.to_owned(), value: value.to_vec() }, 0))
}

impl<'a> Value<'a> {
    /// A message.
    pub fn of_message<T: AnyMessage>(message: &'a T) -> Self {
        match (message as &dyn Any).downcast_ref::<prost_types::Any>() {
            Some(any) => unpacked(any, 0),
            None => Self::Message(Message(Held::Borrowed(message))),
        }
    }

    /// A field, which is empty where it is unset.
    pub fn of_optional_message<T: AnyMessage + Default>(message: Option<&'a T>) -> Self {
        message.map_or_else(|| Self::of_owned_message(T::default()), Self::of_message)
    }

    /// A new message.
    pub fn of_owned_message<T: AnyMessage>(message: T) -> Self {
        match (&message as &dyn Any).downcast_ref::<prost_types::Any>() {
            Some(any) => unpacked(any, 0),
            None => Self::Message(Message(Held::Owned(Rc::new(message)))),
        }
    }

    /// The message that it is.
    pub fn into_message<T: AnyMessage + prost::Message + Clone + Default>(self) -> Result<T> {
        let Self::Message(message) = self else { return Err(Error::NO_OVERLOAD) };
        if let Some(typed) = message.typed().and_then(|typed| (typed as &dyn Any).downcast_ref::<T>()) {
            return Ok(typed.clone());
        }
        if message.name() != T::default().info().name {
            return Err(Error::NO_OVERLOAD);
        }
        T::decode(&*message.fields()?.bytes).map_err(|_| UNREADABLE)
    }

    /// The same, referring to nothing.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(b) => Value::Bool(b),
            Self::Int(n) => Value::Int(n),
            Self::Uint(n) => Value::Uint(n),
            Self::Double(d) => Value::Double(d),
            Self::Str(s) => s.into_owned().into(),
            Self::Bytes(b) => b.into_owned().into(),
            Self::Timestamp(t) => Value::Timestamp(t),
            Self::Duration(d) => Value::Duration(d),
            Self::Type(name) => Value::Type(name),
            Self::List(items) => Value::List(items.into_iter().map(Value::into_owned).collect()),
            Self::Map(entries) => {
                Value::Map(entries.into_iter().map(|(k, v)| (k.into_owned(), v.into_owned())).collect())
            }
            Self::Message(message) => Value::Message(message.into_owned()),
        }
    }
}

/// `a.name`
pub fn dyn_select<'a>(a: Value<'a>, name: &str) -> Result<Value<'a>> {
    match a {
        Value::Message(message) => message.select(name),
        Value::Map(entries) => {
            let found = entries.into_iter().find(|(k, _)| matches!(k, Value::Str(k) if k == name));
            found.map(|(_, v)| v).ok_or(Error::NO_SUCH_KEY)
        }
        _ => Err(Error::NO_OVERLOAD),
    }
}

/// `has(a.name)`
pub fn dyn_has(a: Value<'_>, name: &str) -> Result<bool> {
    match a {
        Value::Message(message) => message.has(name),
        Value::Map(entries) => Ok(entries.iter().any(|(k, _)| matches!(k, Value::Str(k) if k == name))),
        _ => Err(Error::NO_OVERLOAD),
    }
}

/// The kind of a JSON value.
pub(super) fn json(kind: Kind) -> prost_types::Value {
    prost_types::Value { kind: Some(kind) }
}
