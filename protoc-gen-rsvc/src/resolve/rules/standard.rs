//! The standard rules: each as a plan and a text, without their CEL.
#![allow(clippy::needless_pass_by_value)] // one signature for every family

use std::cmp::Ordering;

use prost_reflect::{DynamicMessage, FieldDescriptor, ReflectMessage as _, Value};

use crate::cel::lower::const_value;
use crate::cel::native as build;
use crate::cel::plan::{Const, Op, Own, Plan, Repr, Store};
use crate::cel::{re2, text};
use crate::model::{Schema, WellKnown};

/// A rule before it is given its path: the id behind the family, the text, and when it is violated.
pub(super) struct Rule {
    pub(super) id: String,
    pub(super) message: String,
    pub(super) fails: Plan,
    pub(super) now: bool,
}

impl Rule {
    fn new(id: impl Into<String>, message: impl Into<String>, fails: Plan) -> Self {
        Self { id: id.into(), message: message.into(), fails, now: false }
    }
}

/// What a rule reads.
pub(super) struct Subject<'a> {
    pub(super) schema: &'a Schema,
    /// The field of `FieldRules`: `string`, `int32`, …
    pub(super) family: &'a str,
    pub(super) rules: &'a DynamicMessage,
    pub(super) store: &'a Store,
}

/// Why a rule is none.
pub(super) enum Problem {
    /// Its value makes no sense.
    Value(String),
    /// It is not in this table.
    Unknown,
}

/// The rules behind one field of the rule message.
pub(super) fn rules(
    subject: &Subject<'_>,
    field: &FieldDescriptor,
    value: &Value,
) -> Result<Vec<Rule>, Problem> {
    let this = || build::this(subject.store);
    let value = const_value(value);
    let name = field.name();
    if name == "example" || (subject.family == "string" && name == "strict") {
        return Ok(Vec::new());
    }
    match (subject.family, name) {
        ("enum", "defined_only") | ("any", "in" | "not_in") | ("field_mask", _) => {}
        (_, "in" | "not_in") => return Ok(vec![membership(name, this(), value)]),
        (_, "lt" | "lte" | "gt" | "gte") => return Ok(bound(subject, name, &value)),
        ("bytes", "const") => {
            let message = format!("must be {}", show_hex(&value));
            return Ok(vec![Rule::new(name, message, differs(this(), value))]);
        }
        ("string", "const") => {
            let message = format!("must equal `{}`", show(&value));
            return Ok(vec![Rule::new(name, message, differs(this(), value))]);
        }
        (_, "const") => {
            let message = format!("must equal {}", show(&value));
            return Ok(vec![Rule::new(name, message, differs(this(), value))]);
        }
        _ => {}
    }
    match subject.family {
        "float" | "double" => number(name, &value, this()),
        "string" => string(subject, name, &value, this()),
        "bytes" => bytes(name, &value, this()),
        "repeated" => repeated(name, &value, this()),
        "map" => map(name, &value, this()),
        "any" => any(subject, name, &value),
        "field_mask" => field_mask(subject, name, &value),
        "timestamp" => timestamp(name, value, this()),
        _ => Err(Problem::Unknown),
    }
}

fn differs(this: Plan, value: Const) -> Plan {
    build::infix("!=", this, build::constant(value))
}

fn list(value: &Const) -> Vec<Const> {
    match value {
        Const::List(items) => items.clone(),
        other => vec![other.clone()],
    }
}

fn membership(name: &str, this: Plan, value: Const) -> Rule {
    let shown = show(&value);
    let found = build::is_in(this, list(&value));
    if name == "in" {
        Rule::new(name, format!("must be in list {shown}"), build::not(found))
    } else {
        Rule::new(name, format!("must not be in list {shown}"), found)
    }
}

/// A value as `%s` writes it.
fn show(value: &Const) -> String {
    match value {
        Const::Null => "null".into(),
        Const::Bool(b) => b.to_string(),
        Const::Int(n) => n.to_string(),
        Const::Uint(n) => n.to_string(),
        Const::Double(d) => text::double(*d),
        Const::Str(s) => s.clone(),
        Const::Bytes(b) => String::from_utf8_lossy(b).into_owned(),
        Const::Timestamp(seconds, nanos) => text::timestamp(*seconds, *nanos),
        Const::Duration(seconds, nanos) => text::duration(*seconds, *nanos),
        Const::List(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(", ")),
        Const::Map(_) | Const::Message(_) => String::new(),
    }
}

