//! The standard rules: each as a plan and a text, without their CEL.
#![allow(clippy::needless_pass_by_value)] // one signature for every family

use std::cmp::Ordering;

use prost_reflect::{DynamicMessage, FieldDescriptor, ReflectMessage as _, Value};
use rsvc_common::formats::STRING_FORMATS;
use rsvc_common::{re2, text};

use crate::cel::constant::const_value;
use crate::cel::lower::read_field;
use crate::cel::native as build;
use crate::cel::stored::{item_form, load};
use crate::model::plan::{CharBound, Const, Op, Operator, Own, Plan, Repr, Store, Variable};
use crate::model::rules::{KnownRule, Text};
use crate::model::{Scalar, Schema, WellKnown};

/// A rule before it is given its path: the id behind the family, the text, and when it is violated.
pub(super) struct Rule {
    pub(super) id: String,
    pub(super) text: Text,
    pub(super) fails: Plan,
    pub(super) now: bool,
}

impl Rule {
    fn new(id: impl Into<String>, message: impl Into<String>, fails: Plan) -> Self {
        Self { id: id.into(), text: Text::Fixed(message.into()), fails, now: false }
    }

    /// A size beside the one that it should have.
    fn size(id: &str, size: &Const, fails: impl FnOnce(Plan) -> Plan) -> Result<Vec<Self>, Problem> {
        let Const::Uint(n) = *size else {
            return Err(Problem::Value(format!(
                "`{id}` is not a `uint64` in this `buf/validate/validate.proto`"
            )));
        };
        // More than there can be is the most that there can be.
        let most = Const::Int(i64::try_from(n).unwrap_or(i64::MAX));
        Ok(vec![Self { id: id.into(), text: Text::Size(n), fails: fails(build::constant(most)), now: false }])
    }

