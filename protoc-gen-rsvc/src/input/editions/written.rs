//! What the parser of proto3 made of an edition, put right: options `features` and `default`, labels, places.

use std::fmt::Write as _;

use prost::Message as _;
use prost_types::source_code_info::Location;
use prost_types::{SourceCodeInfo, UninterpretedOption};

use super::features::{Edition, FIRST_OF_2024, FeatureSet, NAMES};
use super::rewrite::DEFAULT;
use crate::diag::{Code, Diagnostic};
use crate::input::lexer::{Token, TokenKind, tokens};
use crate::input::locations::place_in;
use crate::input::numbers::NEGATIVE_NAN;
use crate::input::raw::options::{self, UNINTERPRETED};
use crate::input::raw::{self, File, Label, OptionsKind, Type, tag};
use crate::input::suggest;
use crate::sorted::SortedMap;

/// Makes of a parsed file the descriptor that protoc would give, as far as later steps look.
pub(crate) fn restore(file: &mut File, edition: Edition) -> Result<(), Vec<Diagnostic>> {
    file.syntax = Some("editions".to_owned());
    file.edition = Some(edition.number());
    let mut found = Vec::new();
    let info = file.source_code_info.take();
    let name = file.name().to_owned();
    let mut error = |code: Code, path: &[i32], message: String, help: Option<String>| {
        let diagnostic = Diagnostic::error(code, message).at(place_in(&name, info.as_deref(), path));
        found.push(match help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        });
    };
    take_defaults(file, &mut error);
    let mut removed = SortedMap::new();
    raw::each_options(file, &mut |path, kind, options| {
        let mut all = options::uninterpreted(options.as_deref());
        let mut said = FeatureSet::default();
        let mut gone = Vec::new();
        for (index, option) in (0..).zip(&all) {
            let at = [path, &[UNINTERPRETED_PATH, index]].concat();
            match option.name.first() {
                Some(part) if part.name_part == "features" && !part.is_extension => {
                    // Features of other languages are options like any other.
                    let foreign = option.name.get(1).is_some_and(|part| part.is_extension)
                        || option.aggregate_value().contains('[');
                    if !foreign {
                        gone.push(index);
                    }
                    if let Err((code, message, help)) = read(option, edition, kind, &mut said) {
                        error(code, &at, message, help);
                    }
                }
                Some(part) if part.name_part == DEFAULT => {
                    if kind == OptionsKind::Field {
                        gone.push(index);
                    } else {
                        error(
                            Code::UNKNOWN_OPTION,
                            &at,
                            "option `default` is not defined here".to_owned(),
                            None,
                        );
                    }
                }
                Some(part) if part.name_part == "packed" && kind == OptionsKind::Field => {
                    let help = "write `features.repeated_field_encoding = PACKED` or `EXPANDED`";
                    let message = "an edition has no option `packed`".to_owned();
                    error(Code::INVALID_DEFINITION, &at, message, Some(help.to_owned()));
                }
                _ => {}
            }
        }
        if gone.is_empty() {
            return;
        }
        let mut index = 0;
        all.retain(|_| {
            index += 1;
            !gone.contains(&(index - 1))
        });
        let rest =
            options.as_deref().and_then(|bytes| options::without(bytes, UNINTERPRETED)).unwrap_or_default();
        let mut bytes = options::Uninterpreted { uninterpreted_option: all }.encode_to_vec();
        bytes.extend(rest);
        *options = Some(bytes);
        options::add_message_field(options, kind.features(), &said);
        removed.insert(path.to_vec(), gone);
    });
    file.source_code_info = info;
    change_locations(file, |location| renumber(&mut location.path, &removed));
    if found.is_empty() { Ok(()) } else { Err(found) }
}

/// The number of `uninterpreted_option` in a path.
const UNINTERPRETED_PATH: i32 = 999;

fn change_locations(file: &mut File, change: impl FnMut(&mut Location)) {
    let bytes = file.source_code_info.as_deref().unwrap_or_default();
    if let Ok(mut info) = SourceCodeInfo::decode(bytes) {
        info.location.iter_mut().for_each(change);
        file.source_code_info = Some(info.encode_to_vec());
    }
}

