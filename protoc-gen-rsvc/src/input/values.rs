//! Places inside the value of an option: protobuf's source information ends at the whole statement.

use std::ops::Range;

use prost_reflect::{DescriptorPool, Kind};

use super::lexer::{Token, TokenKind, tokens};

/// A step down into a value: a field, or an extension as `[full.name]`, and which of its values. Without an index,
/// the only one is meant, and where there are several, none is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Step {
    name: String,
    index: Option<usize>,
}

/// The steps from the option at `path[..known]` to the value at `path`; `None` when the path is of no option.
pub(crate) fn steps(pool: &DescriptorPool, path: &[i32], known: usize) -> Option<Vec<Step>> {
    let (options, name) = options_in(path)?;
    let mut message = pool.get_message_by_name(name)?;
    let mut steps = Vec::new();
    let mut at = options + 1;
    while at < path.len() {
        let number = u32::try_from(path[at]).ok()?;
        let (name, kind, many) = match (message.get_field(number), message.get_extension(number)) {
            (Some(field), _) => (field.name().to_owned(), field.kind(), field.is_list()),
            (None, Some(ext)) => (format!("[{}]", ext.full_name()), ext.kind(), ext.is_list()),
            (None, None) => return None,
        };
        let here = at;
        at += 1;
        let mut index = Some(0);
        if many {
            index = path.get(at).and_then(|&index| usize::try_from(index).ok());
            at += 1;
        }
        if here >= known {
            steps.push(Step { name, index });
        }
        match kind {
            Kind::Message(inner) => message = inner,
            _ if at < path.len() => return None,
            _ => {}
        }
    }
    (options + 1 < known).then_some(steps)
}

/// Where in a path the options begin, and the name of their type.
fn options_in(path: &[i32]) -> Option<(usize, &'static str)> {
    #[derive(Clone, Copy)]
    enum Definition {
        File,
        Message,
        Field,
        Oneof,
        Range,
        Enum,
        Value,
        Service,
        Method,
    }
    let mut at = Definition::File;
    let mut index = 0;
    loop {
        let number = *path.get(index)?;
        let options = |name| Some((index, name));
        at = match (at, number) {
            (Definition::File, 8) => return options("google.protobuf.FileOptions"),
            (Definition::Message, 7) => return options("google.protobuf.MessageOptions"),
            (Definition::Field, 8) => return options("google.protobuf.FieldOptions"),
            (Definition::Oneof, 2) => return options("google.protobuf.OneofOptions"),
            (Definition::Range, 3) => return options("google.protobuf.ExtensionRangeOptions"),
            (Definition::Enum, 3) => return options("google.protobuf.EnumOptions"),
            (Definition::Value, 3) => return options("google.protobuf.EnumValueOptions"),
            (Definition::Service, 3) => return options("google.protobuf.ServiceOptions"),
            (Definition::Method, 4) => return options("google.protobuf.MethodOptions"),
            (Definition::File, 4) | (Definition::Message, 3) => Definition::Message,
            (Definition::File, 5) | (Definition::Message, 4) => Definition::Enum,
            (Definition::File, 6) => Definition::Service,
            (Definition::File, 7) | (Definition::Message, 2 | 6) => Definition::Field,
            (Definition::Message, 5) => Definition::Range,
            (Definition::Message, 8) => Definition::Oneof,
            (Definition::Enum, 2) => Definition::Value,
            (Definition::Service, 2) => Definition::Method,
            _ => return None,
        };
        index += 2;
    }
}

/// The bytes of the value behind `steps` in the text of an option: a plain value itself, or the name of a message.
pub(crate) fn find(option: &str, steps: &[Step]) -> Option<Range<usize>> {
    let all = tokens(option);
    let equals = all.iter().position(|token| token.is("="))?;
    let mut inside = block(&all, equals + 1)?;
    let (last, before) = steps.split_last()?;
    for step in before {
        let entry = entry(&all, inside, step)?;
        inside = block(&all, entry.value.start)?;
    }
    let entry = entry(&all, inside, last)?;
    let shown = if opens(all.get(entry.value.start)?) { entry.name } else { entry.value };
    Some(all.get(shown.start)?.start..all.get(shown.end.checked_sub(1)?)?.span().end)
}

/// Token indices of a name and of its value.
#[derive(Clone)]
struct Entry {
    name: Range<usize>,
    value: Range<usize>,
}

fn opens(token: &Token) -> bool {
    token.is("{") || token.is("<")
}

/// What the bracket at `at` encloses.
fn block(all: &[Token], at: usize) -> Option<Range<usize>> {
    let opening = all.get(at)?;
    (opens(opening) || opening.is("[")).then(|| at + 1..close(all, at))
}

/// The index of the bracket that closes the one at `at`.
fn close(all: &[Token], at: usize) -> usize {
    let mut depth = 0_usize;
    for (index, token) in all.iter().enumerate().skip(at) {
        if token.is("{") || token.is("<") || token.is("[") {
            depth += 1;
        } else if token.is("}") || token.is(">") || token.is("]") {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return index;
            }
        }
    }
    all.len()
}

