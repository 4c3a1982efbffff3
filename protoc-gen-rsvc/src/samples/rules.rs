//! The standard rules of a field, for the solver.

use rsvc_common::sample::{Bound, Format, Now, Rules, Sizes, Value};

use super::literals::{self, value};
use crate::model::plan::Const;
use crate::model::rules::{Part, RulePlace, ValueRules};
use crate::model::{FieldId, Schema};

/// The rules of a part of a field: what is declared, and what its further checks mention.
pub(super) fn of(schema: &Schema, field: FieldId, part: Part, tested: Option<&ValueRules>) -> Rules {
    let mut out = Rules::default();
    for rule in schema.rules.declared(field).iter().filter(|rule| rule.part == part) {
        add(schema, &mut out, rule.family, &rule.name, &rule.value);
    }
    if let Some(tested) = tested {
        out.skip_zero = tested.skip_zero;
        for check in tested.checks.iter().chain(&tested.sizes).filter(|c| c.place != RulePlace::Standard) {
            out.literals.extend(literals::of(check.test.plan()));
        }
    }
    out
}

fn add(schema: &Schema, out: &mut Rules, family: &str, name: &str, constant: &Const) {
    let is_on = *constant != Const::Bool(false);
    let size = match constant {
        Const::Uint(n) => *n,
        _ => 0,
    };
    let exactly = Sizes { min: size, max: size };
    match (family, name) {
        ("any", "in" | "not_in") => any(schema, out, name == "in", constant),
        ("field_mask", _) => mask(out, name, constant),
        (_, "const") => out.constant = value(constant),
        (_, "in") => out.among = values(constant),
        (_, "not_in") => out.not = values(constant),
        (_, "example") => out.examples = values(constant),
        (_, "gt" | "gte") => out.lower = bound(constant, name == "gte"),
        (_, "lt" | "lte") => out.upper = bound(constant, name == "lte"),
        ("string" | "bytes", "len") => out.length = exactly,
        ("string" | "bytes", "min_len") => out.length.min = size,
        ("string" | "bytes", "max_len") => out.length.max = size,
        ("string", "len_bytes") => out.bytes = exactly,
        ("string", "min_bytes") => out.bytes.min = size,
        ("string", "max_bytes") => out.bytes.max = size,
        ("repeated", "min_items") | ("map", "min_pairs") => out.items.min = size,
        ("repeated", "max_items") | ("map", "max_pairs") => out.items.max = size,
        ("repeated", "unique") => out.unique = is_on,
        ("enum", "defined_only") | ("float" | "double", "finite") => out.defined = is_on,
        ("string" | "bytes", "pattern") => {
            if let Const::Str(pattern) = constant {
                out.pattern = Some(pattern.clone());
            }
        }
        (_, "prefix") => out.prefix = value(constant),
        (_, "suffix") => out.suffix = value(constant),
        (_, "contains") => out.contains = value(constant),
        (_, "not_contains") => out.lacks = value(constant),
        ("timestamp", "lt_now") if is_on => out.now.push(Now::Past),
        ("timestamp", "gt_now") if is_on => out.now.push(Now::Future),
        ("timestamp", "within") => {
            if let Const::Duration(seconds, _) = constant {
                out.now.push(Now::Within(*seconds));
            }
        }
        ("string", "well_known_regex") => {
            out.format = match constant {
                Const::Int(1) => Some(Format::HeaderName),
                Const::Int(2) => Some(Format::HeaderValue),
                _ => None,
            };
        }
        ("string" | "bytes", format) if is_on => {
            if let Some(format) = Format::of(format) {
                out.format = Some(format);
            }
        }
        _ => {}
    }
}

/// What may be in an `Any` where the rules leave it open.
const USUAL: [&str; 2] =
    ["type.googleapis.com/google.protobuf.Duration", "type.googleapis.com/google.protobuf.Timestamp"];

/// The types of `Any` that may be in it, each as an empty message; of those that are not known here nothing can be made.
fn any(schema: &Schema, out: &mut Rules, is_in: bool, urls: &Const) {
    let urls = values(urls);
    let urls: Vec<&str> = urls
        .iter()
        .filter_map(|url| if let Value::Text(url) = url { Some(url.as_str()) } else { None })
        .collect();
    let usual: Vec<&str> = USUAL.into_iter().filter(|url| !urls.contains(url)).collect();
    let allowed = if is_in { urls } else { usual };
    let json = |url: &str| {
        let name = url.rsplit_once('/')?.1;
        match name {
            "google.protobuf.Duration" => Some(format!("{{\"@type\":\"{url}\",\"value\":\"90s\"}}")),
            "google.protobuf.Timestamp" => {
                Some(format!("{{\"@type\":\"{url}\",\"value\":\"2026-01-15T09:30:00Z\"}}"))
            }
            _ => {
                let known = schema.messages.iter().find(|(_, message)| message.full_name == name)?.1;
                known.well_known.is_none().then(|| format!("{{\"@type\":\"{url}\"}}"))
            }
        }
    };
    out.among = allowed.into_iter().filter_map(json).map(Value::Json).collect();
    if out.among.is_empty() {
        // Nothing fits, and the solver has to know.
        out.among.push(Value::Bool(false));
        out.not.push(Value::Bool(false));
    }
}

fn mask(out: &mut Rules, name: &str, constant: &Const) {
    match (name, constant) {
        ("const", Const::Message(mask)) => {
            let paths = mask.get_field_by_name("paths");
            out.constant = paths.map(|paths| Value::List(values(&crate::cel::constant::const_value(&paths))));
        }
        ("in", _) => out.among = values(constant).into_iter().map(|path| Value::List(vec![path])).collect(),
        ("not_in", _) => out.not = values(constant).into_iter().map(|path| Value::List(vec![path])).collect(),
        _ => {}
    }
}

fn bound(constant: &Const, inclusive: bool) -> Option<Bound> {
    Some(Bound { value: value(constant)?, inclusive })
}

/// The items of a list, or the one value.
fn values(constant: &Const) -> Vec<Value> {
    match constant {
        Const::List(items) => items.iter().filter_map(value).collect(),
        one => value(one).into_iter().collect(),
    }
}
