//! The standard rules in words.

use rsvc_common::text;

use super::range::{Bound, Range};
use super::{Rule, code, list};
use crate::model::plan::Const;
use crate::model::rules::{Declared, Part};
use crate::model::{EnumId, Schema};

/// How many values are listed before the others are only counted.
const LISTED: usize = 50;

/// The phrases of a part's rules, in the order of their numbers.
pub(super) fn phrases(rules: &[Declared], part: Part, of: Option<EnumId>, schema: &Schema) -> Vec<Rule> {
    let mut out = Vec::new();
    let mut range = Range::of(rules, part);
    for rule in rules.iter().filter(|rule| rule.part == part) {
        let (id, text) = match rule.name.as_str() {
            "lt" | "lte" | "gt" | "gte" => {
                let Some(range) = range.take() else { continue };
                let text = range_text(&range, rule.family);
                (range.id, Some(text))
            }
            "well_known_regex" => well_known_regex(&rule.value),
            name => (name.to_owned(), phrase(rule, rules, of, schema)),
        };
        if let Some(text) = text {
            out.push(Rule::new(format!("{}.{id}", rule.family), text));
        }
    }
    out
}

fn phrase(rule: &Declared, rules: &[Declared], of: Option<EnumId>, schema: &Schema) -> Option<String> {
    let value = &rule.value;
    let shown = || match of {
        Some(of) => enum_name(of, value, schema),
        None => show(value),
    };
    let all = |and: &str| match (value, of) {
        (Const::List(values), Some(of)) => list(values.iter().map(|value| enum_name(of, value, schema)), and),
        (Const::List(values), None) if values.len() > LISTED => {
            let first = values.iter().take(LISTED).map(show).collect::<Vec<_>>().join(", ");
            format!("{first} {and} {} others", values.len() - LISTED)
        }
        (Const::List(values), None) => list(values.iter().map(show), and),
        _ => shown(),
    };
    match (rule.family, rule.name.as_str()) {
        ("field_mask", _) => return field_mask(rule),
        ("any", "in") => return Some(format!("its type is {}", all("or"))),
        ("any", "not_in") => return Some(format!("its type is not {}", all("or"))),
        (_, "const") => return Some(format!("exactly {}", shown())),
        (_, "in") => {
            let one = matches!(value, Const::List(values) if values.len() == 1);
            return Some(if one {
                format!("exactly {}", all("or"))
            } else {
                format!("one of {}", all("and"))
            });
        }
        (_, "not_in") => return Some(format!("not {}", all("or"))),
        ("float" | "double", "finite") => return is_on(value, "finite"),
        ("enum", "defined_only") => return is_on(value, "one of the values of its type"),
        ("repeated", "unique") => return is_on(value, "no two items are equal"),
        _ => {}
    }
    if let Const::Uint(n) = value {
        return size(rule.family, &rule.name, *n);
    }
    match rule.family {
        "string" => string(rule, rules),
        "bytes" => bytes(rule),
        "timestamp" => timestamp(rule),
        _ => None,
    }
}

/// The phrase of a rule that is switched on.
fn is_on(value: &Const, text: &str) -> Option<String> {
    (*value == Const::Bool(true)).then(|| text.to_owned())
}

fn size(family: &str, name: &str, n: u64) -> Option<String> {
    let (how, what) = match name {
        "len" => ("exactly", if family == "bytes" { "byte" } else { "character" }),
        "min_len" => ("at least", if family == "bytes" { "byte" } else { "character" }),
        "max_len" => ("at most", if family == "bytes" { "byte" } else { "character" }),
        "len_bytes" => ("exactly", "byte"),
        "min_bytes" => ("at least", "byte"),
        "max_bytes" => ("at most", "byte"),
        "min_items" => ("at least", "item"),
        "max_items" => ("at most", "item"),
        "min_pairs" => ("at least", "entry"),
        "max_pairs" => ("at most", "entry"),
        _ => return None,
    };
    let what = match (what, n) {
        (what, 1) => what.to_owned(),
        ("entry", _) => "entries".to_owned(),
        (what, _) => format!("{what}s"),
    };
    let encoded = if name.ends_with("_bytes") { " in UTF-8" } else { "" };
    Some(format!("{how} {n} {what}{encoded}"))
}

fn string(rule: &Declared, rules: &[Declared]) -> Option<String> {
    let shown = show(&rule.value);
    Some(match rule.name.as_str() {
        "pattern" => format!("matches {shown}"),
        "prefix" => format!("begins with {shown}"),
        "suffix" => format!("ends with {shown}"),
        "contains" => format!("contains {shown}"),
        "not_contains" => format!("does not contain {shown}"),
        "strict" => {
            let loose = rule.value == Const::Bool(false)
                && rules.iter().any(|other| other.part == rule.part && other.name == "well_known_regex");
            return loose.then(|| "of the header only NUL, CR and LF are refused".to_owned());
        }
        name => return is_on(&rule.value, format_of(name)?),
    })
}

