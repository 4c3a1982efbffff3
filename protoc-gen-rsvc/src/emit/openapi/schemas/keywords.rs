//! Rules of scalars and enums as keywords. A keyword says what the rule says, or less and the rest is said in words.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as STANDARD;
use serde_json::{Value, json};
use utoipa::Number;
use utoipa::openapi::schema::{AnyOf, Object, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};

use super::rules::{REQUIRED, Rules};
use super::types::{self, NotFinite};
use super::{digits, text, zero};
use crate::emit::words::range::{Bound, Range};
use crate::model::plan::Const;
use crate::model::rules::Part;
use crate::model::{Enum, Scalar, TextFormat};

/// A scalar with its rules. `not_finite` makes the schema of all words for what is not finite.
pub(super) fn scalar(
    rules: &Rules<'_>,
    kind: Scalar,
    info: Option<TextFormat>,
    not_finite: &mut NotFinite<'_>,
) -> RefOr<Schema> {
    let schema: RefOr<Schema> = match kind {
        Scalar::String => RefOr::T(text::string(rules, info)),
        Scalar::Bytes => bytes(rules).into(),
        Scalar::Bool => boolean(rules).into(),
        Scalar::Double | Scalar::Float => float(rules, kind, not_finite),
        Scalar::Int32 | Scalar::Sint32 | Scalar::Sfixed32 | Scalar::Uint32 | Scalar::Fixed32 => {
            integer(rules, kind).into()
        }
        Scalar::Int64 | Scalar::Sint64 | Scalar::Sfixed64 | Scalar::Uint64 | Scalar::Fixed64 => {
            long(rules, kind).into()
        }
    };
    if rules.skips_zero && !zero::of_scalar(rules, kind) { or_zero(schema, kind) } else { schema }
}

/// A value, or zero.
fn or_zero(schema: RefOr<Schema>, kind: Scalar) -> RefOr<Schema> {
    let zero = match kind {
        Scalar::String | Scalar::Bytes => json!(""),
        Scalar::Bool => json!(false),
        Scalar::Int64 | Scalar::Sint64 | Scalar::Sfixed64 | Scalar::Uint64 | Scalar::Fixed64 => json!("0"),
        _ => json!(0),
    };
    either(schema, of_values(types::scalar(kind).schema_type, vec![zero]).into())
}

/// One schema or another.
pub(super) fn either(schema: RefOr<Schema>, other: RefOr<Schema>) -> RefOr<Schema> {
    RefOr::T(match schema {
        RefOr::T(Schema::AnyOf(mut any)) => {
            any.items.push(other);
            any.into()
        }
        schema => AnyOf { items: vec![schema, other], ..AnyOf::default() }.into(),
    })
}

fn of_values(ty: SchemaType, values: Vec<Value>) -> Object {
    let mut object = Object::with_type(ty);
    object.enum_values = Some(values);
    object
}

/// `const` and `in` as a list of values; what of `not_in` is left out of it.
fn values(rules: &Rules<'_>, json: impl Fn(&Const) -> Option<Value>) -> Option<Vec<Value>> {
    let allowed = rules.allowed()?;
    rules.say(&["const", "in", "not_in"]);
    let allowed = allowed.into_iter().filter(|value| !rules.refused().contains(value));
    Some(allowed.filter_map(json).collect())
}

fn boolean(rules: &Rules<'_>) -> Object {
    let mut object = types::scalar(Scalar::Bool);
    object.enum_values = values(rules, |value| match value {
        Const::Bool(value) => Some(json!(value)),
        _ => None,
    });
    if rules.not_zero {
        rules.say_id(REQUIRED);
        object.enum_values = Some(vec![json!(true)]);
    }
    object
}

/// Base64 may come with padding or without. The limits of its text refuse no bytes that the rules allow; where they allow
/// others, the words say the rest.
fn bytes(rules: &Rules<'_>) -> Object {
    let mut object = types::scalar(Scalar::Bytes);
    object.enum_values = values(rules, |value| match value {
        Const::Bytes(value) => Some(json!(STANDARD.encode(value))),
        _ => None,
    });
    let (exact, least, most) = (rules.size("len"), rules.size("min_len"), rules.size("max_len"));
    let not_empty = rules.not_zero.then_some(1);
    rules.say_id(REQUIRED);
    // The shortest text of so many bytes, which is one without padding.
    let shortest = |n: usize| n.saturating_mul(4).div_ceil(3);
    // The longest, which is one with padding.
    let longest = |n: usize| n.div_ceil(3).saturating_mul(4);
    object.min_length =
        exact.into_iter().chain(least).chain(not_empty).max().filter(|n| *n > 0).map(shortest);
    object.max_length = exact.into_iter().chain(most).min().map(longest);
    // Padding can stand for the missing characters of a last block, so that a limit is exact only where none is missing.
    if least.is_some_and(|n| n == 0 || n % 3 == 1) {
        rules.say(&["min_len"]);
    }
    if most.is_some_and(|n| n.is_multiple_of(3)) {
        rules.say(&["max_len"]);
    }
    if exact == Some(0) {
        rules.say(&["len"]);
    }
    object
}

