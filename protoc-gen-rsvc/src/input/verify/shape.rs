//! Each definition for itself: names, numbers and indices that mean something.
//!
//! The parser leaves little of this to be wrong in a text. A descriptor set or a plugin request may hold anything.

use super::walk::{Cursor, Definition, walk};
use super::{fields, json_names, ranges};
use crate::diag::{Code, Diagnostic, Place, Sink};
use crate::input::editions::Edition;
use crate::input::lexer::tokens;
use crate::input::locations::{Places, place_in};
use crate::input::order;
use crate::input::raw::{self, options, tag};
use crate::sorted::{SortedMap, SortedSet};

/// How deep messages may nest: as deep as the parser of texts takes them.
const MAX_MESSAGES: usize = 31;
/// How many parts the name of an option may have, and levels the braces of its value, together.
const MAX_OPTION: usize = 64;
/// How many parts the name of a package may have: each is a module of Rust inside the one before.
const MAX_PACKAGE: usize = 64;
/// How long the name of a package may be, as in protoc.
const MAX_PACKAGE_NAME: usize = 511;

/// Checks a file without looking at others.
pub(super) fn check(file: &raw::File, sink: &mut Sink) {
    check_file(file, sink);
    let at = Cursor { file, scope: String::new(), path: Vec::new(), places: Places::default() };
    check_options(&at, file.options.as_deref(), sink);
    let mut members = OneofMembers::default();
    walk(file, &mut |at, node| {
        if !is_identifier(node.name()) {
            let what = node.what();
            let message =
                format!("the {what} in `{}` has no valid name: `{}`", at.scope, node.name().escape_debug());
            sink.push(at.error(Code::BAD_DESCRIPTOR, &[tag::NAME], message));
        }
        check_options(at, node.options(), sink);
        match node {
            Definition::Message { message, parent } => check_message(at, message, parent, sink),
            Definition::Enum(enumeration) => check_enum(at, enumeration, sink),
            Definition::Extension(field) => fields::check_extension(at, field, sink),
            Definition::Oneof { oneof, message, index } => {
                check_oneof(at, oneof, members.of(message, index), sink);
            }
            Definition::Field(_) | Definition::Value(_) | Definition::Service(_) | Definition::Method(_) => {}
        }
    });
}

/// A letter or `_`, then letters, digits and `_`.
pub(super) fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn check_file(file: &raw::File, sink: &mut Sink) {
    let tell = |sink: &mut Sink, code: Code, message: String| {
        sink.push(Diagnostic::error(code, message).at(Place::file(file.name())));
    };
    match file.syntax.as_deref() {
        None | Some("" | "proto2" | "proto3") => {}
        Some("editions") if Edition::of(file).is_some() => {}
        Some("editions") => {
            tell(sink, Code::UNKNOWN_EDITION, format!("edition number {} is not known", file.edition()));
        }
        Some(other) => tell(sink, Code::BAD_DESCRIPTOR, format!("unknown syntax `{}`", other.escape_debug())),
    }
    if !file.package().is_empty() && !file.package().split('.').all(is_identifier) {
        tell(
            sink,
            Code::BAD_DESCRIPTOR,
            format!("`{}` is not a name for a package", file.package().escape_debug()),
        );
    }
    let imports = file.dependency.len();
    let mut seen = SortedMap::new();
    for (index, import) in file.dependency.iter().enumerate() {
        let first = *seen.or_insert(import, index);
        if first != index {
            let place = |index| order::import_place(file, file.name(), index);
            let found = Diagnostic::error(Code::DUPLICATE_NAME, format!("`{import}` is imported twice"));
            sink.push(found.at(place(index)).note(place(first), "first here").help("drop one of the two"));
        }
    }
    for index in file.public_dependency.iter().chain(&file.weak_dependency) {
        if !usize::try_from(*index).is_ok_and(|i| i < imports) {
            tell(
                sink,
                Code::BAD_DESCRIPTOR,
                format!("import number {index} of {imports} is marked public or weak"),
            );
        }
    }
    if file.package().len() > MAX_PACKAGE_NAME {
        let place = place_in(file.name(), file.source_code_info.as_deref(), &[tag::file::PACKAGE]);
        let message = format!("the name of the package has more than {MAX_PACKAGE_NAME} letters");
        sink.push(Diagnostic::error(Code::LIMIT, message).at(place));
    }
    if file.package().split('.').count() > MAX_PACKAGE {
        let place = place_in(file.name(), file.source_code_info.as_deref(), &[tag::file::PACKAGE]);
        let message = format!("the name of the package has more than {MAX_PACKAGE} parts");
        sink.push(Diagnostic::error(Code::LIMIT, message).at(place));
    }
}