    /// A format: a value without it, or an empty one.
    fn format(id: &str, valid: Plan, empty: Plan) -> Self {
        Self { id: id.into(), text: Text::Format(empty), fails: build::not(valid), now: false }
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

/// Which rule it is, of those on a field as a whole that have a meaning beside their test.
pub(super) fn known(subject: &Subject<'_>, rule: &str, value: &Const) -> Option<KnownRule> {
    match (subject.family, rule, value, subject.store) {
        ("string", "min_len", Const::Uint(n), Store::Scalar(Scalar::String)) => Some(KnownRule::MinLen(*n)),
        ("string", "max_len", Const::Uint(n), Store::Scalar(Scalar::String)) => Some(KnownRule::MaxLen(*n)),
        ("repeated", "unique", _, Store::List(item)) if matches!(**item, Store::Scalar(_) | Store::Enum) => {
            Some(KnownRule::Unique)
        }
        ("repeated", "max_items", ..) | ("map", "max_pairs", ..) => Some(KnownRule::MaxSize),
        _ => None,
    }
}

fn differs(this: Plan, value: Const) -> Plan {
    build::infix(Operator::NotEqual, this, build::constant(value))
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
        Const::Str(s) | Const::Type(s) => s.clone(),
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
        let operator = match name {
            "lt" => Operator::Less,
            "lte" => Operator::LessOrEqual,
            "gt" => Operator::Greater,
            _ => Operator::GreaterOrEqual,
        };
        build::infix(operator, this(), build::constant(value.clone()))
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

fn string(subject: &Subject<'_>, name: &str, value: &Const, this: Plan) -> Result<Vec<Rule>, Problem> {
    if let Some(format) = STRING_FORMATS.iter().find(|format| format.rule == name) {
        if *value != Const::Bool(true) {
            return Ok(Vec::new());
        }
        let empty = Plan::is_empty(this.clone());
        return Ok(vec![Rule::format(name, build::test(format.function, vec![this]), empty)]);
    }
    let bytes = || Plan::size(build::bytes(this.clone()));
    let size = |test: &dyn Fn(Plan) -> Plan| Rule::size(name, value, test);
    match name {
        "len" => return size(&|n| build::infix(Operator::NotEqual, Plan::size(this.clone()), n)),
        "min_len" => return size(&|n| Plan::char_bound(this.clone(), CharBound::Shorter, n)),
        "max_len" => return size(&|n| Plan::char_bound(this.clone(), CharBound::Longer, n)),
        "len_bytes" => return size(&|n| build::infix(Operator::NotEqual, bytes(), n)),
        "min_bytes" => return size(&|n| build::infix(Operator::Less, bytes(), n)),
        "max_bytes" => return size(&|n| build::infix(Operator::Greater, bytes(), n)),
        _ => {}
    }
    let shown = show(value);
    let argument = build::constant(value.clone());
    let two = |function| build::test(function, vec![this.clone(), argument.clone()]);
    let (message, fails) = match name {
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
            let empty = Plan::is_empty(this.clone());
            vec![Rule::format("well_known_regex.header_name", test("is_header_name"), empty)]
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

/// How the size of a value compares with that of a rule when it breaks it.
fn unfit(rule: &str) -> Option<Operator> {
    Some(match rule {
        "len" => Operator::NotEqual,
        "min_len" | "min_items" | "min_pairs" => Operator::Less,
        "max_len" | "max_items" | "max_pairs" => Operator::Greater,
        _ => return None,
    })
}

fn bytes(name: &str, value: &Const, this: Plan) -> Result<Vec<Rule>, Problem> {
    let size = || Plan::size(this.clone());
    let is_size = |n: i64| build::infix(Operator::Equal, size(), build::constant(Const::Int(n)));
    let format = match name {
        "ip" => Some(build::any(is_size(4), is_size(16))),
        "ipv4" => Some(is_size(4)),
        "ipv6" | "uuid" => Some(is_size(16)),
        _ => None,
    };
    if let Some(valid) = format {
        let on = *value == Const::Bool(true);
        return Ok(if on { vec![Rule::format(name, valid, is_size(0))] } else { Vec::new() });
    }
    if let Some(operator) = unfit(name) {
        return Rule::size(name, value, |n| build::infix(operator, size(), n));
    }
    let (shown, hex) = (show(value), show_hex(value));
    let argument = build::constant(value.clone());
    let lacks = |function| build::not(build::test(function, vec![this.clone(), argument.clone()]));
    let (message, fails) = match name {
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
    if let Some(operator) = unfit(name) {
        return Rule::size(name, value, |n| build::infix(operator, Plan::size(this), n));
    }
    match name {
        "unique" if *value == Const::Bool(true) => {
            let function = match &this.repr {
                Repr::List(item, _) => match item_form(item) {
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
            let fails = build::not(build::over_items(function, this));
            Ok(vec![Rule::new(name, "repeated value must contain unique items", fails)])
        }
        "unique" => Ok(Vec::new()),
        _ => Err(Problem::Unknown),
    }
}

fn map(name: &str, value: &Const, this: Plan) -> Result<Vec<Rule>, Problem> {
    let operator = unfit(name).ok_or(Problem::Unknown)?;
    Rule::size(name, value, |n| build::infix(operator, Plan::size(this), n))
}

/// A field of a well-known message that the rule stands on.
fn member(subject: &Subject<'_>, well_known: WellKnown, name: &str) -> Option<Plan> {
    let message = subject.schema.messages.iter().find(|(_, m)| m.well_known == Some(well_known))?.1;
    let field = message.fields.iter().find(|f| subject.schema.fields[**f].name == name)?;
    Some(read_field(subject.schema, build::this(subject.store), *field))
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
            let wanted = const_value(&mask.get_field_by_name("paths").expect("a field mask has `paths`"));
            let item = |id| Plan { repr: Repr::Str(Own::Borrowed), fallible: false, op: Op::Local(id) };
            let stored = load(Variable::Local(0), Store::Scalar(Scalar::String));
            let message = format!("must equal paths {}", show(&wanted));
            let op = Op::ListEqual {
                left: Box::new(paths),
                right: Box::new(build::constant(wanted)),
                vars: [0, 1],
                body: Box::new(build::infix(Operator::Equal, stored, item(1))),
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
        ("lt_now", _) => {
            ("must be less than now".to_owned(), build::infix(Operator::Greater, this, build::now()))
        }
        ("gt_now", _) => {
            ("must be greater than now".to_owned(), build::infix(Operator::Less, this, build::now()))
        }
        ("within", _) => {
            let edge = |function| {
                let args = vec![build::now(), build::constant(value.clone())];
                build::call(function, args, Repr::Timestamp, true)
            };
            let before = build::infix(Operator::Less, this.clone(), edge("sub_timestamp"));
            let after = build::infix(Operator::Greater, this, edge("add_timestamp"));
            (format!("must be within {} of now", show(&value)), build::any(before, after))
        }
        _ => return Err(Problem::Unknown),
    };
    Ok(vec![Rule { now: true, ..Rule::new(name, message, fails) }])
}

/// Whether a number is none of these, which are in order: as ranges where they are dense.
pub(super) fn not_among(store: &Store, numbers: &[i64]) -> Plan {
    let this = || build::this(store);
    let bound = |operator, n| build::infix(operator, this(), build::constant(Const::Int(n)));
    let mut ranges: Vec<(i64, i64)> = Vec::new();
    for n in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *n => *last = *n,
            _ => ranges.push((*n, *n)),
        }
    }
    let within = |(first, last): (i64, i64)| {
        if first == last {
            bound(Operator::Equal, first)
        } else {
            build::all(bound(Operator::GreaterOrEqual, first), bound(Operator::LessOrEqual, last))
        }
    };
    let known = ranges.into_iter().map(within).reduce(build::any);
    known.map_or_else(|| build::constant(Const::Bool(true)), build::not)
}
