//! Reading custom options, which arrive as dynamic messages.

use std::time::Duration;

use prost_reflect::{DescriptorPool, DynamicMessage, ReflectMessage as _, Value};

use crate::model::Access;

/// The message-typed extension `name` of `options`, if it is set.
pub(super) fn extension(
    pool: &DescriptorPool,
    options: &DynamicMessage,
    name: &str,
) -> Option<DynamicMessage> {
    let extension = pool.get_extension_by_name(name)?;
    if !options.has_extension(&extension) {
        return None;
    }
    options.get_extension(&extension).as_message().cloned()
}

/// The numbers of the extension `name` of `options`, which is a list of an enum.
pub(super) fn numbers(pool: &DescriptorPool, options: &DynamicMessage, name: &str) -> Vec<i32> {
    let Some(extension) = pool.get_extension_by_name(name) else { return Vec::new() };
    let value = options.get_extension(&extension);
    value.as_list().unwrap_or(&[]).iter().filter_map(Value::as_enum_number).collect()
}

/// A field of `message` that is set.
pub(super) fn field(message: &DynamicMessage, name: &str) -> Option<Value> {
    let field = message.descriptor().get_field_by_name(name)?;
    message.has_field(&field).then(|| message.get_field(&field).into_owned())
}

/// A message field that is set.
pub(super) fn message(from: &DynamicMessage, name: &str) -> Option<DynamicMessage> {
    field(from, name)?.as_message().cloned()
}

/// A repeated string field.
pub(super) fn strings(from: &DynamicMessage, name: &str) -> Vec<String> {
    let list = field(from, name);
    let list = list.as_ref().and_then(Value::as_list).unwrap_or(&[]);
    list.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect()
}

/// A `google.protobuf.Duration` field: `None` when unset, an error when it is not positive or too large.
pub(super) fn duration(from: &DynamicMessage, name: &str) -> Option<Result<Duration, &'static str>> {
    let message = message(from, name)?;
    let seconds = field(&message, "seconds").and_then(|v| v.as_i64()).unwrap_or(0);
    let nanos = field(&message, "nanos").and_then(|v| v.as_i32()).unwrap_or(0);
    Some(match (u64::try_from(seconds), u32::try_from(nanos)) {
        (Ok(seconds), Ok(nanos)) if nanos >= 1_000_000_000 || seconds > 315_576_000_000 => {
            Err("it is out of the range of google.protobuf.Duration")
        }
        (Ok(0), Ok(0)) => Err("it is zero"),
        (Ok(seconds), Ok(nanos)) => Ok(Duration::new(seconds, nanos)),
        _ => Err("it is negative"),
    })
}

/// `rsvc.v1.Access` with its condition; an error when the message is there but says nothing.
pub(super) fn access(
    from: &DynamicMessage,
    name: &str,
) -> Option<Result<(Access, Option<String>), &'static str>> {
    let message = message(from, name)?;
    let condition = field(&message, "cel").and_then(|value| value.as_str().map(str::to_owned));
    let access = if field(&message, "public").is_some() {
        match condition {
            None => Ok(Access::Public),
            Some(_) => Err("anyone may call what is `public`, so it has no condition (`cel`)"),
        }
    } else if field(&message, "authenticated").is_some() {
        Ok(Access::Authenticated)
    } else if let Some(scopes) = self::message(&message, "scopes") {
        let (all_of, any_of) = (strings(&scopes, "all_of"), strings(&scopes, "any_of"));
        if all_of.is_empty() && any_of.is_empty() {
            Err("it names no scope")
        } else {
            Ok(Access::Scopes { all_of, any_of })
        }
    } else if condition.is_some() {
        Ok(Access::Authenticated)
    } else {
        Err("it says nothing")
    };
    Some(access.map(|access| (access, condition)))
}
