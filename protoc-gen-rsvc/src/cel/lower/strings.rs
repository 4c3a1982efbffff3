//! Functions on strings that need a look at their literals: patterns, formats, times.

use rsvc_common::{re2, text};

use super::{Lowered, call, convert, fail};
use crate::cel::ast::Span;
use crate::cel::error::CelError;
use crate::cel::stored::item_form;
use crate::model::plan::{Const, Item, ListForm, Op, Own, Plan, Repr};

/// A literal pattern is compiled once, and now, to see whether it can be.
pub(super) fn matches(span: Span, value: Plan, pattern: Plan) -> Lowered {
    let value = convert::expect(convert::unwrap(value), &Repr::Str(Own::Borrowed));
    if let Some(Const::Str(source)) = pattern.as_const() {
        let pattern = re2::translate(source).map_err(|why| CelError::bad_regex(span, &why))?;
        regex::Regex::new(&pattern).map_err(|why| CelError::bad_regex(span, &pattern_error(&why)))?;
        let fallible = value.fallible;
        return Ok(Plan { repr: Repr::Bool, fallible, op: Op::Matches { text: Box::new(value), pattern } });
    }
    let pattern = convert::expect(convert::unwrap(pattern), &Repr::Str(Own::Borrowed));
    Ok(call("matches", vec![value, pattern], Repr::Bool, true))
}

/// The reason in a message of the regex crate, which draws the pattern above it.
pub(crate) fn pattern_error(error: &regex::Error) -> String {
    let text = error.to_string();
    text.lines().last().unwrap_or(&text).trim_start_matches("error: ").to_owned()
}

pub(super) fn join(span: Span, mut args: Vec<Plan>) -> Lowered {
    let separator = if args.len() == 2 { args.pop() } else { None };
    let separator = separator.unwrap_or_else(|| Plan::constant(Const::Str(String::new())));
    let separator = convert::expect(convert::unwrap(separator), &Repr::Str(Own::Borrowed));
    let repr = Repr::Str(Own::Owned);
    let list = args.pop().expect("`join` has a list");
    Ok(match &list.repr {
        Repr::List(item, _) if matches!(item_form(item), Repr::Str(_) | Repr::Never) => {
            let list = match item_form(item) {
                Repr::Never => convert::collect(span, list, &Repr::Str(Own::Owned))?,
                _ => list,
            };
            let fallible = list.fallible || separator.fallible;
            Plan {
                repr,
                fallible,
                op: Op::Items { function: "join", lists: vec![list], args: vec![separator], fails: false },
            }
        }
        Repr::List(..) | Repr::Dyn => {
            call("dyn_join", vec![convert::to_dyn(span, list)?, separator], repr, true)
        }
        _ => fail("no such overload", &repr),
    })
}

pub(super) fn format(span: Span, template: Plan, args: Plan) -> Lowered {
    let template = convert::expect(convert::unwrap(template), &Repr::Str(Own::Borrowed));
    let dynamic = Repr::Dyn;
    let args = match (args.op, args.repr) {
        (Op::List(items), _) => Plan {
            repr: Repr::List(Item::Value(Box::new(Repr::Dyn)), ListForm::Owned),
            fallible: args.fallible,
            op: Op::List(items.into_iter().map(|i| convert::to_dyn(span, i)).collect::<Result<_, _>>()?),
        },
        (Op::Const(Const::List(items)), _) => Plan {
            repr: Repr::List(Item::Value(Box::new(Repr::Dyn)), ListForm::Owned),
            fallible: false,
            op: Op::List(
                items
                    .into_iter()
                    .map(|i| convert::to_dyn(span, Plan::constant(i)))
                    .collect::<Result<_, _>>()?,
            ),
        },
        (op, repr @ Repr::List(..)) => {
            convert::collect(span, Plan { repr, fallible: args.fallible, op }, &dynamic)?
        }
        (op, repr) => {
            let items = Repr::List(Item::Value(Box::new(Repr::Dyn)), ListForm::Owned);
            let args = Plan { repr, fallible: args.fallible, op };
            call("dyn_list", vec![convert::to_dyn(span, args)?], items, true)
        }
    };
    if let Some(Const::Str(template)) = template.as_const() {
        let count = text::verbs(template).map_err(|why| CelError::bad_literal(span, why))?;
        if let Op::List(items) = &args.op
            && items.len() != count
        {
            let what = if items.len() < count { "more verbs than values" } else { "more values than verbs" };
            return Err(CelError::bad_literal(span, what));
        }
    }
    Ok(call("format", vec![template, args], Repr::Str(Own::Owned), true))
}

/// A literal zone may be the name of a place, for which the runtime may lack the tables: it says so itself.
pub(super) fn zone(zone: Plan) -> Plan {
    let literal = matches!(zone.as_const(), Some(Const::Str(_)));
    if literal {
        Plan { repr: Repr::Str(Own::Borrowed), fallible: false, op: Op::Zone(Box::new(zone)) }
    } else {
        zone
    }
}

/// Conversions of literals are done now, and a wrong literal is a mistake of the rule.
pub(super) fn literal(span: Span, overload: &str, args: &[Plan]) -> Result<Option<Plan>, CelError> {
    let Some(first) = args.first().and_then(Plan::as_const) else { return Ok(None) };
    let known = match (overload, first) {
        ("string_to_duration", Const::Str(s)) => match text::parse_duration(s) {
            Some((seconds, nanos)) => Const::Duration(seconds, nanos),
            None => return Err(CelError::bad_literal(span, "not a duration; write it as '1h30m' or '0.5s'")),
        },
        ("string_to_timestamp", Const::Str(s)) => match text::parse_timestamp(s) {
            Some((seconds, nanos)) => Const::Timestamp(seconds, nanos),
            None => {
                return Err(CelError::bad_literal(
                    span,
                    "not a timestamp; write it as '2006-01-02T15:04:05Z'",
                ));
            }
        },
        ("int64_to_uint64", Const::Int(n)) => match u64::try_from(*n) {
            Ok(n) => Const::Uint(n),
            Err(_) => return Ok(None),
        },
        ("uint64_to_int64", Const::Uint(n)) => match i64::try_from(*n) {
            Ok(n) => Const::Int(n),
            Err(_) => return Ok(None),
        },
        _ => return Ok(None),
    };
    Ok(Some(Plan::constant(known)))
}
