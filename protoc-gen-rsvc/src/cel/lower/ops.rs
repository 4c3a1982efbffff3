//! Operators.

use std::cmp::Ordering;

use super::convert::unwrap;
use super::{Lowered, Lowerer, call, convert, fail, infix};
use crate::cel::ast::{Span, op};
use crate::cel::stored::{item_form, repr_of_scalar, repr_of_store};
use crate::model::plan::{CharBound, Const, ListForm, Logic, MapForm, Op, Operator, Own, Plan, Repr};
use crate::model::{MessageId, ValueType, WellKnown};
use crate::sorted::SortedSet;

/// `a && b` or `a || b`. An operand that cannot fail goes first: then its verdict absorbs the other's error.
pub(super) fn logic(left: Plan, right: Plan, and: bool) -> Plan {
    match (left.as_bool(), right.as_bool()) {
        (Some(known), _) if known != and => return left,
        (_, Some(known)) if known != and => return right,
        (Some(_), _) => return right,
        (_, Some(_)) => return left,
        _ => {}
    }
    let fallible = left.fallible || right.fallible;
    let (left, right) = if left.fallible && !right.fallible { (right, left) } else { (left, right) };
    let kind = if and { Logic::And } else { Logic::Or };
    Plan { repr: Repr::Bool, fallible, op: Op::Logic(kind, Box::new(left), Box::new(right)) }
}

pub(super) fn not(value: Plan) -> Plan {
    let value = convert::expect(value, &Repr::Bool);
    match value.op {
        Op::Const(Const::Bool(b)) => Plan::constant(Const::Bool(!b)),
        Op::Not(inner) => *inner,
        op => {
            let fallible = value.fallible;
            Plan {
                repr: Repr::Bool,
                fallible,
                op: Op::Not(Box::new(Plan { repr: Repr::Bool, fallible, op })),
            }
        }
    }
}

fn is_number(repr: &Repr) -> bool {
    matches!(repr, Repr::Int | Repr::Uint | Repr::Double)
}

/// `<`, `<=`, `>`, `>=`
pub(super) fn compare(span: Span, sign: &'static str, left: Plan, right: Plan) -> Lowered {
    let (left, right) = (convert::borrow(unwrap(left)), convert::borrow(unwrap(right)));
    if let (Some(a), Some(b)) = (left.as_const(), right.as_const())
        && let Some(order) = const_order(a, b)
    {
        return Ok(Plan::constant(Const::Bool(holds(sign, order))));
    }
    if let Some(plan) = size_test(sign, &left, &right) {
        return Ok(plan);
    }
    let (operator, function, dynamic) = match sign {
        op::LT => (Operator::Less, "lt", "dyn_lt"),
        op::LE => (Operator::LessOrEqual, "le", "dyn_le"),
        op::GT => (Operator::Greater, "gt", "dyn_gt"),
        _ => (Operator::GreaterOrEqual, "ge", "dyn_ge"),
    };
    Ok(match (&left.repr, &right.repr) {
        (Repr::Dyn, _) | (_, Repr::Dyn) => {
            let args = vec![convert::to_dyn(span, left)?, convert::to_dyn(span, right)?];
            call(dynamic, args, Repr::Bool, true)
        }
        (a, b) if a == b && ordered(a) => infix(operator, left, right, Repr::Bool),
        (a, b) if is_number(a) && is_number(b) => call(function, vec![left, right], Repr::Bool, false),
        _ => fail("no such overload", &Repr::Bool),
    })
}

