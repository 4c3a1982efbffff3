//! Timestamps and durations.

use rsvc_common::text::{self, TIMESTAMP_SECONDS};

use super::Error;

type Result<T> = std::result::Result<T, Error>;

const NANOS: i64 = 1_000_000_000;

/// A point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    seconds: i64,
    nanos: i32,
}

/// A span of time; nanoseconds are never negative, so that the order of the parts is the order of the spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration {
    seconds: i64,
    nanos: i32,
}

#[inline]
const fn normal(seconds: i64, nanos: i32) -> (i64, i32) {
    // The usual case first: both fields as the protocol wants them.
    if nanos >= 0 && nanos < 1_000_000_000 {
        return (seconds, nanos);
    }
    let carry = nanos.div_euclid(1_000_000_000);
    #[allow(clippy::cast_lossless)] // `From` is not const
    let seconds = seconds.saturating_add(carry as i64);
    (seconds, nanos.rem_euclid(1_000_000_000))
}

impl Timestamp {
    /// From the fields of `google.protobuf.Timestamp`.
    #[inline]
    pub const fn new(seconds: i64, nanos: i32) -> Self {
        let (seconds, nanos) = normal(seconds, nanos);
        Self { seconds, nanos }
    }

    fn checked(total: i128) -> Result<Self> {
        let seconds = i64::try_from(total.div_euclid(NANOS.into())).map_err(|_| Error::RANGE)?;
        let nanos = i32::try_from(total.rem_euclid(NANOS.into())).map_err(|_| Error::RANGE)?;
        if TIMESTAMP_SECONDS.contains(&seconds) { Ok(Self { seconds, nanos }) } else { Err(Error::RANGE) }
    }

    fn total(self) -> i128 {
        i128::from(self.seconds) * i128::from(NANOS) + i128::from(self.nanos)
    }

    /// Seconds from 1970, rounded down, and the nanoseconds from there.
    pub fn parts(self) -> (i64, i32) {
        (self.seconds, self.nanos)
    }
}

impl Duration {
    /// From the fields of `google.protobuf.Duration`.
    #[inline]
    pub const fn new(seconds: i64, nanos: i32) -> Self {
        let (seconds, nanos) = normal(seconds, nanos);
        Self { seconds, nanos }
    }

    fn checked(total: i128) -> Result<Self> {
        // The reference keeps durations in 64 bits of nanoseconds.
        let total = i64::try_from(total).map_err(|_| Error::RANGE)?;
        Ok(Self::from_nanos(total))
    }

    fn from_nanos(total: i64) -> Self {
        Self {
            seconds: total.div_euclid(NANOS),
            nanos: i32::try_from(total.rem_euclid(NANOS)).expect("the rest is below a second"),
        }
    }

    fn total(self) -> i128 {
        i128::from(self.seconds) * i128::from(NANOS) + i128::from(self.nanos)
    }

    /// Seconds and nanoseconds of one sign, as the protocol has them.
    pub fn parts(self) -> (i64, i32) {
        if self.seconds < 0 && self.nanos > 0 {
            (self.seconds + 1, self.nanos - 1_000_000_000)
        } else {
            (self.seconds, self.nanos)
        }
    }
}

impl From<&prost_types::Timestamp> for Timestamp {
    #[inline]
    fn from(t: &prost_types::Timestamp) -> Self {
        Self::new(t.seconds, t.nanos)
    }
}

impl From<&prost_types::Duration> for Duration {
    #[inline]
    fn from(t: &prost_types::Duration) -> Self {
        Self::new(t.seconds, t.nanos)
    }
}

impl From<std::time::SystemTime> for Timestamp {
    fn from(time: std::time::SystemTime) -> Self {
        let t = prost_types::Timestamp::from(time);
        Self::new(t.seconds, t.nanos)
    }
}

/// `t + d`
#[inline]
pub fn add_timestamp(t: Timestamp, d: Duration) -> Result<Timestamp> {
    Timestamp::checked(t.total() + d.total())
}

/// `t - d`
#[inline]
pub fn sub_timestamp(t: Timestamp, d: Duration) -> Result<Timestamp> {
    Timestamp::checked(t.total() - d.total())
}