fn check_options(at: &Cursor, bytes: Option<&[u8]>, sink: &mut Sink) {
    for option in options::uninterpreted(bytes) {
        if option.name.is_empty() {
            sink.push(at.error(Code::BAD_DESCRIPTOR, &[], "an option without a name"));
        }
        let parts = option.name.len();
        if parts > MAX_OPTION || parts + depth(option.aggregate_value()) > MAX_OPTION {
            let message = format!("an option nests more than {MAX_OPTION} levels deep, its name included");
            sink.push(at.error(Code::LIMIT, &[], message).help("nest less, or split the option"));
        }
    }
}

/// How deep the braces in the value of an option nest. Those in strings are text.
fn depth(value: &str) -> usize {
    let open = value.bytes().filter(|b| matches!(b, b'{' | b'<' | b'[')).count();
    if open < MAX_OPTION / 2 {
        return open;
    }
    let (mut now, mut most) = (0_usize, 0);
    for token in tokens(value) {
        if token.is("{") || token.is("<") || token.is("[") {
            now += 1;
            most = most.max(now);
        } else if token.is("}") || token.is(">") || token.is("]") {
            now = now.saturating_sub(1);
        }
    }
    most
}

fn check_message(at: &Cursor, message: &raw::Descriptor, parent: Option<&raw::Descriptor>, sink: &mut Sink) {
    if options::is_map_entry(message) {
        check_map_entry(at, message, parent, sink);
    }
    ranges::check_message(at, message, sink);
    if at.file.syntax() == "proto3" && !message.extension_range.is_empty() {
        let text = "proto3 has no extensions of messages";
        let found = at.error(Code::INVALID_DEFINITION, &[tag::message::EXTENSION_RANGE, 0], text);
        sink.push(found.help("use a field of type `google.protobuf.Any`"));
    }
    if options::message_set(message.options.as_deref()) {
        if at.file.syntax() == "proto3" {
            sink.push(at.error(Code::INVALID_DEFINITION, &[tag::NAME], "proto3 has no message sets"));
        }
        if !message.field.is_empty() {
            let text = "a message set has extensions, and no fields";
            sink.push(at.error(Code::INVALID_DEFINITION, &[tag::message::FIELD, 0], text));
        }
    }
    fields::check_all(at, message, sink);
    // Once, at the first that is too deep.
    if at.path.len() / 2 == MAX_MESSAGES + 1 {
        let message = format!("messages nest more than {MAX_MESSAGES} levels deep");
        sink.push(at.error(Code::LIMIT, &[tag::NAME], message));
    }
}

/// prost-build and prost-reflect both take a map entry at its word: it has to be exactly what protoc makes.
fn check_map_entry(at: &Cursor, entry: &raw::Descriptor, parent: Option<&raw::Descriptor>, sink: &mut Sink) {
    use raw::{Label, Type};
    let plain = |field: &raw::Field, name: &str, number: i32| {
        field.name() == name
            && field.number() == number
            && field.label == Some(Label::Optional as i32)
            && field.oneof_index.is_none()
            && !field.proto3_optional()
    };
    let key_type = |ty: Type| {
        !matches!(ty, Type::Double | Type::Float | Type::Bytes | Type::Group | Type::Message | Type::Enum)
    };
    let right = match entry.field.as_slice() {
        [key, value] => {
            plain(key, "key", 1)
                && key.type_name.is_none()
                && key.known_type().is_some_and(key_type)
                && plain(value, "value", 2)
                && value.r#type != Some(Type::Group as i32)
        }
        _ => false,
    };
    let bare = entry.nested.is_empty()
        && entry.enumeration.is_empty()
        && entry.extension.is_empty()
        && entry.oneof.is_empty()
        && entry.extension_range.is_empty();
    let last = |name: &str| name.rsplit('.').next().is_some_and(|last| last == entry.name());
    let uses = parent.map_or(0, |parent| parent.field.iter().filter(|f| last(f.type_name())).count());
    if !right || !bare || uses != 1 {
        let message = format!("`{}` is not the entry of a map field", at.full_name(entry.name()));
        sink.push(
            at.error(Code::BAD_DESCRIPTOR, &[], message)
                .help("write `map<key, value>` instead of `option map_entry`"),
        );
    }
}

