//! The functions that plans call.

use std::cmp::Ordering;

use rsvc_common::{formats, text};

use super::value::{Val, equal, find, order};
use super::{Evaluator, Outcome, Stop, count};

const NANOS: i128 = 1_000_000_000;

fn nanos(seconds: i64, nanos: i32) -> i128 {
    i128::from(seconds) * NANOS + i128::from(nanos)
}

fn timestamp<'v>(total: i128) -> Outcome<Val<'v>> {
    let seconds = i64::try_from(total.div_euclid(NANOS)).map_err(|_| Stop::Fails)?;
    let rest = i32::try_from(total.rem_euclid(NANOS)).map_err(|_| Stop::Fails)?;
    if text::TIMESTAMP_SECONDS.contains(&seconds) {
        Ok(Val::Timestamp(seconds, rest))
    } else {
        Err(Stop::Fails)
    }
}

fn duration<'v>(total: i128) -> Outcome<Val<'v>> {
    i64::try_from(total).map_err(|_| Stop::Fails)?;
    let seconds = i64::try_from(total / NANOS).map_err(|_| Stop::Fails)?;
    Ok(Val::Duration(seconds, i32::try_from(total % NANOS).map_err(|_| Stop::Fails)?))
}

impl Evaluator<'_> {
    /// A function of `rsvc::cel`, by its name.
    pub(super) fn call<'v>(&mut self, function: &str, args: &[Val<'v>]) -> Outcome<Val<'v>> {
        if let Some(result) = on_text(function, args)? {
            return Ok(result);
        }
        if let Some(result) = arithmetic(function, args)? {
            return Ok(result);
        }
        if let Some(result) = time(function, args)? {
            return Ok(result);
        }
        Ok(match (function, args) {
            ("eq" | "dyn_eq", [a, b]) => Val::Bool(equal(self.schema, a, b)?),
            ("lt" | "dyn_lt", [a, b]) => Val::Bool(order(a, b)?.is_some_and(Ordering::is_lt)),
            ("le" | "dyn_le", [a, b]) => Val::Bool(order(a, b)?.is_some_and(Ordering::is_le)),
            ("gt" | "dyn_gt", [a, b]) => Val::Bool(order(a, b)?.is_some_and(Ordering::is_gt)),
            ("ge" | "dyn_ge", [a, b]) => Val::Bool(order(a, b)?.is_some_and(Ordering::is_ge)),
            ("matches", [text, pattern]) => {
                let pattern = rsvc_common::re2::translate(pattern.str()?).map_err(|_| Stop::Fails)?;
                Val::Bool(self.matches(text.str()?, &pattern)?)
            }
            ("dyn_in", [a, Val::List(items)]) => {
                let mut found = false;
                for item in items {
                    found |= equal(self.schema, a, item)?;
                }
                Val::Bool(found)
            }
            ("dyn_in", [a, Val::Map(pairs)]) => Val::Bool(find(self.schema, pairs, a)?.is_some()),
            ("dyn_index" | "dyn_select", [Val::Map(pairs), key]) => {
                find(self.schema, pairs, key)?.ok_or(Stop::Fails)?.clone()
            }
            ("dyn_index", [Val::List(items), at]) => {
                let at = usize::try_from(at.int()?).map_err(|_| Stop::Fails)?;
                items.get(at).ok_or(Stop::Fails)?.clone()
            }
            ("dyn_has", [Val::Map(pairs), key @ Val::Str(_)]) => {
                Val::Bool(find(self.schema, pairs, key)?.is_some())
            }
            ("dyn_size", [Val::List(items)]) => count(items.len()),
            ("dyn_size", [Val::Map(pairs)]) => count(pairs.len()),
            ("dyn_items" | "dyn_list", [value @ (Val::List(_) | Val::Map(_))]) => {
                Val::List(value.clone().list()?)
            }
            ("dyn_items" | "dyn_list", [Val::Null | Val::Bool(_) | Val::Double(_) | Val::Str(_)]) => {
                return Err(Stop::Fails);
            }
            ("dyn_map" | "dyn_entries", [value @ Val::Map(_)])
            | ("outcome", [value @ (Val::Bool(_) | Val::Str(_) | Val::Opaque(""))]) => value.clone(),
            ("dyn_to_bool", [Val::Bool(b)]) => Val::Bool(*b),
            ("dyn_to_str", [Val::Str(text)]) => Val::Str(text.clone()),
            ("dyn_to_double", [Val::Double(d)]) => Val::Double(*d),
            ("dyn_to_int" | "to_index", [value @ (Val::Int(_) | Val::Uint(_))]) => Val::Int(value.int()?),
            // A text of which nothing is known.
            ("format", [Val::Str(_), Val::List(_)]) => Val::Opaque(""),
            _ => return Err(Stop::Unknown),
        })
    }

    /// A function over lists.
    pub(super) fn items<'v>(
        &mut self,
        function: &str,
        mut lists: Vec<Vec<Val<'v>>>,
        args: &[Val<'v>],
    ) -> Outcome<Val<'v>> {
        match (function, lists.as_mut_slice(), args) {
            ("unique" | "unique_doubles" | "unique_dyn", [list], []) => {
                for (at, item) in list.iter().enumerate() {
                    for other in &list[..at] {
                        if equal(self.schema, item, other)? {
                            return Ok(Val::Bool(false));
                        }
                    }
                }
                Ok(Val::Bool(true))
            }
            ("concat_lists", [a, b], []) => {
                let mut out = std::mem::take(a);
                out.append(b);
                Ok(Val::List(out))
            }
            ("join", [list], [separator]) => {
                let texts = list.iter().map(Val::str).collect::<Outcome<Vec<_>>>()?;
                Ok(Val::Str(texts.join(separator.str()?)))
            }
            ("greatest_of" | "least_of" | "greatest_double_of" | "least_double_of", [list], []) => {
                let mut items = std::mem::take(list).into_iter();
                let mut best = items.next().ok_or(Stop::Fails)?;
                let wanted =
                    if function.starts_with("greatest") { Ordering::Greater } else { Ordering::Less };
                for item in items {
                    // With NaN it is another question.
                    if order(&item, &best)?.ok_or(Stop::Unknown)? == wanted {
                        best = item;
                    }
                }
                Ok(best)
            }
            _ => Err(Stop::Unknown),
        }
    }
}