/// `a - b`
pub fn timestamp_difference(a: Timestamp, b: Timestamp) -> Result<Duration> {
    Duration::checked(a.total() - b.total())
}

/// `a + b`
pub fn add_duration(a: Duration, b: Duration) -> Result<Duration> {
    Duration::checked(a.total() + b.total())
}

/// `a - b`
pub fn sub_duration(a: Duration, b: Duration) -> Result<Duration> {
    Duration::checked(a.total() - b.total())
}

/// `google.protobuf.Timestamp{seconds: …, nanos: …}`
pub fn make_timestamp(seconds: i64, nanos: i64) -> Result<Timestamp> {
    Timestamp::checked(i128::from(seconds) * i128::from(NANOS) + i128::from(nanos))
}

/// `google.protobuf.Duration{seconds: …, nanos: …}`
pub fn make_duration(seconds: i64, nanos: i64) -> Result<Duration> {
    Duration::checked(i128::from(seconds) * i128::from(NANOS) + i128::from(nanos))
}

/// `int(t)`
pub fn int_from_timestamp(t: Timestamp) -> i64 {
    t.seconds
}

/// `int(d)`, in nanoseconds.
pub fn int_from_duration(d: Duration) -> Result<i64> {
    i64::try_from(d.total()).map_err(|_| Error::OVERFLOW)
}

/// `timestamp(seconds)`
pub fn timestamp_from_int(seconds: i64) -> Result<Timestamp> {
    make_timestamp(seconds, 0)
}

/// `timestamp(text)`
pub fn timestamp_from_str(a: &str) -> Result<Timestamp> {
    text::parse_timestamp(a).map(|(s, n)| Timestamp::new(s, n)).ok_or(Error::CONVERSION)
}

/// `duration(text)`
pub fn duration_from_str(a: &str) -> Result<Duration> {
    text::parse_duration(a).map(|(s, n)| Duration::new(s, n)).ok_or(Error::CONVERSION)
}

/// `duration(nanoseconds)`
pub fn duration_from_int(nanos: i64) -> Duration {
    Duration::from_nanos(nanos)
}

/// `string(t)`
pub fn str_from_timestamp(t: Timestamp) -> String {
    text::timestamp(t.seconds, t.nanos)
}

/// `string(d)`
pub fn str_from_duration(d: Duration) -> String {
    let (seconds, nanos) = d.parts();
    text::duration(seconds, nanos)
}

impl From<Timestamp> for prost_types::Timestamp {
    fn from(t: Timestamp) -> Self {
        Self { seconds: t.seconds, nanos: t.nanos }
    }
}

impl From<Duration> for prost_types::Duration {
    fn from(d: Duration) -> Self {
        let (seconds, nanos) = d.parts();
        Self { seconds, nanos }
    }
}