fn show_hex(value: &Const) -> String {
    match value {
        Const::Bytes(b) => text::hex(b),
        other => show(other),
    }
}

fn order(a: &Const, b: &Const) -> Option<Ordering> {
    match (a, b) {
        (Const::Int(a), Const::Int(b)) => Some(a.cmp(b)),
        (Const::Uint(a), Const::Uint(b)) => Some(a.cmp(b)),
        (Const::Double(a), Const::Double(b)) => a.partial_cmp(b),
        (Const::Timestamp(a, n), Const::Timestamp(b, m)) | (Const::Duration(a, n), Const::Duration(b, m)) => {
            Some((a, n).cmp(&(b, m)))
        }
        _ => None,
    }
}

/// `lt`, `lte`, `gt`, `gte`: an upper bound that has a lower one beside it is part of that rule.
///
/// A lower bound above the upper one turns the range inside out. NaN is never within bounds, which the negated
/// comparisons give by themselves.
fn bound(subject: &Subject<'_>, name: &str, value: &Const) -> Vec<Rule> {
    let set = |names: [&'static str; 2]| {
        names.into_iter().find_map(|name| {
            let field = subject.rules.descriptor().get_field_by_name(name)?;
            let value =
                subject.rules.has_field(&field).then(|| subject.rules.get_field(&field).into_owned())?;
            Some((name, const_value(&value)))
        })
    };
    let this = || build::this(subject.store);
    let words = |name: &str| match name {
        "lt" => "less than",
        "lte" => "less than or equal to",
        "gt" => "greater than",
        _ => "greater than or equal to",
    };
    let keeps = |name: &str, value: &Const| {
        let sign = match name {
            "lt" => "<",
            "lte" => "<=",
            "gt" => ">",
            _ => ">=",
        };
        build::infix(sign, this(), build::constant(value.clone()))
    };
    let lower = matches!(name, "gt" | "gte");
    let other = if lower { set(["lt", "lte"]) } else { set(["gt", "gte"]) };
    let Some((upper, most)) = other else {
        let message = format!("must be {} {}", words(name), show(value));
        // No number is beyond NaN, and only NaN itself is not a number.
        let fails = match value {
            Const::Double(d) if d.is_nan() => build::test("is_nan", vec![this()]),
            _ => build::not(keeps(name, value)),
        };
        return vec![Rule::new(name, message, fails)];
    };
    let Some(order) = order(&most, value).filter(|_| lower) else { return Vec::new() };
    let (low, high) = (keeps(name, value), keeps(upper, &most));
    let (id, word, fails) = if order.is_lt() {
        (format!("{name}_{upper}_exclusive"), "or", build::all(build::not(low), build::not(high)))
    } else {
        (format!("{name}_{upper}"), "and", build::not(build::all(low, high)))
    };
    let message = format!("must be {} {} {word} {} {}", words(name), show(value), words(upper), show(&most));
    vec![Rule::new(id, message, fails)]
}

fn number(name: &str, value: &Const, this: Plan) -> Result<Vec<Rule>, Problem> {
    match (name, value) {
        ("finite", Const::Bool(true)) => {
            let fails = build::not(build::test("is_finite", vec![this]));
            Ok(vec![Rule::new(name, "must be finite", fails)])
        }
        ("finite", _) => Ok(Vec::new()),
        _ => Err(Problem::Unknown),
    }
}

/// A count as sizes have it; more than there can be is the most that there can be.
fn count(value: &Const) -> Const {
    match value {
        Const::Uint(n) => Const::Int(i64::try_from(*n).unwrap_or(i64::MAX)),
        other => other.clone(),
    }
}

