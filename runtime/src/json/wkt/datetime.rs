//! The calendar of RFC 3339: proleptic Gregorian, years 1 to 9999.

/// Seconds in a day.
const DAY: i64 = 86_400;
/// Days from 0000-03-01 to 1970-01-01: years are counted from March, so that leap days end them.
const EPOCH: i64 = 719_468;
/// Days in 400 years, after which the calendar repeats.
const ERA: i64 = 146_097;

/// 0001-01-01T00:00:00Z.
pub(super) const MIN_SECONDS: i64 = -62_135_596_800;
/// 9999-12-31T23:59:59Z.
pub(super) const MAX_SECONDS: i64 = 253_402_300_799;

/// A point in time, in UTC, to the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DateTime {
    pub(super) year: i64,
    pub(super) month: i64,
    pub(super) day: i64,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl DateTime {
    pub(super) fn from_seconds(seconds: i64) -> Self {
        let days = seconds.div_euclid(DAY) + EPOCH;
        let time = seconds.rem_euclid(DAY);
        let era = days.div_euclid(ERA);
        let day_of_era = days.rem_euclid(ERA);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / (ERA - 1)) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        // Months from March have 153 days in every five.
        let shifted = (5 * day_of_year + 2) / 153;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        Self {
            year: 400 * era + year_of_era + i64::from(month <= 2),
            month,
            day: day_of_year - (153 * shifted + 2) / 5 + 1,
            hour: time / 3600,
            minute: time / 60 % 60,
            second: time % 60,
        }
    }

    /// `None` where the calendar has no such day or time.
    pub(super) fn to_seconds(self) -> Option<i64> {
        let Self { year, month, day, hour, minute, second } = self;
        let valid = (1..=12).contains(&month)
            && (1..=days_in_month(year, month)).contains(&day)
            && (0..24).contains(&hour)
            && (0..60).contains(&minute)
            && (0..60).contains(&second);
        if !valid {
            return None;
        }
        let shifted_year = year - i64::from(month <= 2);
        let shifted_month = if month > 2 { month - 3 } else { month + 9 };
        let era = shifted_year.div_euclid(400);
        let year_of_era = shifted_year.rem_euclid(400);
        let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
        let day_of_era = 365 * year_of_era + year_of_era / 4 - year_of_era / 100 + day_of_year;
        let days = era * ERA + day_of_era - EPOCH;
        Some(days * DAY + hour * 3600 + minute * 60 + second)
    }
}

/// Appends `value` in `width` digits.
pub(super) fn push_digits(out: &mut Vec<u8>, mut value: u64, width: usize) {
    let start = out.len();
    out.resize(start + width, b'0');
    for digit in out[start..].iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

/// Appends a fraction of a second in 0, 3, 6 or 9 digits.
pub(super) fn push_nanos(out: &mut Vec<u8>, nanos: u32) {
    if nanos == 0 {
        return;
    }
    out.push(b'.');
    let nanos = u64::from(nanos);
    match (nanos % 1_000_000, nanos % 1000) {
        (0, _) => push_digits(out, nanos / 1_000_000, 3),
        (_, 0) => push_digits(out, nanos / 1000, 6),
        _ => push_digits(out, nanos, 9),
    }
}

/// Takes a number of exactly `width` digits.
pub(super) fn take_digits(text: &mut &[u8], width: usize) -> Option<i64> {
    let (digits, rest) = text.split_at_checked(width)?;
    *text = rest;
    digits.iter().try_fold(0, |value, b| b.is_ascii_digit().then(|| value * 10 + i64::from(b - b'0')))
}

/// Takes one character.
pub(super) fn take(text: &mut &[u8], byte: u8) -> Option<()> {
    *text = text.strip_prefix(&[byte])?;
    Some(())
}

/// Takes a fraction of a second, if there is one: a point and one to nine digits.
pub(super) fn take_nanos(text: &mut &[u8]) -> Option<i32> {
    if take(text, b'.').is_none() {
        return Some(0);
    }
    let width = text.iter().take_while(|b| b.is_ascii_digit()).count();
    if !(1..=9).contains(&width) {
        return None;
    }
    let value = take_digits(text, width)?;
    let places = 9 - u32::try_from(width).ok()?;
    i32::try_from(value * 10_i64.pow(places)).ok()
}

#[cfg(test)]
mod tests {
    use super::{DAY, DateTime, MAX_SECONDS, MIN_SECONDS, days_in_month};

    #[test]
    fn every_day_of_ten_thousand_years() {
        let mut expected = DateTime { year: 1, month: 1, day: 1, hour: 23, minute: 59, second: 58 };
        let mut seconds = MIN_SECONDS + DAY - 2;
        while seconds <= MAX_SECONDS {
            assert_eq!(DateTime::from_seconds(seconds), expected);
            assert_eq!(expected.to_seconds(), Some(seconds));
            seconds += DAY;
            expected.day += 1;
            if expected.day > days_in_month(expected.year, expected.month) {
                (expected.day, expected.month) = (1, expected.month + 1);
            }
            if expected.month > 12 {
                (expected.month, expected.year) = (1, expected.year + 1);
            }
        }
        assert_eq!(expected.year, 10_000);
    }

    #[test]
    fn days_that_are_not() {
        for (year, month, day) in
            [(2023, 2, 29), (1900, 2, 29), (2023, 4, 31), (2023, 13, 1), (2023, 0, 1), (2023, 1, 0)]
        {
            let date = DateTime { year, month, day, hour: 0, minute: 0, second: 0 };
            assert_eq!(date.to_seconds(), None, "{date:?}");
        }
        assert!(
            DateTime { year: 2000, month: 2, day: 29, hour: 0, minute: 0, second: 0 }.to_seconds().is_some()
        );
    }
}
