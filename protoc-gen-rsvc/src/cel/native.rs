//! Plans for the standard rules, built without an expression.

use super::lower::{is_matchable, one_of};
use super::stored;
use crate::model::plan::{Const, Item, Op, Operator, Own, Plan, Quantifier, Range, Repr, Store, Variable};

/// What the rule stands on.
pub fn this(store: &Store) -> Plan {
    stored::this(store)
}

/// The time of the validation.
pub fn now() -> Plan {
    Plan { repr: Repr::Timestamp, fallible: false, op: Op::Now }
}

pub fn constant(value: Const) -> Plan {
    Plan::constant(value)
}

/// A function of `rsvc::cel` that cannot fail.
pub fn test(function: &'static str, args: Vec<Plan>) -> Plan {
    call(function, args, Repr::Bool, false)
}

pub fn call(function: &'static str, args: Vec<Plan>, repr: Repr, fails: bool) -> Plan {
    let fallible = fails || args.iter().any(|a| a.fallible);
    Plan { repr, fallible, op: Op::Call { function, args, fails } }
}

pub fn infix(operator: Operator, left: Plan, right: Plan) -> Plan {
    let fallible = left.fallible || right.fallible;
    Plan { repr: Repr::Bool, fallible, op: Op::Infix(operator, Box::new(left), Box::new(right)) }
}

pub fn not(inner: Plan) -> Plan {
    let fallible = inner.fallible;
    Plan { repr: Repr::Bool, fallible, op: Op::Not(Box::new(inner)) }
}

pub fn any(left: Plan, right: Plan) -> Plan {
    infix(Operator::Or, left, right)
}

pub fn all(left: Plan, right: Plan) -> Plan {
    infix(Operator::And, left, right)
}

/// The bytes of a string.
pub fn bytes(value: Plan) -> Plan {
    call("bytes_from_str", vec![value], Repr::Bytes(Own::Borrowed), false)
}

/// The text of bytes; what is not UTF-8 is an error.
pub fn text(value: Plan) -> Plan {
    call("str_from_bytes", vec![value], Repr::Str(Own::Borrowed), true)
}

/// `pattern` in the syntax of the `regex` crate.
pub fn matches(value: Plan, pattern: String) -> Plan {
    let fallible = value.fallible;
    Plan { repr: Repr::Bool, fallible, op: Op::Matches { text: Box::new(value), pattern } }
}

/// Whether an item of the list makes `body`, made from the item, true.
pub fn exists(list: Plan, var: u32, body: impl FnOnce(Plan) -> Plan) -> Plan {
    let (item, _) = list.as_list();
    let item = item.clone();
    let held = match &item {
        Item::Stored(store) => stored::load(Variable::Local(var), (**store).clone()),
        Item::Value(repr) => Plan { repr: (**repr).clone(), fallible: false, op: Op::Local(var) },
    };
    let body = body(held);
    let fallible = list.fallible || body.fallible;
    let range = Range::Items(Box::new(list), item);
    let op = Op::Quantifier { kind: Quantifier::Exists, range, var, second: None, body: Box::new(body) };
    Plan { repr: Repr::Bool, fallible, op }
}

/// Whether the value is among constants.
pub fn is_in(value: Plan, list: Vec<Const>) -> Plan {
    if is_matchable(&value.repr, &list) {
        return one_of(value, list);
    }
    exists(constant(Const::List(list)), 0, |item| infix(Operator::Equal, value, item))
}

/// A function over the items of a list.
pub fn over_items(function: &'static str, list: Plan) -> Plan {
    let fallible = list.fallible;
    let op = Op::Items { function, lists: vec![list], args: Vec::new(), fails: false };
    Plan { repr: Repr::Bool, fallible, op }
}
