//! Small things that are right by the language but that prost-build or prost-reflect take otherwise.

use std::collections::HashSet;

use prost::Message as _;
use prost_types::SourceCodeInfo;
use prost_types::source_code_info::Location;

use super::raw::{self, Label, Type, options};
use super::verify::{json_name, walk};
use super::{EditionNotes, numbers};

/// Prepares a file that is otherwise in order.
pub(crate) fn normalize(file: &mut raw::File) {
    if file.syntax.as_deref() == Some("") {
        file.syntax = None;
    }
    let proto3 = file.syntax() == "proto3";
    file.extension.iter_mut().for_each(write_default);
    for message in &mut file.message {
        normalize_message(message, proto3);
    }
    // protoc gives a method with a body some options, even where the body is empty.
    raw::each_options(file, &mut |_, _, options| {
        if options.as_ref().is_some_and(Vec::is_empty) {
            *options = None;
        }
    });
}

/// Gives the pool a file of proto3 as proto2 where prost-reflect would refuse it: fields that differ in case or
/// underscores alone, and closed enums of an edition that do not begin with zero.
pub(crate) fn lower_syntax(file: &mut raw::File, notes: &mut EditionNotes) {
    fn is_refused(message: &raw::Descriptor) -> bool {
        let fold = |field: &raw::Field| field.name().replace('_', "").to_ascii_lowercase();
        let mut folded = HashSet::new();
        !message.field.iter().all(|field| folded.insert(fold(field)))
            || message.enumeration.iter().any(is_odd)
            || message.nested.iter().any(is_refused)
    }
    fn is_odd(enumeration: &raw::Enum) -> bool {
        enumeration.value.first().is_some_and(|value| value.number() != 0)
    }
    fn say_packed(message: &mut raw::Descriptor) {
        for field in &mut message.field {
            if field.label == Some(Label::Repeated as i32)
                && field.is_packable()
                && options::packed(field.options.as_deref()).is_none()
            {
                options::set_packed(&mut field.options, true);
            }
        }
        message.nested.iter_mut().for_each(say_packed);
    }
    if file.syntax() == "proto3"
        && (file.enumeration.iter().any(is_odd) || file.message.iter().any(is_refused))
    {
        notes.proto3.insert(file.name().to_owned());
        file.syntax = Some("proto2".to_owned());
        file.message.iter_mut().for_each(say_packed);
    }
}

fn normalize_message(message: &mut raw::Descriptor, proto3: bool) {
    message.extension.iter_mut().for_each(write_default);
    for field in &mut message.field {
        write_default(field);
        // prost-build takes any options without a word on packing as "not packed".
        if proto3
            && field.options.is_some()
            && field.label == Some(Label::Repeated as i32)
            && field.is_packable()
            && options::packed(field.options.as_deref()).is_none()
        {
            options::set_packed(&mut field.options, true);
        }
    }
    part_json_names(message);
    for nested in &mut message.nested {
        normalize_message(nested, proto3);
    }
}

/// One number has many texts; prost-build copies the text, and the output must not depend on who wrote it.
fn write_default(field: &mut raw::Field) {
    let ty = field.known_type();
    let Some(default) = &mut field.default_value else { return };
    match ty {
        Some(Type::Double) => *default = default.parse().map_or_else(|_| default.clone(), numbers::double),
        Some(Type::Float) => *default = default.parse().map_or_else(|_| default.clone(), numbers::float),
        _ => {}
    }
}

/// Fields may have the same JSON name: by chance in proto2, and where the message says that it keeps such. The later one
/// goes by its own name, or by its number, since prost-reflect takes no two fields of one JSON name.
fn part_json_names(message: &mut raw::Descriptor) {
    let mut taken: HashSet<String> = HashSet::new();
    for field in &mut message.field {
        let json = field.json_name.clone().unwrap_or_else(|| json_name(field.name()));
        if !taken.insert(json) {
            let own = field.name().to_owned();
            let free = if taken.contains(&own) { format!("{own}_{}", field.number()) } else { own };
            taken.insert(free.clone());
            field.json_name = Some(free);
        }
    }
}

/// prost-build looks up the source information of every definition and panics when one has none. Our parser gives
/// it for each; descriptors from elsewhere may not.
pub(crate) fn complete(file: &mut raw::File) {
    let bytes = file.source_code_info.as_deref();
    let Some(mut info) = bytes.and_then(|bytes| SourceCodeInfo::decode(bytes).ok()) else { return };
    let known: HashSet<&[i32]> = info.location.iter().map(|location| location.path.as_slice()).collect();
    let mut missing = Vec::new();
    walk(file, &mut |at, _| {
        if !known.contains(at.path.as_slice()) {
            // Without a span, such a place counts as unknown.
            missing.push(Location { path: at.path.clone(), ..Location::default() });
        }
    });
    if !missing.is_empty() {
        info.location.extend(missing);
        file.source_code_info = Some(info.encode_to_vec());
    }
}
