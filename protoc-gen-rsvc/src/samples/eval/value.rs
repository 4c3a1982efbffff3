//! Values that plans compute with.

use std::cmp::Ordering;

use rsvc_common::sample::Value;

use super::{Json, Outcome, Stop};
use crate::model::plan::{Const, Repr, Store};
use crate::model::{MessageId, Scalar, Schema, ValueType};

/// A value.
#[derive(Clone, Debug)]
pub(super) enum Val<'v> {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    Str(String),
    Bytes(Vec<u8>),
    Timestamp(i64, i32),
    Duration(i64, i32),
    /// The fields that are set, by their places.
    Message(MessageId, &'v [(usize, Value)]),
    /// A message of which there is JSON only.
    Opaque(&'v str),
    List(Vec<Val<'v>>),
    Map(Vec<(Val<'v>, Val<'v>)>),
    Type(String),
}

/// A value of the solver as it lies in a message.
pub(super) fn stored<'v>(value: &'v Value, store: &Store) -> Outcome<Val<'v>> {
    Ok(match (store, value) {
        (Store::Json, Value::Json(text)) => json(&Json::parse(text).map_err(|_| Stop::Unknown)?)?,
        (_, Value::Json(text)) => Val::Opaque(text),
        (Store::Scalar(scalar), value) => self::scalar(*scalar, value)?,
        (Store::Enum, Value::Int(n)) => Val::Int(i64::try_from(*n).map_err(|_| Stop::Unknown)?),
        (Store::Timestamp, Value::Time(seconds, nanos)) => Val::Timestamp(*seconds, *nanos),
        (Store::Duration, Value::Time(seconds, nanos)) => Val::Duration(*seconds, *nanos),
        (Store::Message(id), Value::Message(fields)) => Val::Message(*id, fields),
        // A field mask, whose one field is the list.
        (Store::Message(_), Value::List(paths)) => {
            let text = Store::Scalar(Scalar::String);
            Val::List(paths.iter().map(|path| stored(path, &text)).collect::<Outcome<_>>()?)
        }
        (Store::List(item), Value::List(items)) => {
            Val::List(items.iter().map(|value| stored(value, item)).collect::<Outcome<_>>()?)
        }
        (Store::Map(key, item), Value::Map(pairs)) => {
            let pair = |(k, v): &'v (Value, Value)| Ok((scalar(*key, k)?, stored(v, item)?));
            Val::Map(pairs.iter().map(pair).collect::<Outcome<_>>()?)
        }
        _ => return Err(Stop::Unknown),
    })
}

fn scalar<'v>(of: Scalar, value: &Value) -> Outcome<Val<'v>> {
    Ok(match (of, value) {
        (_, Value::Bool(b)) => Val::Bool(*b),
        (Scalar::Uint32 | Scalar::Uint64 | Scalar::Fixed32 | Scalar::Fixed64, Value::Int(n)) => {
            Val::Uint(u64::try_from(*n).map_err(|_| Stop::Unknown)?)
        }
        (_, Value::Int(n)) => Val::Int(i64::try_from(*n).map_err(|_| Stop::Unknown)?),
        (_, Value::Double(d)) => Val::Double(*d),
        (_, Value::Text(text)) => Val::Str(text.clone()),
        (_, Value::Bytes(bytes)) => Val::Bytes(bytes.clone()),
        _ => return Err(Stop::Unknown),
    })
}

/// JSON of `Struct`, `Value` and `ListValue`.
fn json<'v>(value: &Json) -> Outcome<Val<'v>> {
    Ok(match value {
        Json::Null => Val::Null,
        Json::Bool(b) => Val::Bool(*b),
        Json::Number(_) => Val::Double(value.as_f64().ok_or(Stop::Unknown)?),
        Json::String(text) => Val::Str(text.clone()),
        Json::Array(items) => Val::List(items.iter().map(json).collect::<Outcome<_>>()?),
        Json::Object(pairs) => {
            let pair = |(key, value): &(String, Json)| Ok((Val::Str(key.clone()), json(value)?));
            Val::Map(pairs.iter().map(pair).collect::<Outcome<_>>()?)
        }
    })
}