/// Functions of texts and bytes. `None` for other functions.
fn on_text<'v>(function: &str, args: &[Val<'v>]) -> Outcome<Option<Val<'v>>> {
    let at = |a: &str, n: i64| {
        let n = usize::try_from(n).map_err(|_| Stop::Fails)?;
        let mut places = a.char_indices().map(|(at, _)| at).chain([a.len()]);
        places.nth(n).ok_or(Stop::Fails)
    };
    let chars = |a: &str| count(a.chars().count());
    Ok(Some(match (function, args) {
        ("size" | "dyn_size", [Val::Str(a)]) => chars(a),
        ("size_bytes" | "dyn_size", [Val::Bytes(a)]) => count(a.len()),
        ("concat" | "dyn_add", [Val::Str(a), Val::Str(b)]) => Val::Str([a.as_str(), b].concat()),
        ("concat_bytes" | "dyn_add", [Val::Bytes(a), Val::Bytes(b)]) => {
            Val::Bytes([a.as_slice(), b].concat())
        }
        ("contains", [Val::Str(a), Val::Str(b)]) => Val::Bool(a.contains(b.as_str())),
        ("starts_with", [Val::Str(a), Val::Str(b)]) => Val::Bool(a.starts_with(b.as_str())),
        ("ends_with", [Val::Str(a), Val::Str(b)]) => Val::Bool(a.ends_with(b.as_str())),
        ("contains_bytes", [Val::Bytes(a), Val::Bytes(b)]) => {
            Val::Bool(b.is_empty() || a.windows(b.len()).any(|w| w == b))
        }
        ("starts_with_bytes", [Val::Bytes(a), Val::Bytes(b)]) => Val::Bool(a.starts_with(b)),
        ("ends_with_bytes", [Val::Bytes(a), Val::Bytes(b)]) => Val::Bool(a.ends_with(b)),
        ("str_from_bool", [Val::Bool(a)]) => Val::Str(a.to_string()),
        ("str_from_int", [Val::Int(a)]) => Val::Str(a.to_string()),
        ("str_from_uint", [Val::Uint(a)]) => Val::Str(a.to_string()),
        ("str_from_double", [Val::Double(a)]) => Val::Str(text::double_short(*a)),
        ("str_from_bytes", [Val::Bytes(a)]) => {
            Val::Str(String::from_utf8(a.clone()).map_err(|_| Stop::Fails)?)
        }
        ("bytes_from_str", [Val::Str(a)]) => Val::Bytes(a.clone().into_bytes()),
        ("char_at", [Val::Str(a), Val::Int(n)]) => {
            Val::Str(a[at(a, *n)?..].chars().next().map(String::from).unwrap_or_default())
        }
        ("substring_from", [Val::Str(a), Val::Int(n)]) => Val::Str(a[at(a, *n)?..].to_owned()),
        ("substring", [Val::Str(a), Val::Int(n), Val::Int(m)]) => {
            Val::Str(a.get(at(a, *n)?..at(a, *m)?).ok_or(Stop::Fails)?.to_owned())
        }
        ("index_of", [Val::Str(a), Val::Str(b)]) => {
            a.find(b.as_str()).map_or(Val::Int(-1), |at| chars(&a[..at]))
        }
        ("last_index_of", [Val::Str(a), Val::Str(b)]) => {
            a.rfind(b.as_str()).map_or(Val::Int(-1), |at| chars(&a[..at]))
        }
        ("lower_ascii", [Val::Str(a)]) => Val::Str(a.to_ascii_lowercase()),
        ("upper_ascii", [Val::Str(a)]) => Val::Str(a.to_ascii_uppercase()),
        ("replace", [Val::Str(a), Val::Str(b), Val::Str(c)]) => Val::Str(a.replace(b.as_str(), c)),
        ("split", [Val::Str(a), Val::Str(b)]) => Val::List(if b.is_empty() {
            a.chars().map(|c| Val::Str(c.to_string())).collect()
        } else {
            a.split(b.as_str()).map(|part| Val::Str(part.to_owned())).collect()
        }),
        ("trim", [Val::Str(a)]) => Val::Str(a.trim().to_owned()),
        ("reverse", [Val::Str(a)]) => Val::Str(a.chars().rev().collect()),
        ("is_within", [Val::Str(a), Val::Str(b)]) => Val::Bool(formats::is_within(a, b)),
        ("is_header_name", [Val::Str(a), Val::Bool(strict)]) => {
            Val::Bool(formats::is_header_name(a, *strict))
        }
        ("is_header_value", [Val::Str(a), Val::Bool(strict)]) => {
            Val::Bool(formats::is_header_value(a, *strict))
        }
        ("is_host_and_port", [Val::Str(a), Val::Bool(b)]) => Val::Bool(formats::is_host_and_port(a, *b)),
        ("is_ip_version", [Val::Str(a), Val::Int(n)]) => Val::Bool(formats::is_ip_version(a, *n)),
        ("is_ip_prefix_version", [Val::Str(a), Val::Int(n)]) => {
            Val::Bool(formats::is_ip_prefix_version(a, *n))
        }
        ("is_ip_prefix_strict", [Val::Str(a), Val::Bool(b)]) => {
            Val::Bool(formats::is_ip_prefix_strict(a, *b))
        }
        ("is_ip_prefix_version_strict", [Val::Str(a), Val::Int(n), Val::Bool(b)]) => {
            Val::Bool(formats::is_ip_prefix_version_strict(a, *n, *b))
        }
        (test, [Val::Str(a)]) => match format(test) {
            Some(test) => Val::Bool(test(a)),
            None => return Ok(None),
        },
        _ => return Ok(None),
    }))
}

