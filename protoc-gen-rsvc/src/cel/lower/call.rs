//! Functions: the overload by form, and the function of the runtime behind it.

use prost_reflect::ReflectMessage as _;

use super::{Lowered, Lowerer, call, convert, fail, ops, strings, then};
use crate::cel::ast::{Span, op};
use crate::cel::check::Typed;
use crate::cel::decls::{Overload, Ty};
use crate::cel::error::CelError;
use crate::cel::stored::item_form;
use crate::model::plan::{Const, Item, ListForm, Op, Own, Plan, Repr};

/// An overload whose runtime function takes the same arguments.
struct DirectCall {
    id: &'static str,
    function: &'static str,
    fails: bool,
}

const fn direct(id: &'static str, function: &'static str, fails: bool) -> DirectCall {
    DirectCall { id, function, fails }
}

const DIRECT: &[DirectCall] = &[
    direct("contains_string", "contains", false),
    direct("starts_with_string", "starts_with", false),
    direct("ends_with_string", "ends_with", false),
    direct("contains_bytes", "contains_bytes", false),
    direct("starts_with_bytes", "starts_with_bytes", false),
    direct("ends_with_bytes", "ends_with_bytes", false),
    direct("uint64_to_int64", "int_from_uint", true),
    direct("double_to_int64", "int_from_double", true),
    direct("string_to_int64", "int_from_str", true),
    direct("timestamp_to_int64", "int_from_timestamp", false),
    direct("duration_to_int64", "int_from_duration", true),
    direct("int64_to_uint64", "uint_from_int", true),
    direct("double_to_uint64", "uint_from_double", true),
    direct("string_to_uint64", "uint_from_str", true),
    direct("int64_to_double", "double_from_int", false),
    direct("uint64_to_double", "double_from_uint", false),
    direct("string_to_double", "double_from_str", true),
    direct("bool_to_string", "str_from_bool", false),
    direct("int64_to_string", "str_from_int", false),
    direct("uint64_to_string", "str_from_uint", false),
    direct("double_to_string", "str_from_double", false),
    direct("bytes_to_string", "str_from_bytes", true),
    direct("timestamp_to_string", "str_from_timestamp", false),
    direct("duration_to_string", "str_from_duration", false),
    direct("string_to_bytes", "bytes_from_str", false),
    direct("string_to_bool", "bool_from_str", true),
    direct("string_to_timestamp", "timestamp_from_str", true),
    direct("int64_to_timestamp", "timestamp_from_int", true),
    direct("string_to_duration", "duration_from_str", true),
    direct("int64_to_duration", "duration_from_int", false),
    direct("timestamp_to_year", "year", false),
    direct("timestamp_to_year_with_tz", "year_in", true),
    direct("timestamp_to_month", "month", false),
    direct("timestamp_to_month_with_tz", "month_in", true),
    direct("timestamp_to_day_of_year", "day_of_year", false),
    direct("timestamp_to_day_of_year_with_tz", "day_of_year_in", true),
    direct("timestamp_to_day_of_month", "day_of_month", false),
    direct("timestamp_to_day_of_month_with_tz", "day_of_month_in", true),
    direct("timestamp_to_day_of_month_1_based", "date", false),
    direct("timestamp_to_day_of_month_1_based_with_tz", "date_in", true),
    direct("timestamp_to_day_of_week", "day_of_week", false),
    direct("timestamp_to_day_of_week_with_tz", "day_of_week_in", true),
    direct("timestamp_to_hours", "hours", false),
    direct("timestamp_to_hours_with_tz", "hours_in", true),
    direct("timestamp_to_minutes", "minutes", false),
    direct("timestamp_to_minutes_with_tz", "minutes_in", true),
    direct("timestamp_to_seconds", "seconds", false),
    direct("timestamp_to_seconds_with_tz", "seconds_in", true),
    direct("timestamp_to_milliseconds", "milliseconds", false),
    direct("timestamp_to_milliseconds_with_tz", "milliseconds_in", true),
    direct("duration_to_hours", "duration_hours", false),
    direct("duration_to_minutes", "duration_minutes", false),
    direct("duration_to_seconds", "duration_seconds", false),
    direct("duration_to_milliseconds", "duration_milliseconds", false),
    direct("is_nan", "is_nan", false),
    direct("is_inf", "is_inf", false),
    direct("is_inf_sign", "is_inf_sign", false),
    direct("is_email", "is_email", false),
    direct("is_hostname", "is_hostname", false),
    direct("is_host_and_port", "is_host_and_port", false),
    direct("is_ip", "is_ip", false),
    direct("is_ip_version", "is_ip_version", false),
    direct("is_ip_prefix", "is_ip_prefix", false),
    direct("is_ip_prefix_version", "is_ip_prefix_version", false),
    direct("is_ip_prefix_strict", "is_ip_prefix_strict", false),
    direct("is_ip_prefix_version_strict", "is_ip_prefix_version_strict", false),
    direct("is_uri", "is_uri", false),
    direct("is_uri_ref", "is_uri_ref", false),
    direct("string_char_at_int", "char_at", true),
    direct("string_index_of_string", "index_of", false),
    direct("string_index_of_string_int", "index_of_from", true),
    direct("string_last_index_of_string", "last_index_of", false),
    direct("string_last_index_of_string_int", "last_index_of_from", true),
    direct("string_lower_ascii", "lower_ascii", false),
    direct("string_upper_ascii", "upper_ascii", false),
    direct("string_replace_string_string", "replace", false),
    direct("string_replace_string_string_int", "replace_n", false),
    direct("string_split_string", "split", false),
    direct("string_split_string_int", "split_n", false),
    direct("string_substring_int", "substring_from", true),
    direct("string_substring_int_int", "substring", true),
    direct("string_trim", "trim", false),
    direct("string_reverse", "reverse", false),
    direct("strings_quote", "quote", false),
    direct("math_ceil", "ceil", false),
    direct("math_floor", "floor", false),
    direct("math_round", "round", false),
    direct("math_trunc", "trunc", false),
    direct("math_sqrt_double", "sqrt", false),
    direct("math_sqrt_int", "sqrt_int", false),
    direct("math_sqrt_uint", "sqrt_uint", false),
    direct("math_abs_double", "abs", false),
    direct("math_abs_int", "abs_int", true),
    direct("math_sign_double", "sign", false),
    direct("math_sign_int", "sign_int", false),
    direct("math_sign_uint", "sign_uint", false),
    direct("math_is_nan", "is_nan", false),
    direct("math_is_inf", "is_inf", false),
    direct("math_is_finite", "is_finite", false),
    direct("math_bit_and_int", "bit_and", false),
    direct("math_bit_and_uint", "bit_and", false),
    direct("math_bit_or_int", "bit_or", false),
    direct("math_bit_or_uint", "bit_or", false),
    direct("math_bit_xor_int", "bit_xor", false),
    direct("math_bit_xor_uint", "bit_xor", false),
    direct("math_bit_not_int", "bit_not", false),
    direct("math_bit_not_uint", "bit_not", false),
    direct("math_bit_shift_left_int", "shift_left_int", true),
    direct("math_bit_shift_left_uint", "shift_left_uint", true),
    direct("math_bit_shift_right_int", "shift_right_int", true),
    direct("math_bit_shift_right_uint", "shift_right_uint", true),
];

