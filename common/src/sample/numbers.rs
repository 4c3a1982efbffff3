//! Numbers.

use super::random::Random;
use super::table::{Bound, Rules, Scalar, Value};

/// What a number is likely to be, by the last word of its name.
const BY_WORD: &[(&str, i128)] = &[
    ("age", 36),
    ("year", 2026),
    ("month", 7),
    ("day", 14),
    ("hour", 9),
    ("minute", 30),
    ("second", 15),
    ("port", 8080),
    ("percent", 42),
    ("percentage", 42),
    ("quantity", 2),
    ("count", 3),
    ("size", 20),
    ("limit", 20),
    ("offset", 0),
    ("page", 1),
    ("price", 1999),
    ("amount", 1999),
    ("cents", 1999),
    ("units", 19),
    ("nanos", 990_000_000),
    ("total", 3998),
    ("rating", 4),
    ("stars", 4),
    ("score", 87),
    ("latitude", 51),
    ("lat", 51),
    ("longitude", 8),
    ("lng", 8),
    ("lon", 8),
    ("width", 640),
    ("height", 480),
    ("length", 120),
    ("weight", 750),
    ("version", 1),
    ("priority", 5),
    ("position", 1),
    ("number", 7),
    ("id", 42),
];

fn likely(name: &str) -> i128 {
    let lower = name.to_ascii_lowercase();
    let mut words = lower.split('_').rev();
    words.find_map(|word| BY_WORD.iter().find(|known| known.0 == word)).map_or(42, |known| known.1)
}

/// An integer within the bounds of its rules.
pub(super) fn integer(scalar: Scalar, rules: &Rules, name: &str, random: &mut Random) -> Option<i128> {
    let (least, most) = scalar.range()?;
    let bound = |bound: &Option<Bound>, step: i128| match bound {
        Some(Bound { value: Value::Int(n), inclusive }) => Some(if *inclusive { *n } else { n + step }),
        _ => None,
    };
    let (low, high) = (bound(&rules.lower, 1), bound(&rules.upper, -1));
    let (low, high) = match (low, high) {
        (Some(low), Some(high)) if low > high => {
            // Outside of the two: above the lower bound if there is room, or below the upper one.
            if low <= most && (random.is_calm() || high < least || random.once_in(2)) {
                (low, most)
            } else {
                (least, high)
            }
        }
        (low, high) => (low.unwrap_or(least).max(least), high.unwrap_or(most).min(most)),
    };
    if low > high {
        return None;
    }
    let likely = likely(name).clamp(low, high);
    let n = if random.is_calm() {
        let next = likely + i128::try_from(random.turn()).unwrap_or(0);
        if next <= high { next } else { low + (next - low) % (high - low + 1) }
    } else {
        // Mostly of the usual size, sometimes anything, and sometimes at an edge.
        match random.below(8) {
            0 => random.between(low, high),
            1 => low,
            2 => high,
            _ => {
                random.between(low.max(likely.saturating_sub(1_000)), high.min(likely.saturating_add(1_000)))
            }
        }
    };
    // The next one that is not excluded.
    let is_out = |n: i128| rules.not.contains(&Value::Int(n));
    let upward = (n..=high).take(rules.not.len() + 1).find(|n| !is_out(*n));
    upward.or_else(|| (low..=n).take(rules.not.len() + 1).find(|n| !is_out(*n)))
}

/// A floating-point number within the bounds of its rules.
pub(super) fn double(scalar: Scalar, rules: &Rules, name: &str, random: &mut Random) -> Option<f64> {
    let most = if scalar == Scalar::Float { f64::from(f32::MAX) } else { f64::MAX };
    let bound = |bound: &Option<Bound>| match bound {
        Some(Bound { value: Value::Double(d), inclusive }) => Some((*d, *inclusive)),
        _ => None,
    };
    let (low, high) = (bound(&rules.lower), bound(&rules.upper));
    for _ in 0..16 {
        let (mut from, mut to) = (low.map_or(-most, |low| low.0), high.map_or(most, |high| high.0));
        if from > to {
            (from, to) = if random.once_in(2) { (from, most) } else { (-most, to) };
        }
        let (from, to) = (from.max(-most), to.min(most));
        #[allow(clippy::cast_precision_loss)] // small numbers
        let (likely, some) = (likely(name) as f64, random.below(2_000) as f64 / 4.0);
        let usual = if random.is_calm() {
            let price = ["price", "amount", "total"].iter().any(|word| name.contains(word));
            #[allow(clippy::cast_precision_loss)]
            let turn = random.turn() as f64;
            (if price { 19.99 } else { likely + 0.5 }) + turn
        } else {
            likely + some - 250.0
        };
        #[allow(clippy::cast_precision_loss)]
        let share = (1 + random.below(98)) as f64 / 100.0;
        let tries = [usual, from * (1.0 - share) + to * share, from + 1.0, to - 1.0, from, to];
        for value in tries {
            let value = round(scalar, value);
            if fits_double(rules, value) && value.is_finite() {
                return Some(value);
            }
        }
    }
    None
}

/// The value as the scalar has it.
#[allow(clippy::cast_possible_truncation)] // that is what it is for
pub(super) fn round(scalar: Scalar, value: f64) -> f64 {
    if scalar == Scalar::Float { f64::from(value as f32) } else { value }
}

fn fits_double(rules: &Rules, value: f64) -> bool {
    bounds_hold(rules, &Value::Double(value)) && !rules.not.contains(&Value::Double(value))
}

/// How two values compare, if they do.
fn order(a: &Value, b: &Value) -> Option<std::cmp::Ordering> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Double(a), Value::Double(b)) => a.partial_cmp(b),
        (Value::Time(a, n), Value::Time(b, m)) => Some((a, n).cmp(&(b, m))),
        _ => None,
    }
}

/// Whether a value is within its bounds.
pub(super) fn bounds_hold(rules: &Rules, value: &Value) -> bool {
    let holds = |bound: &Bound, low: bool| {
        let Some(order) = order(value, &bound.value) else { return false };
        (bound.inclusive && order.is_eq()) || if low { order.is_gt() } else { order.is_lt() }
    };
    match (&rules.lower, &rules.upper) {
        (Some(low), Some(high)) if order(&low.value, &high.value).is_some_and(std::cmp::Ordering::is_gt) => {
            holds(low, true) || holds(high, false)
        }
        (low, high) => {
            low.as_ref().is_none_or(|low| holds(low, true))
                && high.as_ref().is_none_or(|high| holds(high, false))
        }
    }
}