/// How many fields each oneof of a message has, and how many of those are optional: counted once a message, which may have
/// a oneof for each of its fields.
#[derive(Default)]
struct OneofMembers<'a> {
    message: Option<&'a raw::Descriptor>,
    counts: Vec<(usize, usize)>,
}

impl<'a> OneofMembers<'a> {
    fn of(&mut self, message: &'a raw::Descriptor, index: usize) -> (usize, usize) {
        if self.message.is_none_or(|known| !std::ptr::eq(known, message)) {
            self.message = Some(message);
            self.counts = vec![(0, 0); message.oneof.len()];
            for field in &message.field {
                let oneof = field.oneof_index.and_then(|index| usize::try_from(index).ok());
                if let Some(count) = oneof.and_then(|index| self.counts.get_mut(index)) {
                    count.0 += 1;
                    count.1 += usize::from(field.proto3_optional());
                }
            }
        }
        self.counts[index]
    }
}

fn check_oneof(at: &Cursor, oneof: &raw::Oneof, members: (usize, usize), sink: &mut Sink) {
    match members {
        (0, _) => {
            let message = format!("oneof `{}` has no field", at.full_name(oneof.name()));
            sink.push(at.error(Code::INVALID_DEFINITION, &[tag::NAME], message));
        }
        (_, 0) | (1, 1) => {}
        _ => {
            let message =
                format!("oneof `{}` is made for one optional field but has more", at.full_name(oneof.name()));
            sink.push(at.error(Code::BAD_DESCRIPTOR, &[tag::NAME], message));
        }
    }
}

fn check_enum(at: &Cursor, enumeration: &raw::Enum, sink: &mut Sink) {
    let name = at.full_name(enumeration.name());
    let Some(first) = enumeration.value.first() else {
        let message = format!("enum `{name}` has no value");
        sink.push(at.error(Code::INVALID_DEFINITION, &[tag::NAME], message));
        return;
    };
    if at.file.syntax() == "proto3" && first.number() != 0 {
        let message = format!("the first value of enum `{name}` must be zero in proto3");
        let part = [tag::enumeration::VALUE, 0, tag::enumeration::NUMBER];
        sink.push(at.error(Code::INVALID_DEFINITION, &part, message).help("begin with `…_UNSPECIFIED = 0;`"));
    }
    json_names::check_values(at, enumeration, sink);
    ranges::check_enum(at, enumeration, sink);
    let alias = options::allow_alias(enumeration.options.as_deref());
    let mut numbers = SortedMap::new();
    let distinct: SortedSet<i32> = enumeration.value.iter().map(raw::EnumValue::number).collect();
    if alias && distinct.len() == enumeration.value.len() {
        let message = format!("enum `{name}` allows aliases and has none");
        sink.push(at.error(Code::INVALID_DEFINITION, &[tag::NAME], message).help("drop `allow_alias`"));
    }
    for (index, value) in (0..).zip(&enumeration.value) {
        let part = |end| [tag::enumeration::VALUE, index, end];
        let first = *numbers.or_insert(value.number(), index);
        if first != index && !alias {
            let message = format!("value {} of enum `{name}` is used twice", value.number());
            let first = [tag::enumeration::VALUE, first, tag::enumeration::NUMBER];
            sink.push(
                at.error(Code::DUPLICATE_NAME, &part(tag::enumeration::NUMBER), message)
                    .note(at.place(&first), "first used here")
                    .help("give it a number of its own, or set `option allow_alias = true;`"),
            );
        }
        let taken = |r: &raw::NumberRange| (r.start()..=r.end()).contains(&value.number());
        if enumeration.reserved_range.iter().any(taken) {
            let message = format!("number {} is reserved in enum `{name}`", value.number());
            sink.push(at.error(Code::INVALID_DEFINITION, &part(tag::enumeration::NUMBER), message));
        }
        if enumeration.reserved_name.iter().any(|reserved| reserved == value.name()) {
            let message = format!("the name `{}` is reserved in enum `{name}`", value.name());
            sink.push(at.error(Code::INVALID_DEFINITION, &part(tag::NAME), message));
        }
    }
}