fn integer(rules: &Rules<'_>, kind: Scalar) -> Object {
    let mut object = types::scalar(kind);
    object.enum_values = values(rules, |value| match value {
        Const::Int(n) => Some(json!(n)),
        Const::Uint(n) => Some(json!(n)),
        _ => None,
    });
    if let Some(range) = rules.range().filter(|range| !range.outside) {
        let number = |value: &Const| match value {
            Const::Int(n) => Some(Number::from(*n)),
            Const::Uint(n) => Some(Number::from(*n)),
            _ => None,
        };
        bounds(&mut object, &range, number);
        rules.say_range(&range);
    }
    if rules.not_zero {
        let zero = [Number::from(0_i32), Number::from(0_u32)];
        if object.minimum.as_ref().is_some_and(|minimum| zero.contains(minimum)) {
            object.minimum = Some(Number::from(1_u32));
            rules.say_id(REQUIRED);
        }
        if let Some(values) = &mut object.enum_values {
            values.retain(|value| *value != json!(0));
            rules.say_id(REQUIRED);
        }
        if !rules.in_range(&Const::Int(0)) && !rules.in_range(&Const::Uint(0)) {
            rules.say_id(REQUIRED);
        }
    }
    for (id, expression, rule) in rules.expressions() {
        if let Some(n) = divisor(expression, rule) {
            object.multiple_of = Some(n.into());
            rules.say_id(id);
            break;
        }
    }
    object
}

/// The divisor of a rule like `this % 5 == 0`.
pub(super) fn divisor(expression: &str, rule: Option<&Const>) -> Option<u64> {
    let compact: String = expression.chars().filter(|c| !c.is_whitespace()).collect();
    let inner = compact.strip_prefix("this%")?;
    let inner = inner.strip_suffix("==0u").or_else(|| inner.strip_suffix("==0"))?;
    let n = match (inner, rule) {
        ("rule", Some(Const::Int(n))) => u64::try_from(*n),
        ("rule", Some(Const::Uint(n))) => Ok(*n),
        (digits, _) => {
            let digits = digits.strip_suffix('u').unwrap_or(digits);
            // Without a number it is another expression.
            let is_number = (1..=18).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
            Ok(if is_number {
                digits.bytes().fold(0, |n, digit| n * 10 + u64::from(digit - b'0'))
            } else {
                0
            })
        }
    };
    n.map_or(None, |n| (n > 0).then_some(n))
}

fn bounds(object: &mut Object, range: &Range<'_>, number: impl Fn(&Const) -> Option<Number>) {
    if let Some(bound) = &range.lower
        && let Some(n) = number(bound.value)
    {
        object.minimum = None;
        if bound.included {
            object.minimum = Some(n);
        } else {
            object.exclusive_minimum = Some(n);
        }
    }
    if let Some(bound) = &range.upper
        && let Some(n) = number(bound.value)
    {
        object.maximum = None;
        if bound.included {
            object.maximum = Some(n);
        } else {
            object.exclusive_maximum = Some(n);
        }
    }
}

/// Integers of 64 bits are text. Their range is a pattern where that is short, and said in words besides.
fn long(rules: &Rules<'_>, kind: Scalar) -> Object {
    let mut object = types::scalar(kind);
    number_as_text(rules, kind, &mut object);
    object
}

/// The pattern or the values of an integer that is written as text.
pub(super) fn number_as_text(rules: &Rules<'_>, kind: Scalar, object: &mut Object) {
    let (signed, digits) = match kind {
        Scalar::Uint64 | Scalar::Fixed64 => (false, 20),
        Scalar::Int64 | Scalar::Sint64 | Scalar::Sfixed64 => (true, 19),
        Scalar::Uint32 | Scalar::Fixed32 => (false, 10),
        _ => (true, 10),
    };
    let number = |value: &Const| match value {
        Const::Int(n) => Some(i128::from(*n)),
        Const::Uint(n) => Some(i128::from(*n)),
        _ => None,
    };
    if let Some(mut values) = values(rules, |value| number(value).map(|n| json!(n.to_string()))) {
        if rules.not_zero {
            values.retain(|value| *value != json!("0"));
            rules.say_id(REQUIRED);
        }
        object.enum_values = Some(values);
        object.pattern = None;
        return;
    }
    let range = rules.range().filter(|range| !range.outside);
    let end = |bound: &Option<Bound<'_>>, inward: i128| {
        let bound = bound.as_ref()?;
        Some(number(bound.value)? + if bound.included { 0 } else { inward })
    };
    let mut low = range.as_ref().and_then(|range| end(&range.lower, 1));
    let high = range.as_ref().and_then(|range| end(&range.upper, -1));
    if rules.not_zero && (!signed || low.is_some_and(|low| low >= 0)) {
        low = Some(low.unwrap_or(0).max(1));
        rules.say_id(REQUIRED);
    }
    let any = format!("^(0|{}[1-9][0-9]{{0,{}}})$", if signed { "-?" } else { "" }, digits - 1);
    let exact = || digits::pattern(low.or((!signed).then_some(0)), high, signed, digits);
    let exact = (low.is_some() || high.is_some()).then(exact).flatten();
    if exact.is_some()
        && rules.part == Part::Key
        && let Some(range) = &range
    {
        rules.say_range(range);
    }
    object.pattern = exact.or(Some(any));
}