/// The offset of a zone at a time: `UTC`, `+01:30`, or the name of a place as `Europe/Paris`.
fn offset(zone: &str, at: i64) -> Result<i64> {
    const UNKNOWN: Error = Error::new("unknown time zone; an offset is written as +01:30");
    if is_utc(zone) {
        return Ok(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let Some((hours, minutes)) = zone.trim_start_matches(['+', '-']).split_once(':') else {
        return offset_of_place(zone, at);
    };
    let part = |text: &str, limit: i64| match text.parse::<i64>() {
        Ok(n) if text.len() == 2 && (0..limit).contains(&n) => Ok(n),
        _ => Err(UNKNOWN),
    };
    Ok(sign * (part(hours, 24)? * 3_600 + part(minutes, 60)? * 60))
}

const fn is_utc(zone: &str) -> bool {
    matches!(zone.as_bytes(), b"" | b"UTC" | b"Z" | b"GMT" | b"Etc/UTC")
}

/// The offset of a place, from the tables that are compiled in.
#[cfg(feature = "time-zones")]
fn offset_of_place(zone: &str, at: i64) -> Result<i64> {
    let unknown = |_| Error::new("unknown time zone");
    let zone = jiff::tz::db().get(zone).map_err(unknown)?;
    // The last hours of the year 9999 are beyond that crate's times, and no zone changes in them.
    let at = at.clamp(jiff::Timestamp::MIN.as_second(), jiff::Timestamp::MAX.as_second());
    let at = jiff::Timestamp::from_second(at).map_err(unknown)?;
    Ok(zone.to_offset(at).seconds().into())
}

#[cfg(not(feature = "time-zones"))]
fn offset_of_place(_: &str, _: i64) -> Result<i64> {
    Err(Error::new("the names of places need the feature `time-zones` of rsvc"))
}

/// A zone that a rule has as a literal: where the tables for the name of a place are missing, that is an error of the build.
#[allow(clippy::missing_panics_doc, reason = "it is evaluated when a rule is compiled")]
pub const fn zone(zone: &'static str) -> &'static str {
    let mut is_offset = false;
    let mut at = 0;
    while at < zone.len() {
        is_offset |= zone.as_bytes()[at] == b':';
        at += 1;
    }
    assert!(
        cfg!(feature = "time-zones") || is_offset || is_utc(zone),
        "a validation rule names the time zone of a place: switch the feature `time-zones` of rsvc on"
    );
    zone
}

macro_rules! getters {
    ($($(#[$doc:meta])* $name:ident $zoned:ident |$seconds:ident| $body:expr;)*) => {
        $($(#[$doc])*
        pub fn $name(t: Timestamp) -> i64 {
            let $seconds = t.seconds;
            $body
        }

        /// The same in a time zone.
        pub fn $zoned(t: Timestamp, zone: &str) -> Result<i64> {
            let $seconds = t.seconds + offset(zone, t.seconds)?;
            Ok($body)
        })*
    };
}

fn civil(seconds: i64) -> (i64, u32, u32) {
    text::date(seconds.div_euclid(86_400))
}

getters! {
    /// `t.getFullYear()`
    year year_in |s| civil(s).0;
    /// `t.getMonth()`, from zero.
    month month_in |s| i64::from(civil(s).1) - 1;
    /// `t.getDayOfYear()`, from zero.
    day_of_year day_of_year_in |s| s.div_euclid(86_400) - text::days(civil(s).0, 1, 1);
    /// `t.getDayOfMonth()`, from zero.
    day_of_month day_of_month_in |s| i64::from(civil(s).2) - 1;
    /// `t.getDate()`, from one.
    date date_in |s| i64::from(civil(s).2);
    /// `t.getDayOfWeek()`, Sunday being zero.
    day_of_week day_of_week_in |s| (s.div_euclid(86_400) + 4).rem_euclid(7);
    /// `t.getHours()`
    hours hours_in |s| s.rem_euclid(86_400) / 3_600;
    /// `t.getMinutes()`
    minutes minutes_in |s| s.rem_euclid(3_600) / 60;
    /// `t.getSeconds()`
    seconds seconds_in |s| s.rem_euclid(60);
}

/// `t.getMilliseconds()`
pub fn milliseconds(t: Timestamp) -> i64 {
    i64::from(t.nanos / 1_000_000)
}

/// The same in a time zone.
pub fn milliseconds_in(t: Timestamp, zone: &str) -> Result<i64> {
    offset(zone, t.seconds).map(|_| milliseconds(t))
}

/// `d.getHours()`
pub fn duration_hours(d: Duration) -> i64 {
    d.parts().0 / 3_600
}

/// `d.getMinutes()`
pub fn duration_minutes(d: Duration) -> i64 {
    d.parts().0 / 60
}

/// `d.getSeconds()`
pub fn duration_seconds(d: Duration) -> i64 {
    d.parts().0
}

/// `d.getMilliseconds()`: those beyond the whole seconds.
pub fn duration_milliseconds(d: Duration) -> i64 {
    i64::from(d.parts().1 / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_duration_have_one_sign() {
        for (seconds, nanos, parts) in [
            (1, 500_000_000, (1, 500_000_000)),
            (-1, -500_000_000, (-1, -500_000_000)),
            (0, -1, (0, -1)),
            (-1, 0, (-1, 0)),
            (-2, 1, (-1, -999_999_999)),
            (2, -1, (1, 999_999_999)),
            (0, 0, (0, 0)),
        ] {
            assert_eq!(Duration::new(seconds, nanos).parts(), parts, "{seconds} {nanos}");
        }
        // A time is counted from below, also before 1970.
        assert_eq!(Timestamp::new(-1, 1).parts(), (-1, 1));
        assert_eq!(Timestamp::new(0, -1).parts(), (-1, 999_999_999));
    }
}
