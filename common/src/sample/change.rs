//! Values from what rules mention, for rules that the tables do not say.

use super::random::Random;
use super::table::{Field, Kind, Known, Scalar, Tables, Type, Value};
use super::{numbers, words};

/// A value of a type from literals: one of them, one near it, or made of several.
pub(super) fn by_literals(ty: Type, literals: &[Value], random: &mut Random) -> Option<Value> {
    match ty {
        Type::Scalar(scalar) | Type::Known(Known::Wrapper(scalar)) => by_scalar(scalar, literals, random),
        Type::Enum(_) => by_scalar(Scalar::Int32, literals, random),
        Type::Known(Known::Timestamp | Known::Duration) => {
            let times: Vec<(i64, i32)> = literals
                .iter()
                .filter_map(|literal| match literal {
                    Value::Time(seconds, nanos) => Some((*seconds, *nanos)),
                    Value::Int(n) => Some((i64::try_from(*n).ok()?, 0)),
                    _ => None,
                })
                .collect();
            let (seconds, nanos) = *random.pick(&times)?;
            let step = *random.pick(&[0, 1, -1, 3_600, -3_600])?;
            Some(Value::Time(seconds.checked_add(step)?, nanos))
        }
        _ => None,
    }
}

fn by_scalar(scalar: Scalar, literals: &[Value], random: &mut Random) -> Option<Value> {
    let numbers = || -> Vec<i128> {
        let numbers = literals.iter().filter_map(|literal| match literal {
            Value::Int(n) => Some(*n),
            #[allow(clippy::cast_possible_truncation)] // near it is good enough
            Value::Double(d) => Some(*d as i128),
            _ => None,
        });
        numbers.collect()
    };
    match scalar {
        Scalar::Bool => Some(Value::Bool(random.once_in(2))),
        Scalar::String => text(literals, &numbers(), random).map(Value::Text),
        Scalar::Bytes => {
            let all: Vec<Vec<u8>> = literals
                .iter()
                .filter_map(|literal| match literal {
                    Value::Bytes(bytes) => Some(bytes.clone()),
                    Value::Text(text) => Some(text.clone().into_bytes()),
                    Value::Int(n) => Some(vec![b'x'; usize::try_from(*n).ok().filter(|n| *n < 4_096)?]),
                    _ => None,
                })
                .collect();
            random.pick(&all).cloned().map(Value::Bytes)
        }
        Scalar::Float | Scalar::Double => {
            let all: Vec<f64> = literals
                .iter()
                .filter_map(|literal| match literal {
                    Value::Double(d) => Some(*d),
                    #[allow(clippy::cast_precision_loss)]
                    Value::Int(n) => Some(*n as f64),
                    _ => None,
                })
                .collect();
            let step = *random.pick(&[0.0, 0.5, -0.5, 1.0, -1.0])?;
            Some(Value::Double(numbers::round(scalar, random.pick(&all)? + step)))
        }
        _ => {
            let (least, most) = scalar.range()?;
            let numbers = numbers();
            let (one, other) = (*random.pick(&numbers)?, *random.pick(&numbers)?);
            let n = match random.below(10) {
                0..=2 => one,
                3 => one + 1,
                4 => one - 1,
                5 => one.checked_mul(other)?,
                6 => one + other,
                7 => one.checked_mul(i128::try_from(random.below(20)).ok()?)?,
                8 => random.between(one.min(other), one.max(other)),
                _ => -one,
            };
            (least..=most).contains(&n).then_some(Value::Int(n))
        }
    }
}

fn text(literals: &[Value], numbers: &[i128], random: &mut Random) -> Option<String> {
    let texts: Vec<&str> = literals
        .iter()
        .filter_map(|literal| match literal {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    let word = words::handle(words::Persona::new(random));
    let sized = numbers.iter().filter_map(|n| usize::try_from(*n).ok()).filter(|n| *n <= 4_096);
    let sized: Vec<usize> = sized.collect();
    let out = match (random.pick(&texts), random.below(10)) {
        (Some(one), 0..=2) => (*one).to_owned(),
        (Some(one), 3) => format!("{one}{word}"),
        (Some(one), 4) => format!("{word}{one}"),
        (Some(one), 5) => format!("{word}{one}{word}"),
        (Some(one), 6) => format!("{one}{}", random.pick(&texts)?),
        (Some(one), 7) => format!("{one}{word}{}", random.pick(&texts)?),
        (Some(one), 8) => [*one; 3].join(&word),
        (_, 9) | (None, 0..=4) => random.below(100_000).to_string(),
        _ => word,
    };
    // Sometimes of a size that is mentioned.
    let Some(size) = random.pick(&sized).filter(|_| random.once_in(2)) else { return Some(out) };
    let size = size + random.below(3);
    let size = size.saturating_sub(1);
    Some(out.chars().chain("abcdefgh".chars().cycle()).take(size).collect())
}

/// A number of any size.
pub(super) fn magnitude(ty: Type, random: &mut Random) -> Option<Value> {
    let Type::Scalar(scalar) = ty else { return None };
    let n = *random.pick(&[0_i128, 1, 2, 3, 5, 10, 50, 100, 1_000, 1_000_000, 1_000_000_000])?;
    match scalar {
        #[allow(clippy::cast_precision_loss)] // it is exact
        Scalar::Float | Scalar::Double => Some(Value::Double(n as f64)),
        _ => scalar.range().filter(|(_, most)| n <= *most).map(|_| Value::Int(n)),
    }
}

/// How many items a list may have: a few, or a number that is mentioned.
pub(super) fn size(literals: &[Value], random: &mut Random) -> usize {
    let sizes = literals.iter().filter_map(|literal| match literal {
        Value::Int(n) => usize::try_from(*n).ok().filter(|n| *n <= 256),
        _ => None,
    });
    let sizes: Vec<usize> = sizes.collect();
    match random.pick(&sizes) {
        Some(size) if random.once_in(2) => (size + random.below(3)).saturating_sub(1),
        _ => random.below(4),
    }
}

/// A value that is not the zero value, for a field that has to be set.
pub(super) fn other_than_zero(tables: &Tables, field: &Field) -> Option<Value> {
    let Kind::One(ty) = field.kind else { return None };
    let mut rules = field.rules.clone();
    rules.not.push(ty.zero(tables)?);
    let all: &[Value] = match ty {
        Type::Scalar(Scalar::Bool) => &[Value::Bool(true)],
        _ => &[],
    };
    let near = [1, 2, -1].map(Value::Int);
    let doubles = [0.5, 1.0, -0.5].map(Value::Double);
    let mut all = all.iter().chain(&near).chain(&doubles);
    let is_kind = |value: &&Value| match (ty, value) {
        (Type::Scalar(scalar), Value::Int(n)) => {
            scalar.range().is_some_and(|(least, most)| (least..=most).contains(n))
        }
        (Type::Enum(_), Value::Int(_))
        | (Type::Scalar(Scalar::Float | Scalar::Double), Value::Double(_))
        | (Type::Scalar(Scalar::Bool), Value::Bool(_)) => true,
        _ => false,
    };
    all.find(|value| is_kind(value) && super::solver::fits(tables, ty, &rules, value)).cloned()
}