/// A key of a map as text.
pub(super) fn key(value: &Const) -> String {
    match value {
        Const::Bool(value) => value.to_string(),
        Const::Int(n) => n.to_string(),
        Const::Uint(n) => n.to_string(),
        Const::Str(text) => text.clone(),
        _ => String::new(),
    }
}

fn float(rules: &Rules<'_>, kind: Scalar, not_finite: &mut NotFinite<'_>) -> RefOr<Schema> {
    let mut object = types::scalar(kind);
    // A float is as many digits as it takes to tell it from others, not those of the double.
    let number = |n: f64| {
        #[allow(clippy::cast_possible_truncation)] // it was one
        let short = || (n as f32).to_string().parse().unwrap_or(n);
        if kind == Scalar::Float { short() } else { n }
    };
    let finite = |value: &Const| match value {
        Const::Double(n) if n.is_finite() => Some(number(*n)),
        _ => None,
    };
    object.enum_values = values(rules, |value| finite(value).map(|n| json!(n)));
    let range = rules.range().filter(|range| !range.outside);
    if let Some(range) = &range {
        let ends = [&range.lower, &range.upper].into_iter().flatten();
        if ends.clone().all(|bound| finite(bound.value).is_some()) {
            bounds(&mut object, range, |value| finite(value).map(Number::from));
            rules.say_range(range);
        }
    }
    let is_finite = rules.is_on("finite");
    rules.say(&["finite"]);
    let allowed: Vec<&str> = types::NOT_FINITE
        .iter()
        .filter(|(_, n)| !is_finite && allows(rules, *n))
        .map(|(word, _)| *word)
        .collect();
    match (&object.enum_values, allowed.as_slice()) {
        (_, []) => object.into(),
        (Some(values), words) if values.is_empty() => {
            of_values(Type::String.into(), words.iter().map(|word| json!(word)).collect()).into()
        }
        (_, words) if words.len() == types::NOT_FINITE.len() => {
            let items = vec![object.into(), not_finite()];
            RefOr::T(AnyOf { items, ..AnyOf::default() }.into())
        }
        (_, words) => {
            let words = words.iter().map(|word| json!(word)).collect();
            either(object.into(), of_values(Type::String.into(), words).into())
        }
    }
}

/// Whether the rules allow what is not finite. NaN is equal to nothing, so that it is in no list.
fn allows(rules: &Rules<'_>, n: f64) -> bool {
    if n.is_nan() {
        let bound_is_nan = rules.range().is_some_and(|range| {
            [&range.lower, &range.upper]
                .into_iter()
                .flatten()
                .any(|bound| matches!(bound.value, Const::Double(n) if n.is_nan()))
        });
        return rules.allowed().is_none() && (rules.range().is_none() || bound_is_nan);
    }
    rules.allows(&Const::Double(n))
}

/// An enum whose rules leave only some of its values, by their names; none where all are allowed.
pub(super) fn enumeration(rules: &Rules<'_>, node: &Enum) -> Option<Object> {
    rules.say(&["defined_only"]);
    let refused = rules.refused();
    let allowed = rules.allowed();
    if refused.is_empty() && allowed.is_none() && !rules.not_zero {
        return None;
    }
    rules.say(&["const", "in", "not_in"]);
    rules.say_id(REQUIRED);
    let defined_only = rules.is_on("defined_only");
    let fits = |number: i32| {
        let number = Const::Int(number.into());
        let is_zero = number == Const::Int(0);
        (rules.allows(&number) && !(rules.not_zero && is_zero)) || (rules.skips_zero && is_zero)
    };
    let names = node.values.iter().filter(|value| fits(value.number)).map(|value| json!(value.name));
    let mut values: Vec<Value> = names.collect();
    let mut ty = SchemaType::from(Type::String);
    // Numbers without a name are written as numbers.
    for value in allowed.into_iter().flatten().filter(|_| !defined_only) {
        if let Const::Int(number) = value
            && !refused.contains(value)
            && !node.values.iter().any(|value| i64::from(value.number) == *number)
        {
            values.push(json!(number));
            ty = SchemaType::AnyValue;
        }
    }
    Some(of_values(ty, values))
}