/// The path of an option after those before it are gone.
fn renumber(path: &mut Vec<i32>, removed: &SortedMap<Vec<i32>, Vec<i32>>) {
    let Some(at) = path.iter().position(|&number| number == UNINTERPRETED_PATH) else { return };
    let (Some(gone), Some(index)) = (removed.get(&path[..at]), path.get(at + 1).copied()) else { return };
    if gone.contains(&index) {
        // Its place is that of the options as a whole.
        path.truncate(at);
    } else {
        let before = gone.iter().filter(|&&other| other < index).count();
        path[at + 1] = index - i32::try_from(before).unwrap_or(0);
    }
}

type FeatureError = (Code, String, Option<String>);

/// `features.x = Y` or `features = { x: Y }`.
fn read(
    option: &UninterpretedOption,
    edition: Edition,
    kind: OptionsKind,
    said: &mut FeatureSet,
) -> Result<(), FeatureError> {
    match option.name.as_slice() {
        [_] => {
            let Some(text) = &option.aggregate_value else {
                let help = "write `features.field_presence = EXPLICIT` or the like".to_owned();
                return Err((Code::OPTION_TYPE, "`features` takes fields in braces".to_owned(), Some(help)));
            };
            read_message(&tokens(text), edition, kind, said)
        }
        // Features of another language do not concern us.
        [_, part, ..] if part.is_extension => Ok(()),
        [_, part] => set(said, edition, kind, &part.name_part, option.identifier_value()),
        _ => Err((Code::OPTION_TYPE, "a feature has no fields".to_owned(), None)),
    }
}

/// `x: Y` again and again, with `[ext] { … }` of other languages between.
fn read_message(
    mut rest: &[Token],
    edition: Edition,
    kind: OptionsKind,
    said: &mut FeatureSet,
) -> Result<(), FeatureError> {
    loop {
        rest = match rest {
            [] => return Ok(()),
            [name, colon, value, after @ ..] if name.kind == TokenKind::Word && colon.is(":") => {
                set(said, edition, kind, name.text, value.text)?;
                after
            }
            [open, ..] if open.is("[") || open.is("{") || open.is("<") => &rest[group(rest)..],
            [between, after @ ..] if between.is(",") || between.is(";") || between.is(":") => after,
            [other, ..] => {
                let message = format!("`{}` is not understood among features", other.text);
                return Err((Code::OPTION_TYPE, message, None));
            }
        };
    }
}

/// How many tokens the brackets at the start enclose, themselves included.
fn group(tokens: &[Token]) -> usize {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate() {
        match token.text {
            "[" | "{" | "<" => depth += 1,
            "]" | "}" | ">" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return index + 1;
        }
    }
    tokens.len()
}

fn set(
    said: &mut FeatureSet,
    edition: Edition,
    kind: OptionsKind,
    name: &str,
    value: &str,
) -> Result<(), FeatureError> {
    let Some(index) = NAMES.iter().position(|(known, ..)| *known == name) else {
        let near = suggest::closest(name, NAMES.iter().map(|(known, ..)| *known));
        let help = near.map(|near| format!("did you mean `{near}`?"));
        return Err((Code::UNKNOWN_OPTION, format!("`{name}` is not a feature"), help));
    };
    let (_, values, targets) = NAMES[index];
    if !targets.contains(&kind) {
        return Err((Code::INVALID_DEFINITION, format!("the feature `{name}` has no place here"), None));
    }
    if index >= FIRST_OF_2024 && edition < Edition::Year2024 {
        return Err((
            Code::INVALID_DEFINITION,
            format!("the feature `{name}` begins with edition 2024"),
            None,
        ));
    }
    let Some((_, number)) = values.iter().find(|(known, _)| *known == value) else {
        let names: Vec<String> = values.iter().map(|(known, _)| format!("`{known}`")).collect();
        let help = format!("one of {}", names.join(", "));
        return Err((
            Code::OPTION_TYPE,
            format!("`{value}` is not a value of the feature `{name}`"),
            Some(help),
        ));
    };
    if let Some(slot) = said.slot(index) {
        *slot = Some(*number);
    }
    Ok(())
}

