//! Operators and functions on values whose type is known at run time only.
#![allow(clippy::needless_pass_by_value)] // generated code hands its values over, used up or not

use std::cmp::Ordering;

use rsvc_common::text;

use super::{Error, FromValue, Value, number, string, time};

type Result<T> = std::result::Result<T, Error>;

/// `a == b`
pub fn dyn_eq(a: Value<'_>, b: Value<'_>) -> bool {
    a == b
}

fn order(a: &Value<'_>, b: &Value<'_>) -> Result<Option<Ordering>> {
    Ok(match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Str(a), Value::Str(b)) => Some(a.cmp(b)),
        (Value::Bytes(a), Value::Bytes(b)) => Some(a.cmp(b)),
        (Value::Timestamp(a), Value::Timestamp(b)) => Some(a.cmp(b)),
        (Value::Duration(a), Value::Duration(b)) => Some(a.cmp(b)),
        (a, b) => match (a.number(), b.number()) {
            (Some(a), Some(b)) => a.order(b),
            _ => return Err(Error::NO_OVERLOAD),
        },
    })
}

macro_rules! comparisons {
    ($($(#[$doc:meta])* $name:ident $test:expr;)*) => {
        $($(#[$doc])*
        pub fn $name(a: Value<'_>, b: Value<'_>) -> Result<bool> {
            Ok(order(&a, &b)?.is_some_and($test))
        })*
    };
}

comparisons! {
    /// `a < b`
    dyn_lt Ordering::is_lt;
    /// `a <= b`
    dyn_le Ordering::is_le;
    /// `a > b`
    dyn_gt Ordering::is_gt;
    /// `a >= b`
    dyn_ge Ordering::is_ge;
}

/// `a + b`
pub fn dyn_add<'a>(a: Value<'a>, b: Value<'a>) -> Result<Value<'a>> {
    Ok(match (a, b) {
        (Value::Int(a), Value::Int(b)) => number::add_int(a, b)?.into(),
        (Value::Uint(a), Value::Uint(b)) => number::add_uint(a, b)?.into(),
        (Value::Double(a), Value::Double(b)) => (a + b).into(),
        (Value::Str(a), Value::Str(b)) => string::concat(&a, &b).into(),
        (Value::Bytes(a), Value::Bytes(b)) => string::concat_bytes(&a, &b).into(),
        (Value::List(mut a), Value::List(b)) => {
            a.extend(b);
            Value::List(a)
        }
        (Value::Timestamp(t), Value::Duration(d)) | (Value::Duration(d), Value::Timestamp(t)) => {
            time::add_timestamp(t, d)?.into()
        }
        (Value::Duration(a), Value::Duration(b)) => time::add_duration(a, b)?.into(),
        _ => return Err(Error::NO_OVERLOAD),
    })
}

/// `a - b`
pub fn dyn_sub<'a>(a: Value<'a>, b: Value<'a>) -> Result<Value<'a>> {
    Ok(match (a, b) {
        (Value::Int(a), Value::Int(b)) => number::sub_int(a, b)?.into(),
        (Value::Uint(a), Value::Uint(b)) => number::sub_uint(a, b)?.into(),
        (Value::Double(a), Value::Double(b)) => (a - b).into(),
        (Value::Timestamp(t), Value::Duration(d)) => time::sub_timestamp(t, d)?.into(),
        (Value::Timestamp(a), Value::Timestamp(b)) => time::timestamp_difference(a, b)?.into(),
        (Value::Duration(a), Value::Duration(b)) => time::sub_duration(a, b)?.into(),
        _ => return Err(Error::NO_OVERLOAD),
    })
}

/// `a * b`
pub fn dyn_mul<'a>(a: Value<'a>, b: Value<'a>) -> Result<Value<'a>> {
    Ok(match (a, b) {
        (Value::Int(a), Value::Int(b)) => number::mul_int(a, b)?.into(),
        (Value::Uint(a), Value::Uint(b)) => number::mul_uint(a, b)?.into(),
        (Value::Double(a), Value::Double(b)) => (a * b).into(),
        _ => return Err(Error::NO_OVERLOAD),
    })
}

/// `a / b`
pub fn dyn_div<'a>(a: Value<'a>, b: Value<'a>) -> Result<Value<'a>> {
    Ok(match (a, b) {
        (Value::Int(a), Value::Int(b)) => number::div_int(a, b)?.into(),
        (Value::Uint(a), Value::Uint(b)) => number::div_uint(a, b)?.into(),
        (Value::Double(a), Value::Double(b)) => (a / b).into(),
        _ => return Err(Error::NO_OVERLOAD),
    })
}

/// `a % b`
pub fn dyn_rem<'a>(a: Value<'a>, b: Value<'a>) -> Result<Value<'a>> {
    Ok(match (a, b) {
        (Value::Int(a), Value::Int(b)) => number::rem_int(a, b)?.into(),
        (Value::Uint(a), Value::Uint(b)) => number::rem_uint(a, b)?.into(),
        _ => return Err(Error::NO_OVERLOAD),
    })
}

/// `-a`
pub fn dyn_neg(a: Value<'_>) -> Result<Value<'_>> {
    match a {
        Value::Int(n) => number::neg_int(n).map(Into::into),
        Value::Double(d) => Ok((-d).into()),
        _ => Err(Error::NO_OVERLOAD),
    }
}

/// `a in b`
pub fn dyn_in(a: Value<'_>, b: Value<'_>) -> Result<bool> {
    match b {
        Value::List(items) => Ok(items.contains(&a)),
        Value::Map(entries) => Ok(entries.iter().any(|(k, _)| *k == a)),
        _ => Err(Error::NO_OVERLOAD),
    }
}

/// `a[key]`
pub fn dyn_index<'a>(a: Value<'a>, key: Value<'a>) -> Result<Value<'a>> {
    match a {
        Value::List(mut items) => {
            let at = usize::try_from(to_index(key)?).map_err(|_| Error::INDEX)?;
            if at < items.len() { Ok(items.swap_remove(at)) } else { Err(Error::INDEX) }
        }
        Value::Map(entries) => {
            entries.into_iter().find(|(k, _)| *k == key).map(|(_, v)| v).ok_or(Error::NO_SUCH_KEY)
        }
        _ => Err(Error::NO_OVERLOAD),
    }
}

/// An index out of any number that is whole.
pub fn to_index(key: Value<'_>) -> Result<i64> {
    key.number().map_or(Err(Error::NO_OVERLOAD), |n| number::key_int(n).map_err(|_| Error::INDEX))
}

/// What a comprehension runs over: items of a list, keys of a map.
pub fn dyn_items(a: Value<'_>) -> Result<Vec<Value<'_>>> {
    match a {
        Value::List(items) => Ok(items),
        Value::Map(entries) => Ok(entries.into_iter().map(|(k, _)| k).collect()),
        _ => Err(Error::NO_OVERLOAD),
    }
}

/// The items of a list.
pub fn dyn_list(a: Value<'_>) -> Result<Vec<Value<'_>>> {
    match a {
        Value::List(items) => Ok(items),
        _ => Err(Error::NO_OVERLOAD),
    }
}

/// The entries of a map.
pub fn dyn_map(a: Value<'_>) -> Result<Vec<(Value<'_>, Value<'_>)>> {
    match a {
        Value::Map(entries) => Ok(entries),
        _ => Err(Error::NO_OVERLOAD),
    }
}

/// What a comprehension with two variables runs over: the entries of a map, indices and items of a list.
pub fn dyn_entries(a: Value<'_>) -> Result<Vec<(Value<'_>, Value<'_>)>> {
    match a {
        Value::List(items) => Ok((0..).map(Value::Int).zip(items).collect()),
        other => dyn_map(other),
    }
}

/// Items of a new message's field, of which null is none.
pub fn without_nulls(mut items: Vec<Value<'_>>) -> Vec<Value<'_>> {
    items.retain(|item| !item.is_null());
    items
}

/// Entries of a new message's field, of which null is none.
pub fn entries_without_nulls(a: Value<'_>) -> Result<Vec<(Value<'_>, Value<'_>)>> {
    let mut entries = dyn_map(a)?;
    entries.retain(|(_, value)| !value.is_null());
    Ok(entries)
}

/// A map out of entries, whose keys must be of the types of keys, and differ.
pub fn distinct_keys<'a>(entries: Vec<(Value<'a>, Value<'a>)>) -> Result<Value<'a>> {
    let is_key = |(key, _): &(Value<'_>, _)| {
        matches!(key, Value::Bool(_) | Value::Int(_) | Value::Uint(_) | Value::Str(_))
    };
    if !entries.iter().all(is_key) {
        return Err(Error::NO_OVERLOAD);
    }
    if !super::list::unique_dyn(entries.iter().map(|(key, _)| key.clone())) {
        return Err(Error::new("a key is in the map twice"));
    }
    Ok(Value::Map(entries))
}

/// `a.size()`
pub fn dyn_size(a: Value<'_>) -> Result<i64> {
    Ok(match a {
        Value::Str(s) => string::size(&s),
        Value::Bytes(b) => string::size_bytes(&b),
        Value::List(items) => string::length(items.len()),
        Value::Map(entries) => string::length(entries.len()),
        _ => return Err(Error::NO_OVERLOAD),
    })
}

/// `type(a)`
pub fn dyn_type(a: Value<'_>) -> &'static str {
    match a {
        Value::Null => "null_type",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int",
        Value::Uint(_) => "uint",
        Value::Double(_) => "double",
        Value::Str(_) => "string",
        Value::Bytes(_) => "bytes",
        Value::Timestamp(_) => "google.protobuf.Timestamp",
        Value::Duration(_) => "google.protobuf.Duration",
        Value::List(_) => "list",
        Value::Map(_) => "map",
        Value::Type(_) => "type",
        Value::Message(message) => message.name(),
    }
}

/// `int(a)`
pub fn dyn_to_int(a: Value<'_>) -> Result<i64> {
    match a {
        Value::Int(n) => Ok(n),
        Value::Uint(n) => number::int_from_uint(n),
        Value::Double(d) => number::int_from_double(d),
        Value::Str(s) => number::int_from_str(&s),
        Value::Timestamp(t) => Ok(time::int_from_timestamp(t)),
        Value::Duration(d) => time::int_from_duration(d),
        _ => Err(Error::NO_OVERLOAD),
    }
}

/// `uint(a)`
pub fn dyn_to_uint(a: Value<'_>) -> Result<u64> {
    match a {
        Value::Uint(n) => Ok(n),
        Value::Int(n) => number::uint_from_int(n),
        Value::Double(d) => number::uint_from_double(d),
        Value::Str(s) => number::uint_from_str(&s),
        _ => Err(Error::NO_OVERLOAD),
    }
}

/// `double(a)`
pub fn dyn_to_double(a: Value<'_>) -> Result<f64> {
    match a {
        Value::Double(d) => Ok(d),
        Value::Int(n) => Ok(number::double_from_int(n)),
        Value::Uint(n) => Ok(number::double_from_uint(n)),
        Value::Str(s) => number::double_from_str(&s),
        _ => Err(Error::NO_OVERLOAD),
    }
}

/// `string(a)`
pub fn dyn_to_str(a: Value<'_>) -> Result<String> {
    Ok(match a {
        Value::Str(s) => s.into_owned(),
        Value::Bool(b) => string::str_from_bool(b),
        Value::Int(n) => string::str_from_int(n),
        Value::Uint(n) => string::str_from_uint(n),
        Value::Double(d) => text::double_short(d),
        Value::Bytes(b) => string::str_from_bytes(&b)?.to_owned(),
        Value::Timestamp(t) => time::str_from_timestamp(t),
        Value::Duration(d) => time::str_from_duration(d),
        _ => return Err(Error::NO_OVERLOAD),
    })
}

/// `bool(a)`
pub fn dyn_to_bool(a: Value<'_>) -> Result<bool> {
    match a {
        Value::Bool(b) => Ok(b),
        Value::Str(s) => number::bool_from_str(&s),
        _ => Err(Error::NO_OVERLOAD),
    }
}

/// `a.join(separator)`
pub fn dyn_join(a: Value<'_>, separator: &str) -> Result<String> {
    let items = dyn_items(a)?.into_iter().map(String::from_value).collect::<Result<Vec<_>>>()?;
    Ok(string::join(items.iter(), separator))
}

/// `a.unique()`
pub fn dyn_unique(a: Value<'_>) -> Result<bool> {
    match a {
        Value::List(items) => Ok(super::list::unique_dyn(items.into_iter())),
        _ => Err(Error::NO_OVERLOAD),
    }
}

/// `math.greatest(a, b)`
pub fn dyn_greatest<'a>(a: Value<'a>, b: Value<'a>) -> Result<Value<'a>> {
    Ok(if numeric(&b, &a)? == Some(Ordering::Greater) { b } else { a })
}

/// `math.least(a, b)`
pub fn dyn_least<'a>(a: Value<'a>, b: Value<'a>) -> Result<Value<'a>> {
    Ok(if numeric(&b, &a)? == Some(Ordering::Less) { b } else { a })
}

fn numeric(a: &Value<'_>, b: &Value<'_>) -> Result<Option<Ordering>> {
    match (a.number(), b.number()) {
        (Some(a), Some(b)) => Ok(a.order(b)),
        _ => Err(Error::NO_OVERLOAD),
    }
}

/// `math.greatest(list)`
pub fn dyn_greatest_of<'a>(mut items: impl Iterator<Item = Value<'a>>) -> Result<Value<'a>> {
    let first = items.next().ok_or(Error::NO_OVERLOAD)?;
    items.try_fold(first, dyn_greatest)
}

/// `math.least(list)`
pub fn dyn_least_of<'a>(mut items: impl Iterator<Item = Value<'a>>) -> Result<Value<'a>> {
    let first = items.next().ok_or(Error::NO_OVERLOAD)?;
    items.try_fold(first, dyn_least)
}

/// The result of a rule: bool, or a text that is empty when all is well.
pub fn outcome(a: Value<'_>) -> Result<String> {
    match a {
        Value::Bool(true) => Ok(String::new()),
        Value::Bool(false) => Ok("the rule is not met".to_owned()),
        Value::Str(s) => Ok(s.into_owned()),
        _ => Err(Error::NO_OVERLOAD),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Two = fn(Value<'static>, Value<'static>) -> Result<Value<'static>>;

    fn seconds(n: i64) -> time::Duration {
        time::make_duration(n, 0).unwrap()
    }

    fn at(n: i64) -> time::Timestamp {
        time::make_timestamp(n, 0).unwrap()
    }

    fn bytes(text: &str) -> Value<'static> {
        text.as_bytes().to_vec().into()
    }

    fn list(items: &[i64]) -> Value<'static> {
        Value::List(items.iter().map(|item| Value::Int(*item)).collect())
    }

    #[test]
    fn operators_are_there_for_each_type_and_mix_none() {
        let cases: [(&str, Two, Value<'static>, Value<'static>, Value<'static>); 23] = [
            ("+", dyn_add, 7_i64.into(), 2_i64.into(), 9_i64.into()),
            ("+", dyn_add, 7_u64.into(), 2_u64.into(), 9_u64.into()),
            ("+", dyn_add, 7.5.into(), 2.0.into(), 9.5.into()),
            ("+", dyn_add, "a".to_owned().into(), "b".to_owned().into(), "ab".to_owned().into()),
            ("+", dyn_add, bytes("a"), bytes("b"), bytes("ab")),
            ("+", dyn_add, list(&[1]), list(&[2]), list(&[1, 2])),
            ("+", dyn_add, at(7).into(), seconds(2).into(), at(9).into()),
            ("+", dyn_add, seconds(2).into(), at(7).into(), at(9).into()),
            ("+", dyn_add, seconds(7).into(), seconds(2).into(), seconds(9).into()),
            ("-", dyn_sub, 7_i64.into(), 2_i64.into(), 5_i64.into()),
            ("-", dyn_sub, 7_u64.into(), 2_u64.into(), 5_u64.into()),
            ("-", dyn_sub, 7.5.into(), 2.0.into(), 5.5.into()),
            ("-", dyn_sub, at(7).into(), seconds(2).into(), at(5).into()),
            ("-", dyn_sub, at(7).into(), at(2).into(), seconds(5).into()),
            ("-", dyn_sub, seconds(7).into(), seconds(2).into(), seconds(5).into()),
            ("*", dyn_mul, 7_i64.into(), 2_i64.into(), 14_i64.into()),
            ("*", dyn_mul, 7_u64.into(), 2_u64.into(), 14_u64.into()),
            ("*", dyn_mul, 7.5.into(), 2.0.into(), 15.0.into()),
            ("/", dyn_div, 7_i64.into(), 2_i64.into(), 3_i64.into()),
            ("/", dyn_div, 7_u64.into(), 2_u64.into(), 3_u64.into()),
            ("/", dyn_div, 7.5.into(), 2.0.into(), 3.75.into()),
            ("%", dyn_rem, 7_i64.into(), 2_i64.into(), 1_i64.into()),
            ("%", dyn_rem, 7_u64.into(), 2_u64.into(), 1_u64.into()),
        ];
        for (sign, operator, a, b, expected) in cases {
            let name = format!("{a:?} {sign} {b:?}");
            let found = operator(a.clone(), b).unwrap();
            // A number equals others of its value: the type counts as well.
            assert_eq!((dyn_type(found.clone()), &found), (dyn_type(expected.clone()), &expected), "{name}");
            assert_eq!(operator(a, Value::Null), Err(Error::NO_OVERLOAD), "{name}");
        }
        assert_eq!(dyn_neg(7_i64.into()), Ok((-7_i64).into()));
        assert_eq!(dyn_neg(7.5.into()), Ok((-7.5).into()));
        assert_eq!(dyn_neg(7_u64.into()), Err(Error::NO_OVERLOAD));
    }

    #[test]
    fn conversions_take_what_they_can() {
        let text = |text: &str| Value::from(text.to_owned());
        for (value, int) in [
            (Value::Int(7), 7),
            (Value::Uint(8), 8),
            (Value::Double(9.5), 9),
            (text("10"), 10),
            (at(11).into(), 11),
        ] {
            assert_eq!(dyn_to_int(value.clone()), Ok(int), "{value:?}");
        }
        for (value, uint) in
            [(Value::Uint(7), 7), (Value::Int(8), 8), (Value::Double(9.5), 9), (text("10"), 10)]
        {
            assert_eq!(dyn_to_uint(value.clone()), Ok(uint), "{value:?}");
        }
        for (value, double) in
            [(Value::Double(7.5), 7.5), (Value::Int(-8), -8.0), (Value::Uint(9), 9.0), (text("1.5"), 1.5)]
        {
            assert_eq!(dyn_to_double(value.clone()), Ok(double), "{value:?}");
        }
        for (value, bool) in [
            (Value::Bool(true), true),
            (Value::Bool(false), false),
            (text("true"), true),
            (text("false"), false),
        ] {
            assert_eq!(dyn_to_bool(value.clone()), Ok(bool), "{value:?}");
        }
        for (value, expected) in [
            (text("a"), "a"),
            (Value::Bool(true), "true"),
            (Value::Int(-7), "-7"),
            (Value::Uint(8), "8"),
            (Value::Double(1.5), "1.5"),
            (bytes("b"), "b"),
            (at(0).into(), "1970-01-01T00:00:00Z"),
            (seconds(2).into(), "2s"),
        ] {
            assert_eq!(dyn_to_str(value.clone()).as_deref(), Ok(expected), "{value:?}");
        }
        assert_eq!(dyn_to_int(Value::Null), Err(Error::NO_OVERLOAD));
        assert_eq!(dyn_to_uint(Value::Null), Err(Error::NO_OVERLOAD));
        assert_eq!(dyn_to_double(Value::Null), Err(Error::NO_OVERLOAD));
        assert_eq!(dyn_to_bool(Value::Null), Err(Error::NO_OVERLOAD));
        assert_eq!(dyn_to_str(Value::Null), Err(Error::NO_OVERLOAD));
    }

    #[test]
    fn entries_with_null_are_none_of_a_message() {
        let map = Value::Map(vec![(Value::Int(1), Value::Null), (Value::Int(2), Value::Int(3))]);
        assert_eq!(entries_without_nulls(map), Ok(vec![(Value::Int(2), Value::Int(3))]));
        assert_eq!(entries_without_nulls(list(&[1])), Err(Error::NO_OVERLOAD));
        assert_eq!(without_nulls(vec![Value::Null, Value::Int(1)]), [Value::Int(1)]);
    }

    #[test]
    fn values_are_equal_to_their_own_kind() {
        let values = [
            Value::Null,
            Value::Bool(true),
            Value::Bool(false),
            Value::Int(1),
            Value::Double(1.5),
            "a".to_owned().into(),
            "b".to_owned().into(),
            bytes("a"),
            bytes("b"),
            at(1).into(),
            at(2).into(),
            seconds(1).into(),
            seconds(2).into(),
            Value::Type("int"),
            Value::Type("uint"),
            list(&[1]),
            list(&[2]),
            Value::Map(vec![(Value::Int(1), Value::Int(2))]),
            Value::Map(vec![(Value::Int(1), Value::Int(3))]),
            Value::Map(vec![(Value::Int(2), Value::Int(2))]),
            Value::Map(vec![]),
        ];
        for (at, one) in values.iter().enumerate() {
            for (beside, other) in values.iter().enumerate() {
                assert_eq!(dyn_eq(one.clone(), other.clone()), at == beside, "{one:?} == {other:?}");
            }
        }
        assert!(dyn_eq(Value::Int(1), Value::Uint(1)) && dyn_eq(Value::Uint(1), Value::Double(1.0)));
    }

    #[test]
    fn an_error_has_a_text() {
        assert_eq!(Error::INDEX.to_string(), "index out of range");
    }
}