/// The size of a text beside a number: whether it is longer or shorter takes no counting, as a rule.
fn size_test(sign: &str, left: &Plan, right: &Plan) -> Option<Plan> {
    let (text, n, sign) = match (&left.op, left.as_const(), &right.op, right.as_const()) {
        (Op::CharCount(text), _, _, Some(Const::Int(n))) => (text, *n, sign),
        (_, Some(Const::Int(n)), Op::CharCount(text), _) => {
            let turned = match sign {
                op::LT => op::GT,
                op::LE => op::GE,
                op::GT => op::LT,
                _ => op::LE,
            };
            (text, *n, turned)
        }
        _ => return None,
    };
    let compare = |bound, n| Plan::char_bound((**text).clone(), bound, Plan::constant(Const::Int(n)));
    // A size has room for one more on either side; bounds that no text reaches stay as they are.
    let n = Some(n).filter(|n| (0..i64::MAX).contains(n))?;
    Some(match sign {
        op::LT => compare(CharBound::Shorter, n),
        op::LE => not(compare(CharBound::Longer, n)),
        op::GT => compare(CharBound::Longer, n),
        _ => not(compare(CharBound::Shorter, n)),
    })
}

fn ordered(repr: &Repr) -> bool {
    matches!(
        repr,
        Repr::Bool
            | Repr::Int
            | Repr::Uint
            | Repr::Double
            | Repr::Str(Own::Borrowed)
            | Repr::Bytes(Own::Borrowed)
            | Repr::Timestamp
            | Repr::Duration
    )
}

/// The order of two constants of one type; `None` when there is none, or it is left to run time.
#[allow(clippy::option_option)] // no order at all, and an order that NaN leaves open, differ
fn const_order(a: &Const, b: &Const) -> Option<Option<Ordering>> {
    Some(match (a, b) {
        (Const::Bool(a), Const::Bool(b)) => Some(a.cmp(b)),
        (Const::Int(a), Const::Int(b)) => Some(a.cmp(b)),
        (Const::Uint(a), Const::Uint(b)) => Some(a.cmp(b)),
        (Const::Double(a), Const::Double(b)) => a.partial_cmp(b),
        (Const::Str(a), Const::Str(b)) => Some(a.cmp(b)),
        (Const::Bytes(a), Const::Bytes(b)) => Some(a.cmp(b)),
        (Const::Timestamp(a, n), Const::Timestamp(b, m)) | (Const::Duration(a, n), Const::Duration(b, m)) => {
            Some((a, n).cmp(&(b, m)))
        }
        _ => return None,
    })
}

/// Whether two constants are one key of a map.
pub(super) fn same_key(a: &Const, b: &Const) -> bool {
    match (a, b) {
        (Const::Int(a), Const::Uint(b)) | (Const::Uint(b), Const::Int(a)) => u64::try_from(*a) == Ok(*b),
        _ => const_order(a, b) == Some(Some(Ordering::Equal)),
    }
}

fn holds(sign: &str, order: Option<Ordering>) -> bool {
    order.is_some_and(|o| match sign {
        op::LT => o.is_lt(),
        op::LE => o.is_le(),
        op::GT => o.is_gt(),
        _ => o.is_ge(),
    })
}

/// `-a`
pub(super) fn negate(value: Plan) -> Plan {
    let value = unwrap(value);
    match (&value.repr, value.as_const()) {
        (_, Some(Const::Double(d))) => Plan::constant(Const::Double(-d)),
        (_, Some(Const::Int(n))) if *n != i64::MIN => Plan::constant(Const::Int(-n)),
        (Repr::Int, _) => call("neg_int", vec![value], Repr::Int, true),
        (Repr::Double, _) => call("neg_double", vec![value], Repr::Double, false),
        (Repr::Dyn, _) => call("dyn_neg", vec![value], Repr::Dyn, true),
        _ => fail("no such overload", &Repr::Never),
    }
}

/// Names of the runtime's functions for one operator.
struct Arithmetic {
    int: &'static str,
    uint: &'static str,
    double: Option<Operator>,
    dynamic: &'static str,
    fold: fn(i64, i64) -> Option<i64>,
    fold_uint: fn(u64, u64) -> Option<u64>,
}