/// Fields: what is written as the renamed `default` becomes one, and labels of proto2 are told.
fn take_defaults(file: &mut File, error: &mut impl FnMut(Code, &[i32], String, Option<String>)) {
    each_field(file, &mut |path, field| {
        if field.proto3_optional() {
            let help = "drop it: fields are optional unless `features.field_presence` says otherwise";
            let text = "an edition has no label `optional`".to_owned();
            error(
                Code::INVALID_DEFINITION,
                &[path, &[tag::field::LABEL]].concat(),
                text,
                Some(help.to_owned()),
            );
        }
        let all = options::uninterpreted(field.options.as_deref());
        let Some((index, option)) =
            (0..).zip(&all).find(|(_, o)| o.name.iter().any(|p| p.name_part == DEFAULT))
        else {
            return;
        };
        match default(option, field) {
            Ok(value) => field.default_value = Some(value),
            Err(message) => {
                error(Code::OPTION_TYPE, &[path, &[8, UNINTERPRETED_PATH, index]].concat(), message, None);
            }
        }
    });
}

/// The default in the form of `descriptor.proto`.
fn default(option: &UninterpretedOption, field: &raw::Field) -> Result<String, String> {
    if field.label == Some(Label::Repeated as i32) {
        return Err("a repeated field has no default".to_owned());
    }
    let integer = || {
        let positive = option.positive_int_value.map(|n| n.to_string());
        positive.or_else(|| option.negative_int_value.map(|n| n.to_string()))
    };
    let value = match field.known_type() {
        None | Some(Type::Bool | Type::Enum) => option.identifier_value.clone(),
        Some(Type::Float | Type::Double) => integer()
            .or_else(|| option.double_value.map(|n| n.to_string().to_ascii_lowercase()))
            .or_else(|| match option.identifier_value() {
                word @ ("inf" | "nan") => Some(word.to_owned()),
                NEGATIVE_NAN => Some("-nan".to_owned()),
                _ => None,
            }),
        Some(Type::String) => option.string_value.clone().and_then(|bytes| String::from_utf8(bytes).ok()),
        Some(Type::Bytes) => option.string_value.as_deref().map(escape),
        Some(Type::Message | Type::Group) => None,
        Some(_) => integer(),
    };
    value.ok_or_else(|| "the default does not fit the type of the field".to_owned())
}

/// Bytes with C escapes.
fn escape(bytes: &[u8]) -> String {
    let mut out = String::new();
    for &byte in bytes {
        match byte {
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            b'"' | b'\'' | b'\\' => out.extend(['\\', char::from(byte)]),
            b' '..=b'~' => out.push(char::from(byte)),
            _ => _ = write!(out, "\\{byte:03o}"),
        }
    }
    out
}

type Fields<'f> = dyn FnMut(&[i32], &mut raw::Field) + 'f;

/// Every field and extension with its path.
fn each_field(file: &mut File, show: &mut Fields) {
    for (index, field) in (0..).zip(&mut file.extension) {
        show(&[tag::file::EXTENSION, index], field);
    }
    for (index, message) in (0..).zip(&mut file.message) {
        each_in_message(&[tag::file::MESSAGE, index], message, show);
    }
}

fn each_in_message(path: &[i32], message: &mut raw::Descriptor, show: &mut Fields) {
    for (index, field) in (0..).zip(&mut message.field) {
        show(&[path, &[tag::message::FIELD, index]].concat(), field);
    }
    for (index, field) in (0..).zip(&mut message.extension) {
        show(&[path, &[tag::message::EXTENSION, index]].concat(), field);
    }
    for (index, nested) in (0..).zip(&mut message.nested) {
        each_in_message(&[path, &[tag::message::NESTED, index]].concat(), nested, show);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_escaped() {
        assert_eq!(escape(b"a\"\\\n\x00\xff"), "a\\\"\\\\\\n\\000\\377");
    }

    #[test]
    fn an_option_takes_the_place_of_those_before_it() {
        let removed = [(vec![4, 0, 7], vec![0, 2])].into_iter().collect();
        let renumbered = |path: &[i32]| {
            let mut path = path.to_vec();
            renumber(&mut path, &removed);
            path
        };
        assert_eq!(renumbered(&[4, 0, 7, 999, 1]), [4, 0, 7, 999, 0]);
        assert_eq!(renumbered(&[4, 0, 7, 999, 3]), [4, 0, 7, 999, 1]);
        assert_eq!(renumbered(&[4, 0, 7, 999, 0]), [4, 0, 7]);
        assert_eq!(renumbered(&[4, 1, 7, 999, 3]), [4, 1, 7, 999, 3]);
    }
}