/// Overloads that give their argument back.
const IDENTITY: [&str; 8] = [
    "int64_to_int64",
    "uint64_to_uint64",
    "double_to_double",
    "string_to_string",
    "bytes_to_bytes",
    "bool_to_bool",
    "timestamp_to_timestamp",
    "duration_to_duration",
];

/// Functions on a value that only run time knows, where several overloads would fit.
const DYNAMIC: &[(&str, &str, Repr)] = &[
    ("size", "dyn_size", Repr::Int),
    ("int", "dyn_to_int", Repr::Int),
    ("uint", "dyn_to_uint", Repr::Uint),
    ("double", "dyn_to_double", Repr::Double),
    ("string", "dyn_to_str", Repr::Str(Own::Owned)),
    ("bool", "dyn_to_bool", Repr::Bool),
];

impl Lowerer<'_> {
    pub(super) fn call(
        &mut self,
        span: Span,
        function: &'static str,
        candidates: &[&'static Overload],
        args: &[Typed],
    ) -> Lowered {
        let spans: Vec<Span> = args.iter().map(|a| a.span).collect();
        let mut args = args.iter().map(|a| self.expr(a)).collect::<Result<Vec<_>, _>>()?;
        match (function, args.len()) {
            (op::NOT, 1) => return Ok(ops::not(args.remove(0))),
            (op::NEG, 1) => return Ok(ops::negate(args.remove(0))),
            ("dyn", 1) => return Ok(args.remove(0)),
            ("size", 1) => {
                let value = args.remove(0);
                return Ok(self.size(value));
            }
            ("type", 1) => return self.type_of(span, args.remove(0)),
            ("unique", 1) => return unique(span, args.remove(0)),
            (name @ ("math.greatest" | "math.least"), _) => return extreme(span, name, args),
            _ => {}
        }
        if let (true, Ok([left, right])) = (args.len() == 2, <[Plan; 2]>::try_from(args.clone())) {
            match function {
                op::ADD | op::SUB | op::MUL | op::DIV | op::REM => {
                    return self.arithmetic(span, function, left, right);
                }
                op::EQ => return self.equal(span, left, right),
                op::NE => return self.equal(span, left, right).map(ops::not),
                op::IN => return self.contains(span, left, right),
                op::INDEX => return self.index(span, left, right),
                "getField" => return self.get_field(left, span, &right),
                "matches" => return strings::matches(spans[1], left, right),
                "format" => return strings::format(span, left, right),
                _ => {}
            }
        }
        if function == "join" {
            return strings::join(span, args);
        }
        let args: Vec<Plan> = args.into_iter().map(convert::unwrap).collect();
        let Some(overload) = choose(candidates, &args) else {
            return Ok(fail("no such overload", &result(candidates)));
        };
        let ambiguous = candidates.len() > 1 && matches!(args.first(), Some(Plan { repr: Repr::Dyn, .. }));
        if ambiguous && let Some((_, dynamic, repr)) = DYNAMIC.iter().find(|d| d.0 == function) {
            return Ok(call(dynamic, args, repr.clone(), true));
        }
        self.overload(spans[0], overload, args)
    }

    fn overload(&mut self, span: Span, overload: &Overload, args: Vec<Plan>) -> Lowered {
        if let Some(known) = strings::literal(span, overload.id, &args)? {
            return Ok(known);
        }
        let mut wanted: Vec<Plan> = args
            .into_iter()
            .zip(overload.args)
            .map(|(arg, ty)| convert::expect(arg, &repr_of(*ty)))
            .collect();
        if IDENTITY.contains(&overload.id) || overload.id == "math_abs_uint" {
            return Ok(wanted.remove(0));
        }
        let Some(found) = DIRECT.iter().find(|d| d.id == overload.id) else {
            return Err(CelError::unsupported(
                span,
                format!("`{}` cannot be compiled here", overload.function),
            ));
        };
        let (repr, borrows) = match found.function {
            "bytes_from_str" => (Repr::Bytes(Own::Borrowed), true),
            "str_from_bytes" | "char_at" | "substring" | "substring_from" | "trim" => {
                (Repr::Str(Own::Borrowed), true)
            }
            "split" | "split_n" => {
                let item = Item::Value(Box::new(Repr::Str(Own::Owned)));
                (Repr::List(item, ListForm::Owned), false)
            }
            _ => match repr_of(overload.result) {
                Repr::Str(_) => (Repr::Str(Own::Owned), false),
                repr => (repr, false),
            },
        };
        if overload.id.ends_with("_with_tz")
            && let Some(zone) = wanted.pop()
        {
            wanted.push(strings::zone(zone));
        }
        let plan = call(found.function, wanted, repr, found.fails);
        // What is a part of a temporary must be kept.
        if borrows { convert::keep(span, plan) } else { Ok(plan) }
    }

    fn type_of(&self, span: Span, value: Plan) -> Lowered {
        let name = match &value.repr {
            Repr::Null => "null_type",
            Repr::Bool => "bool",
            Repr::Int => "int",
            Repr::Uint => "uint",
            Repr::Double => "double",
            Repr::Str(_) => "string",
            Repr::Bytes(_) => "bytes",
            Repr::Timestamp => "google.protobuf.Timestamp",
            Repr::Duration => "google.protobuf.Duration",
            Repr::List(..) => "list",
            Repr::Map(_) => "map",
            Repr::Type => "type",
            Repr::Message { id, .. } => &self.schema.messages[*id].full_name,
            Repr::Rules => match value.as_const() {
                Some(Const::Message(rules)) => {
                    return Ok(Plan::constant(Const::Type(rules.descriptor().full_name().to_owned())));
                }
                other => unreachable!("rules are constants: {other:?}"),
            },
            Repr::Never | Repr::Nullable(_) | Repr::Dyn => {
                return Ok(call("dyn_type", vec![convert::to_dyn(span, value)?], Repr::Type, false));
            }
        };
        let name = Plan::constant(Const::Type(name.to_owned()));
        Ok(if value.fallible { then(value, name) } else { name })
    }
}