fn functions(function: &str) -> Arithmetic {
    match function {
        op::ADD => Arithmetic {
            int: "add_int",
            uint: "add_uint",
            double: Some(Operator::Add),
            dynamic: "dyn_add",
            fold: i64::checked_add,
            fold_uint: u64::checked_add,
        },
        op::SUB => Arithmetic {
            int: "sub_int",
            uint: "sub_uint",
            double: Some(Operator::Subtract),
            dynamic: "dyn_sub",
            fold: i64::checked_sub,
            fold_uint: u64::checked_sub,
        },
        op::MUL => Arithmetic {
            int: "mul_int",
            uint: "mul_uint",
            double: Some(Operator::Multiply),
            dynamic: "dyn_mul",
            fold: i64::checked_mul,
            fold_uint: u64::checked_mul,
        },
        op::DIV => Arithmetic {
            int: "div_int",
            uint: "div_uint",
            double: Some(Operator::Divide),
            dynamic: "dyn_div",
            fold: i64::checked_div,
            fold_uint: u64::checked_div,
        },
        _ => Arithmetic {
            int: "rem_int",
            uint: "rem_uint",
            double: None,
            dynamic: "dyn_rem",
            fold: i64::checked_rem,
            fold_uint: u64::checked_rem,
        },
    }
}

