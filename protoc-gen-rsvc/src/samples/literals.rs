//! The values that a rule mentions.

use rsvc_common::sample::Value;

use crate::model::plan::{Const, Op, Plan};

/// Texts that functions of formats take, by the beginning of their names.
const FORMATS: &[(&str, &str)] = &[
    ("is_email", "ada@example.com"),
    ("is_hostname", "api.example.com"),
    ("is_host_and_port", "api.example.com:8080"),
    ("is_ip", "192.0.2.1"),
    ("is_ip", "2001:db8::1"),
    ("is_ip_prefix", "192.0.2.0/24"),
    ("is_ip_prefix", "2001:db8::/48"),
    ("is_uri", "https://example.com/ada"),
    ("is_uri_ref", "/ada"),
    ("is_uuid", "6f1c2b9e-2d47-4c0a-9a51-3e8f0b7d5a10"),
    ("timestamp_from_str", "2026-01-15T09:30:00Z"),
    ("duration_from_str", "90s"),
];

/// What a plan mentions, each once.
pub(super) fn of(plan: &Plan) -> Vec<Value> {
    let mut out: Vec<Value> = Vec::new();
    let mut add = |value: &Const| {
        for value in flat(value) {
            if !out.contains(&value) && out.len() < 64 {
                out.push(value);
            }
        }
    };
    plan.any(|plan| {
        match &plan.op {
            Op::Const(value) => add(value),
            Op::OneOf(_, values) => values.iter().for_each(&mut add),
            Op::Call { function, .. } => {
                for (_, text) in FORMATS.iter().filter(|(known, _)| function.starts_with(known)) {
                    add(&Const::Str((*text).to_owned()));
                }
            }
            Op::Matches { pattern, .. } => add(&Const::Str(pattern.clone())),
            _ => {}
        }
        false
    });
    out
}

/// A constant as a value; of lists and maps what is in them.
fn flat(constant: &Const) -> Vec<Value> {
    match constant {
        Const::List(items) => items.iter().flat_map(flat).collect(),
        Const::Map(pairs) => {
            pairs.iter().flat_map(|(key, value)| [flat(key), flat(value)].concat()).collect()
        }
        one => value(one).into_iter().collect(),
    }
}

/// A constant of a plan as a value of the solver.
pub(super) fn value(constant: &Const) -> Option<Value> {
    Some(match constant {
        Const::Bool(b) => Value::Bool(*b),
        Const::Int(n) => Value::Int((*n).into()),
        Const::Uint(n) => Value::Int((*n).into()),
        Const::Double(d) => Value::Double(*d),
        Const::Str(text) => Value::Text(text.clone()),
        Const::Bytes(bytes) => Value::Bytes(bytes.clone()),
        Const::Timestamp(seconds, nanos) | Const::Duration(seconds, nanos) => Value::Time(*seconds, *nanos),
        Const::Null | Const::Type(_) | Const::List(_) | Const::Map(_) | Const::Message(_) => return None,
    })
}