/// Formats of strings: the rule, the test, and what the value should be.
const FORMATS: &[(&str, &str, &str)] = &[
    ("email", "is_email", "email address"),
    ("hostname", "is_hostname", "hostname"),
    ("ip", "is_ip", "IP address"),
    ("ipv4", "is_ipv4", "IPv4 address"),
    ("ipv6", "is_ipv6", "IPv6 address"),
    ("uri", "is_uri", "URI"),
    ("address", "is_address", "hostname, or ip address"),
    ("uuid", "is_uuid", "UUID"),
    ("tuuid", "is_tuuid", "trimmed UUID"),
    ("ulid", "is_ulid", "ULID"),
    ("ip_with_prefixlen", "is_ip_prefix", "IP prefix"),
    ("ipv4_with_prefixlen", "is_ipv4_prefix", "IPv4 address with prefix length"),
    ("ipv6_with_prefixlen", "is_ipv6_prefix", "IPv6 address with prefix length"),
    ("ip_prefix", "is_ip_prefix_strictly", "IP prefix"),
    ("ipv4_prefix", "is_ipv4_prefix_strictly", "IPv4 prefix"),
    ("ipv6_prefix", "is_ipv6_prefix_strictly", "IPv6 prefix"),
    ("host_and_port", "is_host_with_port", "host (hostname or IP address) and port pair"),
    ("protobuf_fqn", "is_protobuf_name", "fully-qualified Protobuf name"),
    ("protobuf_dot_fqn", "is_protobuf_name_with_dot", "fully-qualified Protobuf name with a leading dot"),
];

/// A format: one rule for what does not have it, another for what is empty.
fn format_rules(id: &str, what: &str, empty: &str, valid: Plan, is_empty: &Plan) -> Vec<Rule> {
    vec![
        Rule::new(
            id,
            format!("must be a valid {what}"),
            build::all(build::not(valid), build::not(is_empty.clone())),
        ),
        Rule::new(
            format!("{id}_empty"),
            format!("value is empty, which is not a valid {empty}"),
            is_empty.clone(),
        ),
    ]
}

fn string(subject: &Subject<'_>, name: &str, value: &Const, this: Plan) -> Result<Vec<Rule>, Problem> {
    if let Some((_, test, what)) = FORMATS.iter().find(|f| f.0 == name) {
        if *value != Const::Bool(true) {
            return Ok(Vec::new());
        }
        let empty = build::test("is_empty", vec![this.clone()]);
        let what_empty = if name == "host_and_port" { "host and port pair" } else { what };
        return Ok(format_rules(name, what, what_empty, build::test(test, vec![this]), &empty));
    }
    let shown = show(value);
    let sized = build::constant(count(value));
    let argument = build::constant(value.clone());
    let two = |function| build::test(function, vec![this.clone(), argument.clone()]);
    let bytes = || build::size(build::bytes(this.clone()));
    let (message, fails) = match name {
        "len" => {
            (format!("must be {shown} characters"), build::infix("!=", build::size(this.clone()), sized))
        }
        "min_len" => (
            format!("must be at least {shown} characters"),
            build::test("is_shorter", vec![this.clone(), sized]),
        ),
        "max_len" => (
            format!("must be at most {shown} characters"),
            build::test("is_longer", vec![this.clone(), sized]),
        ),
        "len_bytes" => (format!("must be {shown} bytes"), build::infix("!=", bytes(), sized)),
        "min_bytes" => (format!("must be at least {shown} bytes"), build::infix("<", bytes(), sized)),
        "max_bytes" => (format!("must be at most {shown} bytes"), build::infix(">", bytes(), sized)),
        "pattern" => (
            format!("does not match regex pattern `{shown}`"),
            build::not(build::matches(this.clone(), pattern(&shown)?)),
        ),
        "prefix" => (format!("does not have prefix `{shown}`"), build::not(two("starts_with"))),
        "suffix" => (format!("does not have suffix `{shown}`"), build::not(two("ends_with"))),
        "contains" => (format!("does not contain substring `{shown}`"), build::not(two("contains"))),
        "not_contains" => (format!("contains substring `{shown}`"), two("contains")),
        "uri_ref" if *value == Const::Bool(true) => (
            "must be a valid URI Reference".into(),
            build::not(build::test("is_uri_ref", vec![this.clone()])),
        ),
        "uri_ref" => return Ok(Vec::new()),
        "well_known_regex" => return Ok(well_known_regex(subject, value, &this)),
        _ => return Err(Problem::Unknown),
    };
    Ok(vec![Rule::new(name, message, fails)])
}

fn well_known_regex(subject: &Subject<'_>, value: &Const, this: &Plan) -> Vec<Rule> {
    let strict = subject.rules.descriptor().get_field_by_name("strict");
    let strict = strict.is_none_or(|field| {
        !subject.rules.has_field(&field) || subject.rules.get_field(&field).as_bool() == Some(true)
    });
    let test = |function| build::test(function, vec![this.clone(), build::constant(Const::Bool(strict))]);
    match value {
        Const::Int(1) => {
            let empty = build::test("is_empty", vec![this.clone()]);
            let what = "HTTP header name";
            format_rules("well_known_regex.header_name", what, what, test("is_header_name"), &empty)
        }
        Const::Int(2) => {
            let fails = build::not(test("is_header_value"));
            vec![Rule::new("well_known_regex.header_value", "must be a valid HTTP header value", fails)]
        }
        _ => Vec::new(),
    }
}

