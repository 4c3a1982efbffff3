//! The fields of a message: numbers, JSON names, labels, defaults.

use super::walk::{Cursor, join};
use super::{defaults, json_names};
use crate::diag::{Code, Sink};
use crate::input::raw::{self, Label, Type, tag};
use crate::sorted::SortedMap;

const MAX_NUMBER: i32 = 536_870_911;

/// Checks the fields of a message against each other and against its ranges.
pub(super) fn check_all(at: &Cursor, message: &raw::Descriptor, sink: &mut Sink) {
    let mut numbers: SortedMap<i32, i32> = SortedMap::new();
    for (index, field) in (0..).zip(&message.field) {
        let part = |end| [tag::message::FIELD, index, end];
        let earlier = |i: i32| usize::try_from(i).map_or("", |i| message.field[i].name());
        check_one(at, &[tag::message::FIELD, index], &at.full_name(message.name()), field, sink);
        check_membership(at, &[tag::message::FIELD, index], field, message, sink);
        check_ranges(at, index, field, message, sink);
        let first = *numbers.or_insert(field.number(), index);
        if first != index {
            let text = format!("number {} is already taken by field `{}`", field.number(), earlier(first));
            let place = at.place(&[tag::message::FIELD, first, tag::field::NUMBER]);
            sink.push(
                at.error(Code::DUPLICATE_NAME, &part(tag::field::NUMBER), text)
                    .note(place, "first used here")
                    .help(format!("the next free number is {}", next_free(message))),
            );
        }
    }
    json_names::check_fields(at, message, sink);
}

/// Checks an extension field.
pub(super) fn check_extension(at: &Cursor, field: &raw::Field, sink: &mut Sink) {
    check_one(at, &[], &at.scope, field, sink);
    if field.extendee().is_empty()
        || field.oneof_index.is_some()
        || field.label == Some(Label::Required as i32)
    {
        let text = format!(
            "extension `{}` extends nothing, is required or stands in a oneof",
            at.full_name(field.name())
        );
        sink.push(at.error(Code::BAD_DESCRIPTOR, &[tag::NAME], text));
    }
}

fn check_one(at: &Cursor, path: &[i32], scope: &str, field: &raw::Field, sink: &mut Sink) {
    let part = |end| [path, &[end]].concat();
    let name = || join(scope, field.name());
    let number = field.number();
    if !(1..=MAX_NUMBER).contains(&number) || (19_000..20_000).contains(&number) {
        let text = format!("field `{}` cannot have the number {number}", name());
        sink.push(
            at.error(Code::INVALID_DEFINITION, &part(tag::field::NUMBER), text)
                .help("numbers go from 1 to 536870911, without 19000 to 19999"),
        );
    }
    let label = field.label.map(Label::try_from);
    let ty = field.r#type.map(Type::try_from);
    let named = |ty: Type| matches!(ty, Type::Message | Type::Group | Type::Enum);
    let fits = match ty {
        Some(Ok(ty)) => named(ty) != field.type_name().is_empty(),
        Some(Err(_)) => false,
        None => !field.type_name().is_empty(),
    };
    if !fits || matches!(label, Some(Err(_))) {
        let text = format!("field `{}` has no valid type or label", name());
        sink.push(at.error(Code::BAD_DESCRIPTOR, &part(tag::field::TYPE), text));
    }
    let json = field.json_name();
    if json.contains('\0') || (json.starts_with('[') && json.ends_with(']')) {
        let text = format!("field `{}` has a JSON name with a zero byte or in brackets", name());
        sink.push(at.error(Code::INVALID_DEFINITION, &part(tag::NAME), text));
    }
    if let Some(text) = defaults::wrong(field) {
        let text = format!("field `{}`: {text}", name());
        sink.push(at.error(Code::OPTION_TYPE, &part(tag::field::DEFAULT), text));
    }
}

fn check_membership(
    at: &Cursor,
    path: &[i32],
    field: &raw::Field,
    message: &raw::Descriptor,
    sink: &mut Sink,
) {
    let inside = field.oneof_index.map(|i| usize::try_from(i).is_ok_and(|i| i < message.oneof.len()));
    let single = field.label != Some(Label::Repeated as i32) && field.label != Some(Label::Required as i32);
    let right = match inside {
        None => !field.proto3_optional(),
        Some(inside) => inside && single,
    };
    if !right || field.extendee.is_some() {
        let text = format!(
            "field `{}` does not fit its oneof or its label",
            at.full_name(message.name()) + "." + field.name()
        );
        sink.push(at.error(Code::BAD_DESCRIPTOR, &[path, &[tag::NAME]].concat(), text));
    }
}

fn check_ranges(at: &Cursor, index: i32, field: &raw::Field, message: &raw::Descriptor, sink: &mut Sink) {
    let part = |end| [tag::message::FIELD, index, end];
    let number = field.number();
    let holds = |start: i32, end: i32| (start..end).contains(&number);
    let reserved = message.reserved_range.iter().position(|r| holds(r.start(), r.end()));
    let extension = message.extension_range.iter().position(|r| holds(r.start(), r.end()));
    let found = [
        (reserved, tag::message::RESERVED_RANGE, "is reserved"),
        (extension, tag::message::EXTENSION_RANGE, "is kept for extensions"),
    ];
    for (range, kind, why) in found {
        if let Some(range) = range.and_then(|i| i32::try_from(i).ok()) {
            let text = format!(
                "number {number} of field `{}` {why} in `{}`",
                field.name(),
                at.full_name(message.name())
            );
            sink.push(
                at.error(Code::INVALID_DEFINITION, &part(tag::field::NUMBER), text)
                    .note(at.place(&[kind, range]), "by this range")
                    .help(format!("the next free number is {}", next_free(message))),
            );
        }
    }
    if let Some(i) = message.reserved_name.iter().position(|reserved| reserved == field.name()) {
        let text = format!("the name `{}` is reserved in `{}`", field.name(), at.full_name(message.name()));
        let note = at.place(&[tag::message::RESERVED_NAME, i32::try_from(i).unwrap_or(i32::MAX)]);
        sink.push(at.error(Code::INVALID_DEFINITION, &part(tag::NAME), text).note(note, "reserved here"));
    }
}

/// The number after the highest one in use, by fields or ranges.
fn next_free(message: &raw::Descriptor) -> i32 {
    let fields = message.field.iter().map(raw::Field::number);
    let reserved = message.reserved_range.iter().map(|r| r.end().saturating_sub(1));
    let extensions = message.extension_range.iter().map(|r| r.end().saturating_sub(1));
    let usable = |n: &i32| (1..MAX_NUMBER).contains(n) && !(19_000..20_000).contains(n);
    let highest = fields.chain(reserved).chain(extensions).filter(usable).max();
    match highest.unwrap_or(0) + 1 {
        19_000..20_000 => 20_000,
        free => free,
    }
}