/// A constant of a plan.
pub(super) fn constant<'v>(value: &Const) -> Outcome<Val<'v>> {
    Ok(match value {
        Const::Null => Val::Null,
        Const::Bool(b) => Val::Bool(*b),
        Const::Int(n) => Val::Int(*n),
        Const::Uint(n) => Val::Uint(*n),
        Const::Double(d) => Val::Double(*d),
        Const::Str(text) => Val::Str(text.clone()),
        Const::Type(name) => Val::Type(name.clone()),
        Const::Bytes(bytes) => Val::Bytes(bytes.clone()),
        Const::Timestamp(seconds, nanos) => Val::Timestamp(*seconds, *nanos),
        Const::Duration(seconds, nanos) => Val::Duration(*seconds, *nanos),
        Const::List(items) => Val::List(items.iter().map(constant).collect::<Outcome<_>>()?),
        Const::Map(pairs) => {
            let pair = |(key, value): &(Const, Const)| Ok((constant(key)?, constant(value)?));
            Val::Map(pairs.iter().map(pair).collect::<Outcome<_>>()?)
        }
        Const::Message(_) => return Err(Stop::Unknown),
    })
}

/// What stands for an unset value of a form.
pub(super) fn unset<'v>(repr: &Repr, default: &Const) -> Outcome<Val<'v>> {
    Ok(match repr {
        Repr::Message { id, .. } => Val::Message(*id, &[]),
        Repr::List(..) => Val::List(Vec::new()),
        Repr::Map(_) => Val::Map(Vec::new()),
        Repr::Bytes(_) if *default == Const::Null => Val::Bytes(Vec::new()),
        _ => constant(default)?,
    })
}

impl<'v> Val<'v> {
    pub(super) fn bool(&self) -> Outcome<bool> {
        match self {
            Self::Bool(b) => Ok(*b),
            _ => Err(Stop::Fails),
        }
    }

    pub(super) fn str(&self) -> Outcome<&str> {
        match self {
            Self::Str(text) => Ok(text),
            _ => Err(Stop::Fails),
        }
    }

    pub(super) fn int(&self) -> Outcome<i64> {
        match self {
            Self::Int(n) => Ok(*n),
            Self::Uint(n) => i64::try_from(*n).map_err(|_| Stop::Fails),
            Self::Double(d) if d.fract() == 0.0 && d.abs() < 9e15 => {
                #[allow(clippy::cast_possible_truncation)] // it is whole, and small
                Ok(*d as i64)
            }
            _ => Err(Stop::Fails),
        }
    }

    pub(super) fn list(self) -> Outcome<Vec<Val<'v>>> {
        match self {
            Self::List(items) => Ok(items),
            Self::Map(pairs) => Ok(pairs.into_iter().map(|(key, _)| key).collect()),
            _ => Err(Stop::Fails),
        }
    }

    pub(super) fn map(self) -> Outcome<Vec<(Val<'v>, Val<'v>)>> {
        match self {
            Self::Map(pairs) => Ok(pairs),
            _ => Err(Stop::Fails),
        }
    }
}

/// Whether two values are equal, those of different types never but numbers.
pub(super) fn equal(schema: &Schema, a: &Val<'_>, b: &Val<'_>) -> Outcome<bool> {
    Ok(match (a, b) {
        (Val::Null, Val::Null) => true,
        (Val::List(a), Val::List(b)) => a.len() == b.len() && all_equal(schema, a.iter().zip(b))?,
        (Val::Map(a), Val::Map(b)) => {
            if a.len() != b.len() {
                return Ok(false);
            }
            for (key, value) in a {
                let other = find(schema, b, key)?;
                if !other.map_or(Ok(false), |other| equal(schema, value, other))? {
                    return Ok(false);
                }
            }
            true
        }
        (Val::Type(a), Val::Type(b)) => a == b,
        (Val::Message(a, x), Val::Message(b, y)) => {
            if a != b {
                return Ok(false);
            }
            same_fields(schema, *a, x, y)?
        }
        (Val::Opaque(_), _) | (_, Val::Opaque(_)) => return Err(Stop::Unknown),
        (a, b) => order(a, b).is_ok_and(|order| order == Some(Ordering::Equal)),
    })
}