/// A pattern in the syntax of the `regex` crate, known to compile.
fn pattern(source: &str) -> Result<String, Problem> {
    let translated = re2::translate(source)
        .and_then(|t| regex::Regex::new(&t).map(|_| t).map_err(|e| crate::cel::pattern_error(&e)));
    translated.map_err(|why| Problem::Value(format!("the pattern is not a regular expression: {why}")))
}

fn bytes(name: &str, value: &Const, this: Plan) -> Result<Vec<Rule>, Problem> {
    let size = || build::size(this.clone());
    let is_size = |n: i64| build::infix("==", size(), build::constant(Const::Int(n)));
    let format = match name {
        "ip" => Some(("IP address", build::any(is_size(4), is_size(16)))),
        "ipv4" => Some(("IPv4 address", is_size(4))),
        "ipv6" => Some(("IPv6 address", is_size(16))),
        "uuid" => Some(("UUID", is_size(16))),
        _ => None,
    };
    if let Some((what, valid)) = format {
        let on = *value == Const::Bool(true);
        return Ok(if on { format_rules(name, what, what, valid, &is_size(0)) } else { Vec::new() });
    }
    let (shown, hex) = (show(value), show_hex(value));
    let sized = build::constant(count(value));
    let argument = build::constant(value.clone());
    let lacks = |function| build::not(build::test(function, vec![this.clone(), argument.clone()]));
    let (message, fails) = match name {
        "len" => (format!("must be {shown} bytes"), build::infix("!=", size(), sized)),
        "min_len" => (format!("must be at least {shown} bytes"), build::infix("<", size(), sized)),
        "max_len" => (format!("must be at most {shown} bytes"), build::infix(">", size(), sized)),
        "pattern" => (
            format!("must match regex pattern `{shown}`"),
            build::not(build::matches(build::text(this.clone()), pattern(&shown)?)),
        ),
        "prefix" => (format!("does not have prefix {hex}"), lacks("starts_with_bytes")),
        "suffix" => (format!("does not have suffix {hex}"), lacks("ends_with_bytes")),
        "contains" => (format!("does not contain {hex}"), lacks("contains_bytes")),
        _ => return Err(Problem::Unknown),
    };
    Ok(vec![Rule::new(name, message, fails)])
}

fn repeated(name: &str, value: &Const, this: Plan) -> Result<Vec<Rule>, Problem> {
    let shown = show(value);
    let sized = build::constant(count(value));
    let (message, fails) = match name {
        "min_items" => {
            (format!("must contain at least {shown} item(s)"), build::infix("<", build::size(this), sized))
        }
        "max_items" => (
            format!("must contain no more than {shown} item(s)"),
            build::infix(">", build::size(this), sized),
        ),
        "unique" if *value == Const::Bool(true) => {
            let function = match &this.repr {
                Repr::List(item, _) => match crate::cel::lower::item_form(item) {
                    Repr::Double => "unique_doubles",
                    Repr::Message { .. } | Repr::Dyn => {
                        return Err(Problem::Value(
                            "messages cannot be compared, so they cannot be unique".into(),
                        ));
                    }
                    _ => "unique",
                },
                _ => return Err(Problem::Unknown),
            };
            let unique = build::over_items(function, this);
            ("repeated value must contain unique items".into(), build::not(unique))
        }
        "unique" => return Ok(Vec::new()),
        _ => return Err(Problem::Unknown),
    };
    Ok(vec![Rule::new(name, message, fails)])
}

fn map(name: &str, value: &Const, this: Plan) -> Result<Vec<Rule>, Problem> {
    let shown = show(value);
    let sized = build::constant(count(value));
    let (message, fails) = match name {
        "min_pairs" => {
            (format!("map must be at least {shown} entries"), build::infix("<", build::size(this), sized))
        }
        "max_pairs" => {
            (format!("map must be at most {shown} entries"), build::infix(">", build::size(this), sized))
        }
        _ => return Err(Problem::Unknown),
    };
    Ok(vec![Rule::new(name, message, fails)])
}