fn format(function: &str) -> Option<fn(&str) -> bool> {
    if function == "is_uri_ref" {
        return Some(formats::is_uri_ref);
    }
    formats::STRING_FORMATS.iter().find(|format| format.function == function).map(|format| format.test)
}

/// Functions of numbers.
fn arithmetic<'v>(function: &str, args: &[Val<'v>]) -> Outcome<Option<Val<'v>>> {
    let int = |n: Option<i64>| n.map(Val::Int).ok_or(Stop::Fails);
    let uint = |n: Option<u64>| n.map(Val::Uint).ok_or(Stop::Fails);
    let short = function.strip_prefix("dyn_").unwrap_or(function);
    #[allow(clippy::cast_precision_loss)] // as `double(…)` does
    Ok(Some(match (short, args) {
        ("add_int" | "add", [Val::Int(a), Val::Int(b)]) => int(a.checked_add(*b))?,
        ("sub_int" | "sub", [Val::Int(a), Val::Int(b)]) => int(a.checked_sub(*b))?,
        ("mul_int" | "mul", [Val::Int(a), Val::Int(b)]) => int(a.checked_mul(*b))?,
        ("div_int" | "div", [Val::Int(a), Val::Int(b)]) => int(a.checked_div(*b))?,
        ("rem_int" | "rem", [Val::Int(a), Val::Int(b)]) => int(a.checked_rem(*b))?,
        ("add_uint" | "add", [Val::Uint(a), Val::Uint(b)]) => uint(a.checked_add(*b))?,
        ("sub_uint" | "sub", [Val::Uint(a), Val::Uint(b)]) => uint(a.checked_sub(*b))?,
        ("mul_uint" | "mul", [Val::Uint(a), Val::Uint(b)]) => uint(a.checked_mul(*b))?,
        ("div_uint" | "div", [Val::Uint(a), Val::Uint(b)]) => uint(a.checked_div(*b))?,
        ("rem_uint" | "rem", [Val::Uint(a), Val::Uint(b)]) => uint(a.checked_rem(*b))?,
        ("add", [Val::Double(a), Val::Double(b)]) => Val::Double(a + b),
        ("sub", [Val::Double(a), Val::Double(b)]) => Val::Double(a - b),
        ("mul", [Val::Double(a), Val::Double(b)]) => Val::Double(a * b),
        ("div", [Val::Double(a), Val::Double(b)]) => Val::Double(a / b),
        ("neg_int" | "neg", [Val::Int(a)]) => int(a.checked_neg())?,
        ("neg_double" | "neg", [Val::Double(a)]) => Val::Double(-a),
        ("int_from_uint", [Val::Uint(a)]) => int(i64::try_from(*a).ok())?,
        ("uint_from_int", [Val::Int(a)]) => uint(u64::try_from(*a).ok())?,
        ("double_from_int", [Val::Int(a)]) => Val::Double(*a as f64),
        ("double_from_uint", [Val::Uint(a)]) => Val::Double(*a as f64),
        ("int_from_double", [Val::Double(a)]) if a.abs() < 9e15 => {
            #[allow(clippy::cast_possible_truncation)] // as `int(…)` does
            Val::Int(*a as i64)
        }
        ("int_from_str", [Val::Str(a)]) if a.bytes().all(|b| b.is_ascii_digit()) => int(a.parse().ok())?,
        ("key_int", [value]) => Val::Int(value.int()?),
        ("key_uint", [value]) => uint(u64::try_from(value.int()?).ok())?,
        ("is_nan", [Val::Double(a)]) => Val::Bool(a.is_nan()),
        ("is_inf", [Val::Double(a)]) => Val::Bool(a.is_infinite()),
        ("is_finite", [Val::Double(a)]) => Val::Bool(a.is_finite()),
        ("ceil", [Val::Double(a)]) => Val::Double(a.ceil()),
        ("floor", [Val::Double(a)]) => Val::Double(a.floor()),
        ("trunc", [Val::Double(a)]) => Val::Double(a.trunc()),
        ("round", [Val::Double(a)]) => Val::Double(a.round()),
        ("sqrt", [Val::Double(a)]) => Val::Double(a.sqrt()),
        ("abs", [Val::Double(a)]) => Val::Double(a.abs()),
        ("abs_int", [Val::Int(a)]) => int(a.checked_abs())?,
        ("greatest", [Val::Int(a), Val::Int(b)]) => Val::Int(*a.max(b)),
        ("least", [Val::Int(a), Val::Int(b)]) => Val::Int(*a.min(b)),
        ("greatest", [Val::Uint(a), Val::Uint(b)]) => Val::Uint(*a.max(b)),
        ("least", [Val::Uint(a), Val::Uint(b)]) => Val::Uint(*a.min(b)),
        ("bit_and", [Val::Int(a), Val::Int(b)]) => Val::Int(a & b),
        ("bit_or", [Val::Int(a), Val::Int(b)]) => Val::Int(a | b),
        ("bit_and", [Val::Uint(a), Val::Uint(b)]) => Val::Uint(a & b),
        ("bit_or", [Val::Uint(a), Val::Uint(b)]) => Val::Uint(a | b),
        _ => return Ok(None),
    }))
}

