//! Rules of strings as keywords.

use serde_json::json;
use utoipa::openapi::schema::{AnyOf, Object, SchemaFormat, Type};
use utoipa::openapi::{KnownFormat, Schema};

use super::ecma::{self, ANY, literal};
use super::rules::{REQUIRED, Rules};
use crate::model::TextFormat;
use crate::model::plan::Const;

/// Formats of JSON Schema that say what a rule says. More than one is any of them.
const FORMATS: &[(&str, &[&str])] = &[
    ("email", &["email"]),
    ("hostname", &["hostname"]),
    ("ip", &["ipv4", "ipv6"]),
    ("ipv4", &["ipv4"]),
    ("ipv6", &["ipv6"]),
    ("uri", &["uri"]),
    ("uri_ref", &["uri-reference"]),
    ("address", &["hostname", "ipv4", "ipv6"]),
    ("uuid", &["uuid"]),
];

/// Formats that are a pattern.
const PATTERNS: &[(&str, &str)] = &[
    ("tuuid", "^[0-9a-fA-F]{32}$"),
    ("ulid", "^[0-7][0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{25}$"),
    ("protobuf_fqn", "^[A-Za-z_][0-9A-Za-z_]*(\\.[A-Za-z_][0-9A-Za-z_]*)*$"),
    ("protobuf_dot_fqn", "^\\.[A-Za-z_][0-9A-Za-z_]*(\\.[A-Za-z_][0-9A-Za-z_]*)*$"),
];

/// A string with its rules. The format of `google.api.field_info` counts where no rule says one.
pub(super) fn string(rules: &Rules<'_>, info: Option<TextFormat>) -> Schema {
    let mut object = Object::with_type(Type::String);
    if let Some(values) = rules.allowed() {
        let texts = values.iter().filter_map(|value| match value {
            Const::Str(text) if !rules.refused().contains(value) => Some(json!(text)),
            _ => None,
        });
        object.enum_values = Some(texts.collect());
        rules.say(&["const", "in", "not_in"]);
    }
    lengths(rules, &mut object);
    object.pattern = ecma::all_of(&patterns(rules));
    let formats = FORMATS.iter().find(|(name, _)| rules.is_on(name)).map(|(name, formats)| {
        rules.say(&[name]);
        *formats
    });
    let formats = formats.or_else(|| info.map(of_info)).unwrap_or(&[]);
    match formats {
        [] => object.into(),
        [format] => {
            object.format = Some(known(format));
            object.into()
        }
        formats => {
            let of = |format: &&str| {
                let mut object = object.clone();
                object.format = Some(known(format));
                object.into()
            };
            AnyOf { items: formats.iter().map(of).collect(), ..AnyOf::default() }.into()
        }
    }
}

fn of_info(format: TextFormat) -> &'static [&'static str] {
    match format {
        TextFormat::Uuid4 => &["uuid"],
        TextFormat::Ipv4 => &["ipv4"],
        TextFormat::Ipv6 => &["ipv6"],
        TextFormat::Ipv4OrIpv6 => &["ipv4", "ipv6"],
    }
}

fn known(format: &str) -> SchemaFormat {
    match format {
        "email" => SchemaFormat::KnownFormat(KnownFormat::Email),
        "hostname" => SchemaFormat::KnownFormat(KnownFormat::Hostname),
        "ipv4" => SchemaFormat::KnownFormat(KnownFormat::Ipv4),
        "ipv6" => SchemaFormat::KnownFormat(KnownFormat::Ipv6),
        other => SchemaFormat::Custom(other.to_owned()),
    }
}

/// Lengths are in characters, which are code points here and there.
fn lengths(rules: &Rules<'_>, object: &mut Object) {
    let exact = rules.size("len");
    // A character takes one to four bytes of UTF-8. What that leaves open is said in words.
    let bytes = rules.size("len_bytes");
    let least = [exact, rules.size("min_len"), bytes.or(rules.size("min_bytes")).map(|n| n.div_ceil(4))];
    let most = [exact, rules.size("max_len"), bytes.or(rules.size("max_bytes"))];
    let not_empty = rules.not_zero.then_some(1);
    rules.say_id(REQUIRED);
    object.min_length = least.into_iter().chain([not_empty]).flatten().max().filter(|n| *n > 0);
    object.max_length = most.into_iter().flatten().min();
    rules.say(&["len", "min_len", "max_len"]);
    for name in ["len_bytes", "min_bytes", "max_bytes"] {
        if rules.size(name) == Some(0) || (name == "min_bytes" && rules.size(name) == Some(1)) {
            rules.say(&[name]);
        }
    }
}

/// What a string has to match, each on its own.
fn patterns(rules: &Rules<'_>) -> Vec<String> {
    let mut out = Vec::new();
    let text = |name| match rules.get(name) {
        Some(Const::Str(text)) => Some(text.as_str()),
        _ => None,
    };
    if let Some(pattern) = text("pattern").and_then(ecma::of_re2) {
        out.push(pattern);
        rules.say(&["pattern"]);
    }
    let parts = [
        ("prefix", text("prefix").map(|part| format!("^{}", literal(part)))),
        ("suffix", text("suffix").map(|part| format!("{}$", literal(part)))),
        ("contains", text("contains").map(literal)),
        ("not_contains", text("not_contains").map(|part| format!("^(?!{ANY}*{})", literal(part)))),
    ];
    for (name, pattern) in parts {
        if let Some(pattern) = pattern {
            out.push(pattern);
            rules.say(&[name]);
        }
    }
    for (name, pattern) in PATTERNS {
        if rules.is_on(name) {
            out.push((*pattern).to_owned());
            rules.say(&[name]);
        }
    }
    out.extend(header(rules));
    out
}

/// The names and values of HTTP headers.
fn header(rules: &Rules<'_>) -> Option<String> {
    let strict = rules.get("strict") != Some(&Const::Bool(false));
    let (id, pattern) = match (rules.get("well_known_regex")?, strict) {
        (Const::Int(1), true) => ("header_name", "^:?[0-9A-Za-z!#$%&'*+,\\-.\\^_|~`]+$"),
        (Const::Int(1), false) => ("header_name", "^[^\\x00\\n\\r]+$"),
        (Const::Int(2), true) => ("header_value", "^[^\\x00-\\x08\\n-\\x1f\\x7f]*$"),
        (Const::Int(2), false) => ("header_value", "^[^\\x00\\n\\r]*$"),
        _ => return None,
    };
    rules.say_id(format!("string.well_known_regex.{id}"));
    rules.say(&["strict"]);
    Some(pattern.to_owned())
}