/// Whether two messages have the same content: what is set to its default counts as unset.
fn same_fields(schema: &Schema, id: MessageId, a: &[(usize, Value)], b: &[(usize, Value)]) -> Outcome<bool> {
    let fields = &schema.messages[id].fields;
    let set = |all: &[(usize, Value)]| -> Vec<usize> {
        (0..fields.len()).filter(|at| super::is_set(schema, all, fields[*at])).collect()
    };
    let places = set(a);
    if places != set(b) {
        return Ok(false);
    }
    for at in places {
        let held =
            |all: &[(usize, Value)]| all.iter().find(|(known, _)| *known == at).map(|(_, v)| v.clone());
        let same = match (held(a), held(b), schema.fields[fields[at]].kind.value()) {
            (
                Some(Value::Message(a)),
                Some(Value::Message(b)),
                ValueType::Message(id) | ValueType::Group(id),
            ) => same_fields(schema, *id, &a, &b)?,
            (a, b, ValueType::Message(_) | ValueType::Group(_)) if a != b => return Err(Stop::Unknown),
            (a, b, _) => a == b,
        };
        if !same {
            return Ok(false);
        }
    }
    Ok(true)
}

fn all_equal<'x, 'v: 'x>(
    schema: &Schema,
    pairs: impl Iterator<Item = (&'x Val<'v>, &'x Val<'v>)>,
) -> Outcome<bool> {
    for (a, b) in pairs {
        if !equal(schema, a, b)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The value of a key.
pub(super) fn find<'m, 'v>(
    schema: &Schema,
    pairs: &'m [(Val<'v>, Val<'v>)],
    key: &Val<'_>,
) -> Outcome<Option<&'m Val<'v>>> {
    for (known, value) in pairs {
        if equal(schema, known, key)? {
            return Ok(Some(value));
        }
    }
    Ok(None)
}

/// The order of two values. `None` if one is NaN, and an error if values of these types have no order.
pub(super) fn order(a: &Val<'_>, b: &Val<'_>) -> Outcome<Option<Ordering>> {
    #[allow(clippy::cast_precision_loss)] // as close as a double comes, which decides all but the largest
    Ok(match (a, b) {
        (Val::Bool(a), Val::Bool(b)) => Some(a.cmp(b)),
        (Val::Int(a), Val::Int(b)) => Some(a.cmp(b)),
        (Val::Uint(a), Val::Uint(b)) => Some(a.cmp(b)),
        (Val::Int(a), Val::Uint(b)) => Some(i128::from(*a).cmp(&i128::from(*b))),
        (Val::Uint(a), Val::Int(b)) => Some(i128::from(*a).cmp(&i128::from(*b))),
        (Val::Double(a), Val::Double(b)) => a.partial_cmp(b),
        (Val::Double(a), Val::Int(b)) => a.partial_cmp(&(*b as f64)),
        (Val::Int(a), Val::Double(b)) => (*a as f64).partial_cmp(b),
        (Val::Double(a), Val::Uint(b)) => a.partial_cmp(&(*b as f64)),
        (Val::Uint(a), Val::Double(b)) => (*a as f64).partial_cmp(b),
        (Val::Str(a), Val::Str(b)) => Some(a.cmp(b)),
        (Val::Bytes(a), Val::Bytes(b)) => Some(a.cmp(b)),
        (Val::Timestamp(a, n), Val::Timestamp(b, m)) | (Val::Duration(a, n), Val::Duration(b, m)) => {
            Some((a, n).cmp(&(b, m)))
        }
        _ => return Err(Stop::Fails),
    })
}
