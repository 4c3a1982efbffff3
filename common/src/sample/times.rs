//! Timestamps and durations.

use super::numbers::bounds_hold;
use super::random::Random;
use super::table::{Bound, Now, Rules, Value};
use crate::text::TIMESTAMP_SECONDS;

/// 2026-01-15T09:30:00Z: what is not said otherwise is after it, in the same year.
const USUAL: i64 = 1_768_469_400;
/// 2120-01-01T09:30:00Z: the future for whom the time is not known.
const FUTURE: i64 = 4_733_544_600;
/// What happens after the rest, by a part of its name.
const LATER: &[&str] =
    &["update", "modif", "change", "end", "expire", "until", "to", "delete", "last", "due", "finish"];
const DAY: i64 = 86_400;
/// The bounds of `google.protobuf.Duration`.
const DURATION_SECONDS: i64 = 315_576_000_000;

/// A timestamp that fulfils its rules at `now`, or at any time if that is not known.
pub(super) fn timestamp(rules: &Rules, name: &str, now: Option<i64>, random: &mut Random) -> Option<Value> {
    let step = i64::try_from(random.below(300)).unwrap_or(0);
    let turn = i64::try_from(random.turn()).unwrap_or(0);
    let late = LATER.iter().any(|word| name.contains(word));
    let later = if late { 2 * DAY + 2_700 } else { 0 };
    let mut usual =
        later + if random.is_calm() { USUAL + turn * DAY } else { USUAL + step * DAY + step * 61 };
    if rules.now.contains(&Now::Future) {
        usual = now.unwrap_or(FUTURE) + (1 + turn + step) * 3_600;
    } else if rules.now.contains(&Now::Past) {
        usual = now.map_or(usual.min(USUAL + turn), |now| usual.min(now - (1 + turn + step) * 60));
    }
    if let Some(Now::Within(span)) = rules.now.iter().find(|now| matches!(now, Now::Within(_))) {
        let part = (span / 4).min(3_600 + step);
        usual = now? + if rules.now.contains(&Now::Past) { -part } else { part };
    }
    within(rules, usual, (*TIMESTAMP_SECONDS.start(), *TIMESTAMP_SECONDS.end()), false)
}

/// A duration that fulfils its rules.
pub(super) fn duration(rules: &Rules, name: &str, random: &mut Random) -> Option<Value> {
    let likely = if name.contains("timeout") || name.contains("delay") { 5 } else { 90 };
    let turn = i64::try_from(random.turn()).unwrap_or(0);
    let usual =
        if random.is_calm() { likely + turn } else { i64::try_from(random.below(7_200)).unwrap_or(0) };
    within(rules, usual, (-DURATION_SECONDS, DURATION_SECONDS), true)
}

/// The usual value, or one near the bounds; with signed nanoseconds, as durations have them.
fn within(rules: &Rules, usual: i64, (least, most): (i64, i64), signed: bool) -> Option<Value> {
    let fits = |value: &Value| {
        let Value::Time(seconds, nanos) = value else { return false };
        (*nanos >= 0 || signed)
            && (least..=most).contains(seconds)
            && bounds_hold(rules, value)
            && !rules.not.contains(value)
    };
    let near = |bound: &Option<Bound>| match bound {
        Some(Bound { value: Value::Time(seconds, nanos), .. }) => Some((*seconds, *nanos)),
        _ => None,
    };
    let (low, high) = (near(&rules.lower), near(&rules.upper));
    let mut tries = vec![Value::Time(usual, 0)];
    if let (Some((low, _)), Some((high, _))) = (low, high) {
        let span = high.saturating_sub(low).max(1);
        tries.push(Value::Time(low.saturating_add(usual.rem_euclid(span)), 0));
        tries.push(Value::Time(low.saturating_add(span / 2), 0));
    }
    for (bound, sign) in [(low, 1_i64), (high, -1)] {
        let Some((seconds, nanos)) = bound else { continue };
        for step in [usual.rem_euclid(DAY), 60, 1] {
            tries.push(Value::Time(seconds.saturating_add(sign * step), 0));
        }
        tries.push(Value::Time(seconds, nanos));
        let total = i128::from(seconds) * 1_000_000_000 + i128::from(nanos) + i128::from(sign);
        tries.extend(time(total, signed));
    }
    tries.into_iter().find(fits)
}

/// Nanoseconds as seconds and nanoseconds, of one sign if they are signed.
fn time(nanos: i128, signed: bool) -> Option<Value> {
    const NANOS: i128 = 1_000_000_000;
    let (seconds, nanos) = if signed {
        (nanos / NANOS, nanos % NANOS)
    } else {
        (nanos.div_euclid(NANOS), nanos.rem_euclid(NANOS))
    };
    Some(Value::Time(i64::try_from(seconds).ok()?, i32::try_from(nanos).ok()?))
}