/// What a string is by a rule of its format.
fn format_of(name: &str) -> Option<&'static str> {
    Some(match name {
        "email" => "an email address",
        "hostname" => "a host name",
        "ip" => "an IP address",
        "ipv4" => "an IPv4 address",
        "ipv6" => "an IPv6 address",
        "uri" => "a URI",
        "uri_ref" => "a URI or a relative reference",
        "address" => "a host name or an IP address",
        "uuid" => "a UUID",
        "tuuid" => "a UUID without hyphens",
        "ulid" => "a ULID",
        "ip_with_prefixlen" => "an IP address with the length of its prefix",
        "ipv4_with_prefixlen" => "an IPv4 address with the length of its prefix",
        "ipv6_with_prefixlen" => "an IPv6 address with the length of its prefix",
        "ip_prefix" => "an IP prefix: an address with the length of its prefix and no bit set after that",
        "ipv4_prefix" => "an IPv4 prefix: an address with the length of its prefix and no bit set after that",
        "ipv6_prefix" => "an IPv6 prefix: an address with the length of its prefix and no bit set after that",
        "host_and_port" => "a host name or an IP address, and a port",
        "protobuf_fqn" => "the full name of a protobuf definition",
        "protobuf_dot_fqn" => "the full name of a protobuf definition, after a dot",
        _ => return None,
    })
}

fn well_known_regex(value: &Const) -> (String, Option<String>) {
    let (id, text) = match value {
        Const::Int(1) => ("well_known_regex.header_name", "the name of an HTTP header"),
        Const::Int(2) => ("well_known_regex.header_value", "the value of an HTTP header"),
        _ => return (String::new(), None),
    };
    (id.to_owned(), Some(text.to_owned()))
}

fn bytes(rule: &Declared) -> Option<String> {
    let shown = show(&rule.value);
    Some(match rule.name.as_str() {
        "pattern" => format!("as UTF-8, matches {shown}"),
        "prefix" => format!("begins with {shown}"),
        "suffix" => format!("ends with {shown}"),
        "contains" => format!("contains {shown}"),
        "ip" => return is_on(&rule.value, "an IP address: 4 or 16 bytes"),
        "ipv4" => return is_on(&rule.value, "an IPv4 address: 4 bytes"),
        "ipv6" => return is_on(&rule.value, "an IPv6 address: 16 bytes"),
        "uuid" => return is_on(&rule.value, "a UUID: 16 bytes"),
        _ => return None,
    })
}

fn timestamp(rule: &Declared) -> Option<String> {
    match rule.name.as_str() {
        "lt_now" => is_on(&rule.value, "in the past"),
        "gt_now" => is_on(&rule.value, "in the future"),
        "within" => Some(format!("within {} of now", show(&rule.value))),
        _ => None,
    }
}

fn field_mask(rule: &Declared) -> Option<String> {
    let (paths, text): (_, fn(String) -> String) = match (rule.name.as_str(), &rule.value) {
        ("const", Const::Message(mask)) => {
            let paths = mask.get_field_by_name("paths")?;
            let paths = paths.as_list()?.iter().filter_map(|path| path.as_str().map(str::to_owned)).collect();
            (paths, |paths| format!("exactly the paths {paths}"))
        }
        ("in", Const::List(paths)) => (texts(paths), |paths| format!("only paths in {paths}")),
        ("not_in", Const::List(paths)) => (texts(paths), |paths| format!("no paths in {paths}")),
        _ => return None,
    };
    Some(text(list(paths.iter().map(|path| code(path)), "and")))
}

fn texts(values: &[Const]) -> Vec<String> {
    let text = |value: &Const| match value {
        Const::Str(text) => Some(text.clone()),
        _ => None,
    };
    values.iter().filter_map(text).collect()
}

fn range_text(range: &Range<'_>, family: &str) -> String {
    let timely = family == "timestamp";
    let lower = |bound: &Bound<'_>| {
        let how = match (timely, bound.included) {
            (false, true) => "at least",
            (false, false) => "greater than",
            (true, true) => "not before",
            (true, false) => "after",
        };
        format!("{how} {}", show(bound.value))
    };
    let upper = |bound: &Bound<'_>| {
        let how = match (timely, bound.included) {
            (false, true) => "at most",
            (false, false) => "less than",
            (true, true) => "not after",
            (true, false) => "before",
        };
        format!("{how} {}", show(bound.value))
    };
    match (&range.lower, &range.upper) {
        (Some(low), Some(high)) if range.outside => format!("{} or {}", upper(high), lower(low)),
        (Some(low), Some(high)) => format!("{} and {}", lower(low), upper(high)),
        (Some(low), None) => lower(low),
        (None, Some(high)) => upper(high),
        (None, None) => String::new(),
    }
}

/// A value of an enum by its name.
fn enum_name(id: EnumId, value: &Const, schema: &Schema) -> String {
    let Const::Int(number) = value else { return show(value) };
    let named = schema.enums[id].values.iter().find(|value| i64::from(value.number) == *number);
    named.map_or_else(|| number.to_string(), |value| code(&value.name))
}

/// A value as somebody reads it: texts as code.
pub(super) fn show(value: &Const) -> String {
    match value {
        Const::Null => "null".into(),
        Const::Bool(b) => b.to_string(),
        Const::Int(n) => n.to_string(),
        Const::Uint(n) => n.to_string(),
        Const::Double(d) => text::double(*d),
        Const::Str(s) if s.is_empty() => "the empty text".into(),
        Const::Str(s) | Const::Type(s) => code(s),
        Const::Bytes(b) if b.is_empty() => "no bytes".into(),
        Const::Bytes(b) => format!("0x{}", text::hex(b)),
        Const::Timestamp(seconds, nanos) => text::timestamp(*seconds, *nanos),
        Const::Duration(seconds, nanos) => text::duration(*seconds, *nanos),
        Const::List(items) => items.iter().map(show).collect::<Vec<_>>().join(", "),
        Const::Map(_) | Const::Message(_) => "a value".into(),
    }
}