/// The overload that the forms fit best.
fn choose(candidates: &[&'static Overload], args: &[Plan]) -> Option<&'static Overload> {
    let score = |overload: &Overload| {
        overload.args.iter().zip(args).try_fold(0, |sum, (ty, arg)| Some(sum + fit(*ty, &arg.repr)?))
    };
    candidates.iter().filter_map(|o| Some((score(o)?, *o))).max_by_key(|(score, _)| *score).map(|(_, o)| o)
}

fn fit(ty: Ty, repr: &Repr) -> Option<u32> {
    let exact = match (ty, repr) {
        (_, Repr::Dyn | Repr::Never) => return Some(0),
        (Ty::Dyn | Ty::A | Ty::B, _) => return Some(1),
        (Ty::Bool, Repr::Bool)
        | (Ty::Int, Repr::Int)
        | (Ty::Uint, Repr::Uint)
        | (Ty::Double, Repr::Double)
        | (Ty::String, Repr::Str(_))
        | (Ty::Bytes, Repr::Bytes(_))
        | (Ty::Timestamp, Repr::Timestamp)
        | (Ty::Duration, Repr::Duration)
        | (Ty::List(_), Repr::List(..))
        | (Ty::Map(..), Repr::Map(_))
        | (Ty::Type, Repr::Type) => true,
        _ => false,
    };
    exact.then_some(2)
}

fn repr_of(ty: Ty) -> Repr {
    match ty {
        Ty::Bool => Repr::Bool,
        Ty::Int => Repr::Int,
        Ty::Uint => Repr::Uint,
        Ty::Double => Repr::Double,
        Ty::String => Repr::Str(Own::Borrowed),
        Ty::Bytes => Repr::Bytes(Own::Borrowed),
        Ty::Timestamp => Repr::Timestamp,
        Ty::Duration => Repr::Duration,
        Ty::Type => Repr::Type,
        Ty::Dyn | Ty::A | Ty::B | Ty::List(_) | Ty::Map(..) => Repr::Dyn,
    }
}

/// The form of a call that always fails: that of its overloads, so that what stands around it still fits.
fn result(candidates: &[&'static Overload]) -> Repr {
    match repr_of(candidates[0].result) {
        Repr::Dyn => Repr::Never,
        repr => repr,
    }
}

fn unique(span: Span, list: Plan) -> Lowered {
    let (list, function) = match &list.repr {
        Repr::List(item, _) => match item_form(item) {
            Repr::Double => (list, "unique_doubles"),
            Repr::Bool
            | Repr::Int
            | Repr::Uint
            | Repr::Str(_)
            | Repr::Bytes(_)
            | Repr::Timestamp
            | Repr::Duration
            | Repr::Type
            | Repr::Never => (list, "unique"),
            _ => (convert::collect(span, list, &Repr::Dyn)?, "unique_dyn"),
        },
        Repr::Dyn => return Ok(call("dyn_unique", vec![list], Repr::Bool, true)),
        _ => return Ok(fail("no such overload", &Repr::Bool)),
    };
    let fallible = list.fallible;
    let op = Op::Items { function, lists: vec![list], args: Vec::new(), fails: false };
    Ok(Plan { repr: Repr::Bool, fallible, op })
}

/// `math.greatest` and `math.least`.
fn extreme(span: Span, function: &'static str, args: Vec<Plan>) -> Lowered {
    let greatest = function == "math.greatest";
    if let [Plan { repr: Repr::List(item, _), .. }] = args.as_slice() {
        let mut repr = item_form(item);
        let mut lists = args;
        if matches!(repr, Repr::Nullable(_)) {
            repr = Repr::Dyn;
            lists = vec![convert::collect(span, lists.remove(0), &repr)?];
        }
        let function = match (&repr, greatest) {
            (Repr::Int | Repr::Uint, true) => "greatest_of",
            (Repr::Int | Repr::Uint, false) => "least_of",
            (Repr::Double, true) => "greatest_double_of",
            (Repr::Double, false) => "least_double_of",
            (Repr::Dyn, true) => "dyn_greatest_of",
            (Repr::Dyn, false) => "dyn_least_of",
            _ => return Ok(fail("no such overload", &Repr::Never)),
        };
        return Ok(Plan {
            repr,
            fallible: true,
            op: Op::Items { function, lists, args: Vec::new(), fails: true },
        });
    }
    let mut args = args.into_iter().map(convert::unwrap);
    let Some(mut best) = args.next() else { return Ok(fail("no such overload", &Repr::Never)) };
    for next in args {
        let (function, repr, fails) = match (&best.repr, &next.repr) {
            (Repr::Int, Repr::Int) => (if greatest { "greatest" } else { "least" }, Repr::Int, false),
            (Repr::Uint, Repr::Uint) => (if greatest { "greatest" } else { "least" }, Repr::Uint, false),
            (Repr::Double, Repr::Double) => {
                (if greatest { "greatest_double" } else { "least_double" }, Repr::Double, false)
            }
            _ => (if greatest { "dyn_greatest" } else { "dyn_least" }, Repr::Dyn, true),
        };
        let both = if fails {
            vec![convert::to_dyn(span, best)?, convert::to_dyn(span, next)?]
        } else {
            vec![best, next]
        };
        best = call(function, both, repr, fails);
    }
    Ok(best)
}
