//! Values of descriptors as constants of a plan.

use prost_reflect::{DynamicMessage, ReflectMessage as _, Value};

use crate::model::WellKnown;
use crate::model::plan::Const;
use crate::sorted;

/// A value of the descriptors as a constant.
pub fn const_value(value: &Value) -> Const {
    match value {
        Value::Bool(b) => Const::Bool(*b),
        Value::I32(n) | Value::EnumNumber(n) => Const::Int((*n).into()),
        Value::I64(n) => Const::Int(*n),
        Value::U32(n) => Const::Uint((*n).into()),
        Value::U64(n) => Const::Uint(*n),
        Value::F32(n) => Const::Double((*n).into()),
        Value::F64(n) => Const::Double(*n),
        Value::String(s) => Const::Str(s.clone()),
        Value::Bytes(b) => Const::Bytes(b.to_vec()),
        Value::Message(m) => const_message(m),
        Value::List(items) => Const::List(items.iter().map(const_value).collect()),
        Value::Map(entries) => {
            let mut out: Vec<_> = entries.iter().collect();
            sorted::sort_by(&mut out, |a, b| format!("{:?}", a.0).cmp(&format!("{:?}", b.0)));
            let entry =
                |(k, v): (&prost_reflect::MapKey, &Value)| (const_value(&k.clone().into()), const_value(v));
            Const::Map(out.into_iter().map(entry).collect())
        }
    }
}

fn const_message(message: &DynamicMessage) -> Const {
    let number = |n: u32| message.get_field_by_number(n).map(std::borrow::Cow::into_owned);
    let parts = || {
        let seconds = number(1).and_then(|v| v.as_i64()).expect("it has `seconds`");
        (seconds, number(2).and_then(|v| v.as_i32()).expect("it has `nanos`"))
    };
    match WellKnown::of(message.descriptor().full_name()) {
        Some(WellKnown::Timestamp) => {
            let (seconds, nanos) = parts();
            Const::Timestamp(seconds, nanos)
        }
        Some(WellKnown::Duration) => {
            let (seconds, nanos) = parts();
            Const::Duration(seconds, nanos)
        }
        Some(wrapper) if wrapper.is_wrapper() => const_value(&number(1).expect("a wrapper has `value`")),
        _ => Const::Message(message.clone()),
    }
}

/// A field or an extension by its number, and whether it is set.
pub(super) fn field_or_extension(message: &DynamicMessage, number: u32) -> Option<(Value, bool)> {
    let descriptor = message.descriptor();
    if let Some(field) = descriptor.get_field(number) {
        return Some((message.get_field(&field).into_owned(), message.has_field(&field)));
    }
    let extension = descriptor.get_extension(number)?;
    Some((message.get_extension(&extension).into_owned(), message.has_extension(&extension)))
}

/// The value of a field or an extension.
pub(super) fn const_field(message: &DynamicMessage, number: u32) -> Const {
    let (value, _) = field_or_extension(message, number).expect("the checker has found the field");
    const_value(&value)
}