/// A field of a well-known message that the rule stands on.
fn member(subject: &Subject<'_>, well_known: WellKnown, name: &str) -> Option<Plan> {
    let message = subject.schema.messages.iter().find(|(_, m)| m.well_known == Some(well_known))?.1;
    let field = message.fields.iter().find(|f| subject.schema.fields[**f].name == name)?;
    Some(crate::cel::lower::read_field(subject.schema, build::this(subject.store), *field))
}

fn any(subject: &Subject<'_>, name: &str, value: &Const) -> Result<Vec<Rule>, Problem> {
    let url = member(subject, WellKnown::Any, "type_url").ok_or(Problem::Unknown)?;
    let found = build::is_in(url, list(value));
    match name {
        "in" => Ok(vec![Rule::new(name, "type URL must be in the allow list", build::not(found))]),
        "not_in" => Ok(vec![Rule::new(name, "type URL must not be in the block list", found)]),
        _ => Err(Problem::Unknown),
    }
}

fn field_mask(subject: &Subject<'_>, name: &str, value: &Const) -> Result<Vec<Rule>, Problem> {
    let paths = member(subject, WellKnown::FieldMask, "paths").ok_or(Problem::Unknown)?;
    let within = |list: &Const| {
        let list = self::list(list);
        move |path: Plan| {
            build::exists(build::constant(Const::List(list)), 1, |scope| {
                build::test("is_within", vec![path, scope])
            })
        }
    };
    let shown = show(value);
    let (message, fails) = match (name, value) {
        ("const", Const::Message(mask)) => {
            let wanted = mask.get_field_by_name("paths").map_or(Const::List(Vec::new()), |v| const_value(&v));
            let item = |id| Plan { repr: Repr::Str(Own::Borrowed), fallible: false, op: Op::Local(id) };
            let stored = crate::cel::lower::load(
                crate::cel::plan::Variable::Local(0),
                Store::Scalar(crate::model::Scalar::String),
            );
            let message = format!("must equal paths {}", show(&wanted));
            let op = Op::ListEqual {
                left: Box::new(paths),
                right: Box::new(build::constant(wanted)),
                vars: [0, 1],
                body: Box::new(build::infix("==", stored, item(1))),
            };
            (message, build::not(Plan { repr: Repr::Bool, fallible: false, op }))
        }
        ("in", list) => {
            let within = within(list);
            (
                format!("must only contain paths in {shown}"),
                build::exists(paths, 0, |p| build::not(within(p))),
            )
        }
        ("not_in", list) => {
            (format!("must not contain any paths in {shown}"), build::exists(paths, 0, within(list)))
        }
        _ => return Err(Problem::Unknown),
    };
    Ok(vec![Rule::new(name, message, fails)])
}

fn timestamp(name: &str, value: Const, this: Plan) -> Result<Vec<Rule>, Problem> {
    let (message, fails) = match (name, &value) {
        ("lt_now" | "gt_now", Const::Bool(false)) => return Ok(Vec::new()),
        ("lt_now", _) => ("must be less than now".to_owned(), build::infix(">", this, build::now())),
        ("gt_now", _) => ("must be greater than now".to_owned(), build::infix("<", this, build::now())),
        ("within", _) => {
            let edge = |function| {
                let args = vec![build::now(), build::constant(value.clone())];
                build::call(function, args, Repr::Timestamp, true)
            };
            let before = build::infix("<", this.clone(), edge("sub_timestamp"));
            let after = build::infix(">", this, edge("add_timestamp"));
            (format!("must be within {} of now", show(&value)), build::any(before, after))
        }
        _ => return Err(Problem::Unknown),
    };
    Ok(vec![Rule { now: true, ..Rule::new(name, message, fails) }])
}

/// Whether a number is none of these, which are in order: as ranges where they are dense.
pub(super) fn not_among(store: &Store, numbers: &[i64]) -> Plan {
    let this = || build::this(store);
    let bound = |sign, n| build::infix(sign, this(), build::constant(Const::Int(n)));
    let mut ranges: Vec<(i64, i64)> = Vec::new();
    for n in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *n => *last = *n,
            _ => ranges.push((*n, *n)),
        }
    }
    let within = |(first, last): (i64, i64)| {
        if first == last { bound("==", first) } else { build::all(bound(">=", first), bound("<=", last)) }
    };
    let known = ranges.into_iter().map(within).reduce(build::any);
    known.map_or_else(|| build::constant(Const::Bool(true)), build::not)
}