impl Lowerer<'_> {
    /// `+ - * / %`
    pub(super) fn arithmetic(&mut self, span: Span, function: &str, left: Plan, right: Plan) -> Lowered {
        let (left, right) = (unwrap(left), unwrap(right));
        let names = functions(function);
        match (left.as_const(), right.as_const()) {
            (Some(Const::Int(a)), Some(Const::Int(b))) => {
                if let Some(n) = (names.fold)(*a, *b) {
                    return Ok(Plan::constant(Const::Int(n)));
                }
            }
            (Some(Const::Uint(a)), Some(Const::Uint(b))) => {
                if let Some(n) = (names.fold_uint)(*a, *b) {
                    return Ok(Plan::constant(Const::Uint(n)));
                }
            }
            (Some(Const::Str(a)), Some(Const::Str(b))) if function == op::ADD => {
                return Ok(Plan::constant(Const::Str(format!("{a}{b}"))));
            }
            _ => {}
        }
        let time = |suffix: [&'static str; 2]| if function == op::ADD { suffix[0] } else { suffix[1] };
        Ok(match (&left.repr, &right.repr) {
            (Repr::Int, Repr::Int) => checked(names.int, left, right, Repr::Int),
            (Repr::Uint, Repr::Uint) => checked(names.uint, left, right, Repr::Uint),
            (Repr::Double, Repr::Double) => match names.double {
                Some(operator) => infix(operator, left, right, Repr::Double),
                None => fail("no such overload", &Repr::Never),
            },
            (Repr::Str(_), Repr::Str(_)) if function == op::ADD => {
                let args = vec![convert::borrow(left), convert::borrow(right)];
                call("concat", args, Repr::Str(Own::Owned), false)
            }
            (Repr::Bytes(_), Repr::Bytes(_)) if function == op::ADD => {
                let args = vec![convert::borrow(left), convert::borrow(right)];
                call("concat_bytes", args, Repr::Bytes(Own::Owned), false)
            }
            (Repr::List(..), Repr::List(..)) if function == op::ADD => self.concat(span, left, right)?,
            (Repr::Timestamp, Repr::Duration) if function == op::ADD || function == op::SUB => {
                checked(time(["add_timestamp", "sub_timestamp"]), left, right, Repr::Timestamp)
            }
            (Repr::Duration, Repr::Timestamp) if function == op::ADD => {
                checked("add_timestamp", right, left, Repr::Timestamp)
            }
            (Repr::Duration, Repr::Duration) if function == op::ADD || function == op::SUB => {
                checked(time(["add_duration", "sub_duration"]), left, right, Repr::Duration)
            }
            (Repr::Timestamp, Repr::Timestamp) if function == op::SUB => {
                checked("timestamp_difference", left, right, Repr::Duration)
            }
            (Repr::Dyn, _) | (_, Repr::Dyn) => {
                let args = vec![convert::to_dyn(span, left)?, convert::to_dyn(span, right)?];
                call(names.dynamic, args, Repr::Dyn, true)
            }
            _ => fail("no such overload", &Repr::Never),
        })
    }

    /// `a == b` over any forms; values of different types are not equal.
    pub(super) fn equal(&mut self, span: Span, left: Plan, right: Plan) -> Lowered {
        let (left, right) = (self.opened(span, left)?, self.opened(span, right)?);
        let (left, right) = (convert::borrow(left), convert::borrow(right));
        if let (Some(a), Some(b)) = (left.as_const(), right.as_const()) {
            let known = match (a, b) {
                (Const::Null, Const::Null) => Some(true),
                (a, b) => const_order(a, b).map(|o| o == Some(Ordering::Equal)),
            };
            if let Some(known) = known {
                return Ok(Plan::constant(Const::Bool(known)));
            }
        }
        Ok(match (&left.repr, &right.repr) {
            (Repr::Null, _) if !left.fallible => convert::is_null(span, right)?,
            (_, Repr::Null) if !right.fallible => convert::is_null(span, left)?,
            (a, b) if a == b && (ordered(a) || *a == Repr::Type) => {
                infix(Operator::Equal, left, right, Repr::Bool)
            }
            (a, b) if is_number(a) && is_number(b) => call("eq", vec![left, right], Repr::Bool, false),
            (Repr::Nullable(a), Repr::Nullable(b)) if a == b => {
                infix(Operator::Equal, left, right, Repr::Bool)
            }
            (Repr::Nullable(a), b) if **a == *b && ordered(b) => {
                let want = left.repr.clone();
                infix(Operator::Equal, left, convert::shape(span, right, &want)?, Repr::Bool)
            }
            (a, Repr::Nullable(b)) if *a == **b && ordered(a) => {
                let want = right.repr.clone();
                infix(Operator::Equal, convert::shape(span, left, &want)?, right, Repr::Bool)
            }
            (Repr::Nullable(_) | Repr::Dyn, _) | (_, Repr::Nullable(_) | Repr::Dyn) => {
                let args = vec![convert::to_dyn(span, left)?, convert::to_dyn(span, right)?];
                call("dyn_eq", args, Repr::Bool, false)
            }
            (Repr::Message { id: a, .. }, Repr::Message { id: b, .. }) if a == b => {
                if self.holds_any(*a) {
                    // Equal messages may be packed in different bytes.
                    let args = vec![convert::to_dyn(span, left)?, convert::to_dyn(span, right)?];
                    return Ok(call("dyn_eq", args, Repr::Bool, false));
                }
                let fallible = left.fallible || right.fallible;
                let op = Op::MessageEqual { left: Box::new(left), right: Box::new(right) };
                Plan { repr: Repr::Bool, fallible, op }
            }
            (Repr::List(..), Repr::List(..)) => self.list_equal(span, left, right)?,
            (Repr::Map(_), Repr::Map(_)) => {
                let args = vec![convert::to_dyn(span, left)?, convert::to_dyn(span, right)?];
                call("dyn_eq", args, Repr::Bool, false)
            }
            // Different types: never equal, but an error on either side stays one.
            _ if left.fallible || right.fallible => {
                let args = vec![convert::to_dyn(span, left)?, convert::to_dyn(span, right)?];
                call("dyn_eq", args, Repr::Bool, false)
            }
            _ => Plan::constant(Const::Bool(false)),
        })
    }

    /// Whether an `Any` is in a message or below it.
    fn holds_any(&self, id: MessageId) -> bool {
        let (mut seen, mut open) = (SortedSet::from_iter([id]), vec![id]);
        while let Some(id) = open.pop() {
            let message = &self.schema.messages[id];
            if message.well_known == Some(WellKnown::Any) {
                return true;
            }
            for field in &message.fields {
                if let ValueType::Message(id) | ValueType::Group(id) = self.schema.fields[*field].kind.value()
                    && seen.insert(*id)
                {
                    open.push(*id);
                }
            }
        }
        false
    }

    /// `a in b`
    pub(super) fn contains(&mut self, span: Span, value: Plan, container: Plan) -> Lowered {
        match &container.repr {
            Repr::List(..) => self.list_contains(span, value, container),
            Repr::Map(_) => self.map_has(span, container, value),
            Repr::Dyn => {
                let args = vec![convert::to_dyn(span, value)?, container];
                Ok(call("dyn_in", args, Repr::Bool, true))
            }
            _ => Ok(fail("no such overload", &Repr::Bool)),
        }
    }

    /// `a[b]`
    pub(super) fn index(&mut self, span: Span, container: Plan, key: Plan) -> Lowered {
        match &container.repr {
            Repr::List(..) => {
                let container = convert::indexable(span, container)?;
                let repr = match container.as_list() {
                    // An item of a list that does not outlive the expression is copied.
                    (item, ListForm::Owned) => item_form(item),
                    (item, _) => super::borrowed(&item_form(item)),
                };
                let key = match convert::unwrap(key) {
                    key if matches!(key.repr, Repr::Dyn | Repr::Uint | Repr::Double) => {
                        call("to_index", vec![convert::to_dyn(span, key)?], Repr::Int, true)
                    }
                    key => convert::expect(key, &Repr::Int),
                };
                let op = Op::Index(Box::new(container), Box::new(key));
                self.opened(span, Plan { repr, fallible: true, op })
            }
            Repr::Map(_) => self.map_get(span, container, key),
            Repr::Dyn => Ok(call("dyn_index", vec![container, convert::to_dyn(span, key)?], Repr::Dyn, true)),
            _ => Ok(fail("no such overload", &Repr::Never)),
        }
    }

    pub(super) fn map_get(&mut self, span: Span, map: Plan, key: Plan) -> Lowered {
        let map = convert::keep(span, map)?;
        let Some(form) = keyed(&map, &key) else {
            let args = vec![convert::to_dyn(span, map)?, convert::to_dyn(span, key)?];
            return Ok(call("dyn_index", args, Repr::Dyn, true));
        };
        let repr = match &form {
            MapForm::Stored(_, store) => repr_of_store(store),
            MapForm::Built(_, value) => value.clone(),
        };
        let key = map_key(span, &form, key)?;
        let op = Op::MapGet { map: Box::new(map), key: Box::new(key) };
        self.opened(span, Plan { repr, fallible: true, op })
    }

    pub(super) fn map_has(&mut self, span: Span, map: Plan, key: Plan) -> Lowered {
        let Some(form) = keyed(&map, &key) else {
            let args = vec![convert::to_dyn(span, key)?, convert::to_dyn(span, map)?];
            return Ok(call("dyn_in", args, Repr::Bool, true));
        };
        let key = map_key(span, &form, key)?;
        let fallible = map.fallible || key.fallible;
        Ok(Plan { repr: Repr::Bool, fallible, op: Op::MapHas { map: Box::new(map), key: Box::new(key) } })
    }
}

/// The form of a map in which a key can be looked up as it is.
fn keyed(map: &Plan, key: &Plan) -> Option<MapForm> {
    let Repr::Map(form) = &map.repr else { return None };
    let fits = match &**form {
        MapForm::Stored(..) => true,
        MapForm::Built(built, _) => super::borrowed(&key.repr) == super::borrowed(built),
    };
    fits.then(|| (**form).clone())
}

/// The key in the form in which it is compared.
fn map_key(span: Span, form: &MapForm, key: Plan) -> Lowered {
    match form {
        MapForm::Stored(scalar, _) if super::borrowed(&key.repr) != repr_of_scalar(*scalar) => {
            convert::to_dyn(span, key)
        }
        _ => Ok(convert::borrow(key)),
    }
}

fn checked(function: &'static str, left: Plan, right: Plan, repr: Repr) -> Plan {
    call(function, vec![left, right], repr, true)
}
