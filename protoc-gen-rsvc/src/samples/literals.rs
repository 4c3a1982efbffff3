//! The values that a rule mentions.

use rsvc_common::sample::Value;

use crate::model::plan::{Const, Op, Plan};

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
            Op::Matches { pattern, .. } => add(&Const::Str(pattern.clone())),
            _ => {}
        }
        false
    });
    out
}

/// A constant as a value; of lists and maps what is in them.
fn flat(value: &Const) -> Vec<Value> {
    match value {
        Const::List(items) => items.iter().flat_map(flat).collect(),
        Const::Map(pairs) => {
            pairs.iter().flat_map(|(key, value)| [flat(key), flat(value)].concat()).collect()
        }
        one => super::rules::value(one).into_iter().collect(),
    }
}