/// Functions of timestamps and durations, in UTC.
fn time<'v>(function: &str, args: &[Val<'v>]) -> Outcome<Option<Val<'v>>> {
    let part = |seconds: i64, function: &str| {
        let (year, month, day) = text::date(seconds.div_euclid(86_400));
        let of_day = seconds.rem_euclid(86_400);
        Some(match function {
            "full_year" | "year" => year,
            "month" => i64::from(month) - 1,
            "date" => i64::from(day),
            "day_of_month" => i64::from(day) - 1,
            "day_of_week" => (seconds.div_euclid(86_400) + 4).rem_euclid(7),
            "day_of_year" => seconds.div_euclid(86_400) - text::days(year, 1, 1),
            "hours" => of_day / 3_600,
            "minutes" => of_day / 60 % 60,
            "seconds" => of_day % 60,
            _ => return None,
        })
    };
    Ok(Some(match (function, args) {
        ("add_timestamp" | "dyn_add", [Val::Timestamp(a, n), Val::Duration(b, m)]) => {
            timestamp(nanos(*a, *n) + nanos(*b, *m))?
        }
        ("sub_timestamp" | "dyn_sub", [Val::Timestamp(a, n), Val::Duration(b, m)]) => {
            timestamp(nanos(*a, *n) - nanos(*b, *m))?
        }
        ("timestamp_difference" | "dyn_sub", [Val::Timestamp(a, n), Val::Timestamp(b, m)])
        | ("sub_duration" | "dyn_sub", [Val::Duration(a, n), Val::Duration(b, m)]) => {
            duration(nanos(*a, *n) - nanos(*b, *m))?
        }
        ("add_duration" | "dyn_add", [Val::Duration(a, n), Val::Duration(b, m)]) => {
            duration(nanos(*a, *n) + nanos(*b, *m))?
        }
        ("int_from_timestamp", [Val::Timestamp(a, _)]) | ("duration_seconds", [Val::Duration(a, _)]) => {
            Val::Int(*a)
        }
        ("timestamp_from_str", [Val::Str(a)]) => {
            let (seconds, nanos) = text::parse_timestamp(a).ok_or(Stop::Fails)?;
            Val::Timestamp(seconds, nanos)
        }
        ("duration_from_str", [Val::Str(a)]) => {
            let (seconds, nanos) = text::parse_duration(a).ok_or(Stop::Fails)?;
            Val::Duration(seconds, nanos)
        }
        ("str_from_timestamp", [Val::Timestamp(a, n)]) => Val::Str(text::timestamp(*a, *n)),
        ("str_from_duration", [Val::Duration(a, n)]) => Val::Str(text::duration(*a, *n)),
        ("duration_hours", [Val::Duration(a, _)]) => Val::Int(a / 3_600),
        ("duration_minutes", [Val::Duration(a, _)]) => Val::Int(a / 60),
        (function, [Val::Timestamp(seconds, _)]) => match part(*seconds, function) {
            Some(n) => Val::Int(n),
            None => return Ok(None),
        },
        _ => return Ok(None),
    }))
}