/// The value of a step among the entries in `inside`.
fn entry(all: &[Token], inside: Range<usize>, step: &Step) -> Option<Entry> {
    let found = entries(all, inside, &step.name);
    match step.index {
        Some(index) => found.get(index).cloned(),
        None if found.len() == 1 => found.first().cloned(),
        None => None,
    }
}

/// All entries of a name. Values of a list are entries of their own.
fn entries(all: &[Token], inside: Range<usize>, wanted: &str) -> Vec<Entry> {
    let mut found = Vec::new();
    let mut at = inside.start;
    while at < inside.end {
        let name = if all[at].is("[") { at..close(all, at) + 1 } else { at..at + 1 };
        let value = name.end + usize::from(all.get(name.end).is_some_and(|token| token.is(":")));
        if value >= inside.end {
            break;
        }
        let fits = text(all, &name) == wanted;
        if all[value].is("[") {
            let end = close(all, value);
            let mut element = value + 1;
            while element < end {
                let until = value_end(all, element, end);
                if fits {
                    found.push(Entry { name: name.clone(), value: element..until });
                }
                element = until + usize::from(all.get(until).is_some_and(|token| token.is(",")));
            }
            at = end + 1;
        } else {
            at = value_end(all, value, inside.end);
            if fits {
                found.push(Entry { name, value: value..at });
            }
        }
        while at < inside.end && (all[at].is(",") || all[at].is(";")) {
            at += 1;
        }
    }
    found
}

/// The end of the value at `at`: a block, a sign with its number, strings that belong together, or one token.
fn value_end(all: &[Token], at: usize, limit: usize) -> usize {
    let end = if opens(&all[at]) {
        close(all, at) + 1
    } else if all[at].is("-") {
        at + 2
    } else {
        let strings = all[at..].iter().take_while(|token| token.kind == TokenKind::Text).count();
        at + strings.max(1)
    };
    // Never standing still, and never beyond what encloses it.
    end.min(limit).max(at + 1)
}

fn text(all: &[Token], range: &Range<usize>) -> String {
    all.get(range.clone()).unwrap_or_default().iter().map(|token| token.text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown<'a>(option: &'a str, steps: &[(&str, usize)]) -> Option<&'a str> {
        let steps: Vec<Step> = steps
            .iter()
            .map(|(name, index)| Step { name: (*name).to_owned(), index: Some(*index) })
            .collect();
        find(option, &steps).map(|range| &option[range])
    }

    #[test]
    fn values_are_found_by_their_steps() {
        let option = r#"option (a.b) = {
            get: "/v1" "/x", body: '*' // here
            more { get: "/v2" } more { get: "/v3" n: -5 }
            list: [1, 2, 3] list: 4
            [x.y.z] { deep: true }
            messages: [{ a: 1 }, { a: 2 }];
        };"#;
        assert_eq!(shown(option, &[("get", 0)]), Some("\"/v1\" \"/x\""));
        assert_eq!(shown(option, &[("body", 0)]), Some("'*'"));
        assert_eq!(shown(option, &[("more", 1), ("get", 0)]), Some("\"/v3\""));
        assert_eq!(shown(option, &[("more", 1), ("n", 0)]), Some("-5"));
        assert_eq!(shown(option, &[("more", 1)]), Some("more"));
        assert_eq!(shown(option, &[("list", 2)]), Some("3"));
        assert_eq!(shown(option, &[("list", 3)]), Some("4"));
        assert_eq!(shown(option, &[("[x.y.z]", 0), ("deep", 0)]), Some("true"));
        assert_eq!(shown(option, &[("messages", 1), ("a", 0)]), Some("2"));
        assert_eq!(shown(option, &[("other", 0)]), None);
        assert_eq!(shown(option, &[("body", 1)]), None);
        let any = |name: &str| {
            find(option, &[Step { name: name.to_owned(), index: None }]).map(|range| &option[range])
        };
        assert_eq!((any("get"), any("more")), (Some("\"/v1\" \"/x\""), None));
    }

    #[test]
    fn broken_text_has_no_places() {
        for option in [
            "",
            "option",
            "(x) = {",
            "(x) = { a",
            "(x) = { a:",
            "(x) = { a: [",
            "(x) = 5",
            "(x) = { } }",
            "(x)={[:[",
        ] {
            shown(option, &[("a", 0)]);
            assert_eq!(shown(option, &[("b", 0), ("c", 1)]), None);
        }
    }

    #[test]
    fn options_are_found_in_paths() {
        assert_eq!(options_in(&[4, 0, 2, 1, 8, 50001]), Some((4, "google.protobuf.FieldOptions")));
        assert_eq!(options_in(&[4, 0, 3, 0, 4, 1, 2, 0, 3]), Some((8, "google.protobuf.EnumValueOptions")));
        assert_eq!(options_in(&[6, 0, 2, 0, 4, 72_295_728]), Some((4, "google.protobuf.MethodOptions")));
        assert_eq!(options_in(&[4, 0, 1]), None);
        assert_eq!(options_in(&[9]), None);
    }
}
