//! What a definition may say about one elsewhere: extensions about the message that they extend, fields about their enum.

use super::Names;
use super::json_names::json_name;
use super::walk::{Cursor, Definition, walk};
use crate::diag::{Code, Place, Sink};
use crate::input::editions::{Edition, Features};
use crate::input::raw::{self, Label, OptionsKind, Type, options, tag};
use crate::sorted::SortedMap;

/// Checks all files, in which types are resolved.
pub(super) fn check(files: &[raw::File], names: &Names, sink: &mut Sink) {
    // Which number of which message is taken, by whom.
    let mut taken: SortedMap<(&str, i32), (String, Place)> = SortedMap::new();
    for file in files {
        walk(file, &mut |at, node| match node {
            Definition::Extension(field) => {
                check_extension(files, names, at, field, sink);
                let key = (field.extendee.as_deref().unwrap_or_default(), field.number());
                let name = at.full_name(field.name());
                let place = || at.place(&[tag::field::NUMBER]);
                if let Some((other, first)) = taken.get(&key) {
                    let extended = key.0.trim_start_matches('.');
                    let text = format!(
                        "number {} of `{extended}` is already taken by the extension `{other}`",
                        key.1
                    );
                    let found = at.error(Code::DUPLICATE_NAME, &[tag::field::NUMBER], text);
                    sink.push(found.note(first.clone(), "first used here"));
                } else {
                    taken.insert(key, (name, place()));
                }
            }
            Definition::Field(field) if file.syntax() == "proto3" && is_closed(files, names, field) => {
                let text = format!(
                    "`{}` is a closed enum, as those of proto2 are: a field of proto3 cannot be of its type",
                    field.type_name().trim_start_matches('.')
                );
                sink.push(at.error(Code::INVALID_DEFINITION, &[tag::field::TYPE_NAME], text));
            }
            _ => {}
        });
    }
}

fn extended<'a>(files: &'a [raw::File], names: &Names, field: &raw::Field) -> Option<&'a raw::Descriptor> {
    let symbol = names.symbols.get(field.extendee().trim_start_matches('.'))?;
    files.get(symbol.file)?.message_at(symbol.path())
}

fn check_extension(files: &[raw::File], names: &Names, at: &Cursor, field: &raw::Field, sink: &mut Sink) {
    let Some(message) = extended(files, names, field) else { return };
    let name = field.extendee().trim_start_matches('.');
    let number = field.number();
    if !message.extension_range.iter().any(|range| (range.start()..range.end()).contains(&number)) {
        let text = format!("`{name}` has no extension of number {number}");
        let ranges =
            message.extension_range.iter().map(|r| format!("{} to {}", r.start(), r.end().saturating_sub(1)));
        let ranges = ranges.collect::<Vec<_>>().join(", ");
        let help =
            if ranges.is_empty() { "it has none at all".to_owned() } else { format!("it has {ranges}") };
        sink.push(at.error(Code::INVALID_DEFINITION, &[tag::field::NUMBER], text).help(help));
    }
    if field.json_name.as_ref().is_some_and(|json| *json != json_name(field.name())) {
        let text = "an extension has no JSON name of its own";
        sink.push(at.error(Code::INVALID_DEFINITION, &[tag::NAME], text));
    }
    let for_options = name.strip_prefix("google.protobuf.").is_some_and(|name| {
        matches!(name, "StreamOptions" | "FeatureSet" | "SourceCodeInfo")
            || OptionsKind::all().any(|kind| kind.message().strip_prefix("google.protobuf.") == Some(name))
    });
    if at.file.syntax() == "proto3" && !for_options {
        let text = format!("in proto3 there are extensions of options only, not of `{name}`");
        sink.push(at.error(Code::INVALID_DEFINITION, &[tag::field::EXTENDEE], text));
    }
    let single = field.label != Some(Label::Repeated as i32) && field.known_type() == Some(Type::Message);
    if options::message_set(message.options.as_deref()) && !single {
        let text = format!("extensions of the message set `{name}` are optional messages");
        sink.push(at.error(Code::INVALID_DEFINITION, &[tag::field::TYPE], text));
    }
}

fn is_closed(files: &[raw::File], names: &Names, field: &raw::Field) -> bool {
    if field.known_type() != Some(Type::Enum) {
        return false;
    }
    let Some(symbol) = names.symbols.get(field.type_name().trim_start_matches('.')) else { return false };
    let Some(file) = files.get(symbol.file) else { return false };
    match Edition::of(file) {
        Some(_) => {
            let own = file.enum_at(symbol.path()).and_then(|found| found.options.as_deref());
            let around = Features::DEFAULT.under(file.options.as_deref(), OptionsKind::File);
            around.under(own, OptionsKind::Enum).closed
        }
        None => file.syntax() != "proto3",
    }
}
