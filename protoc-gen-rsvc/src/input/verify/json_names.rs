//! JSON names of the fields of a message, which have to differ, and names of enum values without their prefix.

use super::walk::Cursor;
use crate::diag::{Code, Diagnostic, Sink};
use crate::input::editions::Features;
use crate::input::raw::{self, OptionsKind, options, tag};
use crate::sorted::SortedMap;

/// `user_id` is `userId` in JSON.
pub(crate) fn json_name(name: &str) -> String {
    let mut upper = false;
    name.chars()
        .filter_map(|c| {
            if c == '_' {
                upper = true;
                return None;
            }
            Some(if std::mem::take(&mut upper) { c.to_ascii_uppercase() } else { c })
        })
        .collect()
}

/// The rule of protoc: names are compared as they would be without any `json_name`, and again with those. Where the file
/// is of proto2, or the best effort of old is asked for, names that nobody chose give a warning.
pub(super) fn check_fields(at: &Cursor, message: &raw::Descriptor, sink: &mut Sink) {
    if options::legacy_json_conflicts(message.options.as_deref()) {
        return;
    }
    let strict = is_strict(at.file, message);
    for with_chosen in [false, true] {
        let mut taken: SortedMap<String, (i32, bool)> = SortedMap::new();
        for (index, field) in (0..).zip(&message.field) {
            let default = json_name(field.name());
            let chosen = field.json_name.as_ref().filter(|json| with_chosen && **json != default);
            let is_chosen = chosen.is_some();
            let json = chosen.cloned().unwrap_or(default);
            let (first, first_chosen) = *taken.or_insert(json.clone(), (index, is_chosen));
            // Two of one name are told as that, and names that nobody chose in the first round.
            let other = usize::try_from(first).map_or("", |first| message.field[first].name());
            if first == index || other == field.name() || (with_chosen && !is_chosen && !first_chosen) {
                continue;
            }
            let text = format!("fields `{other}` and `{}` have the same JSON name `{json}`", field.name());
            let legacy = !(strict || is_chosen && first_chosen);
            let found = if legacy { Diagnostic::warning } else { Diagnostic::error };
            let found = found(Code::DUPLICATE_NAME, text)
                .at(at.place(&[tag::message::FIELD, index, tag::NAME]))
                .note(at.place(&[tag::message::FIELD, first, tag::NAME]), "the other field");
            sink.push(if with_chosen {
                found.help("rename one of them, or give one another `json_name`")
            } else {
                found.help(
                    "rename one of them: a `json_name` alone does not help, since field masks do not use it",
                )
            });
        }
    }
}

fn is_strict(file: &raw::File, message: &raw::Descriptor) -> bool {
    match file.syntax() {
        "editions" => {
            Features::DEFAULT
                .under(file.options.as_deref(), OptionsKind::File)
                .under(message.options.as_deref(), OptionsKind::Message)
                .strict_json
        }
        syntax => syntax == "proto3",
    }
}

/// Values of other numbers that are one name in languages where values stand in their enum, without its name.
pub(super) fn check_values(at: &Cursor, enumeration: &raw::Enum, sink: &mut Sink) {
    let mut taken: SortedMap<String, &raw::EnumValue> = SortedMap::new();
    for (index, value) in (0..).zip(&enumeration.value) {
        let bare = pascal(without_prefix(value.name(), enumeration.name()));
        let first = *taken.or_insert(bare, value);
        if first.name() != value.name() && first.number() != value.number() {
            let text = format!(
                "values `{}` and `{}` have the same name without the name of the enum and letters' case",
                first.name(),
                value.name()
            );
            sink.push(at.error(Code::DUPLICATE_NAME, &[tag::enumeration::VALUE, index, tag::NAME], text));
        }
    }
}

/// The name of a value without that of its enum in front, if anything is left.
fn without_prefix<'a>(value: &'a str, name: &str) -> &'a str {
    let mut rest = value.chars();
    for wanted in name.chars().filter(|c| *c != '_') {
        let next = rest.by_ref().find(|c| *c != '_');
        if next.is_none_or(|next| !next.eq_ignore_ascii_case(&wanted)) {
            return value;
        }
    }
    match rest.as_str().trim_start_matches('_') {
        "" => value,
        rest => rest,
    }
}

fn pascal(name: &str) -> String {
    let mut upper = true;
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '_' => upper = true,
            _ if std::mem::take(&mut upper) => out.push(c.to_ascii_uppercase()),
            _ => out.push(c.to_ascii_lowercase()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_dropped_where_something_is_left() {
        for (value, name, bare) in [
            ("KIND_A", "Kind", "A"),
            ("Kind__b_c", "KIND", "BC"),
            ("KINDRED", "Kind", "Red"),
            ("KIND", "Kind", "Kind"),
            ("KIND_", "Kind", "Kind"),
            ("OTHER", "Kind", "Other"),
            ("K_IND_A", "Ki_nd", "A"),
        ] {
            assert_eq!(pascal(without_prefix(value, name)), bare, "{value} in {name}");
        }
    }
}
