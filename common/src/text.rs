//! Values as CEL writes and reads them. One file for the generator, which writes what is known at build time,
//! and the runtime, which writes the rest.

use std::fmt::Write as _;

const NANOS: i64 = 1_000_000_000;

/// Seconds of 0001-01-01 and of the last second of 9999, the bounds of a timestamp.
pub const TIMESTAMP_SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// A double as `%s` writes it: all digits, no exponent.
pub fn double(value: f64) -> String {
    match value {
        v if v.is_nan() => "NaN".to_owned(),
        v if v.is_infinite() => if v > 0.0 { "Infinity" } else { "-Infinity" }.to_owned(),
        v => format!("{v}"),
    }
}

/// A double as `string()` writes it: the shortest digits, with an exponent below 1e-4 and from 1e6.
pub fn double_short(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    if value == 0.0 {
        return if value.is_sign_negative() { "-0" } else { "0" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = split_exponent(&scientific);
    if (-4..6).contains(&exponent) {
        return format!("{value}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// A double with a fixed count of decimals.
pub fn double_fixed(value: f64, decimals: usize) -> String {
    if value.is_finite() { format!("{value:.decimals$}") } else { double(value) }
}

/// A double in scientific notation, the exponent with a sign and two digits.
pub fn double_scientific(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return double(value);
    }
    let text = format!("{value:.decimals$e}");
    let (digits, exponent) = split_exponent(&text);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// The digits and the exponent of a number as `{:e}` writes it.
fn split_exponent(scientific: &str) -> (&str, i32) {
    let (digits, exponent) = scientific.split_once('e').expect("scientific notation has an exponent");
    (digits, exponent.parse().expect("an exponent is an integer"))
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// A duration: its seconds, then `s`.
#[allow(clippy::cast_precision_loss)] // CEL writes a duration as the double of its seconds
pub fn duration(seconds: i64, nanos: i32) -> String {
    format!("{}s", double(seconds as f64 + f64::from(nanos) / 1e9))
}

/// The civil date of a count of days from 1970-01-01: year, month and day from one.
pub fn date(days: i64) -> (i64, u32, u32) {
    // Days are counted from 0000-03-01, in eras of 400 years, so that leap days end a year.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    (year, u32::try_from(month).unwrap_or(1), u32::try_from(day).unwrap_or(1))
}

/// The count of days from 1970-01-01 to a civil date.
pub fn days(year: i64, month: u32, day: u32) -> i64 {
    let (year, month, day) = (year - i64::from(month <= 2), i64::from(month), i64::from(day));
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// A timestamp in RFC 3339, in UTC, with the fraction that it has.
pub fn timestamp(seconds: i64, nanos: i32) -> String {
    let (year, month, day) = date(seconds.div_euclid(86_400));
    let of_day = seconds.rem_euclid(86_400);
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    let mut out = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
    if nanos != 0 {
        let fraction = format!("{nanos:09}");
        let _ = write!(out, ".{}", fraction.trim_end_matches('0'));
    }
    out.push('Z');
    out
}

fn digits(text: &str, count: usize) -> Option<(u32, &str)> {
    let head = text.get(..count)?;
    if !head.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some((head.parse().ok()?, &text[count..]))
}

/// Reads RFC 3339 into seconds and nanoseconds.
pub fn parse_timestamp(text: &str) -> Option<(i64, i32)> {
    let (year, rest) = digits(text, 4)?;
    let (month, rest) = digits(rest.strip_prefix('-')?, 2)?;
    let (day, rest) = digits(rest.strip_prefix('-')?, 2)?;
    let (hour, rest) = digits(rest.strip_prefix(['T', 't'])?, 2)?;
    let (minute, rest) = digits(rest.strip_prefix(':')?, 2)?;
    let (second, mut rest) = digits(rest.strip_prefix(':')?, 2)?;
    let mut nanos = 0;
    if let Some(fraction) = rest.strip_prefix('.') {
        let count = fraction.bytes().take_while(u8::is_ascii_digit).count();
        if count == 0 {
            return None;
        }
        let kept = &fraction[..count.min(9)];
        nanos = kept.parse::<i32>().ok()? * 10_i32.pow(u32::try_from(9 - kept.len()).ok()?);
        rest = &fraction[count..];
    }
    let offset = match rest {
        "Z" | "z" => 0,
        _ => {
            let sign = if rest.starts_with('-') { -1 } else { 1 };
            let (hours, rest) = digits(rest.strip_prefix(['+', '-'])?, 2)?;
            let (minutes, rest) = digits(rest.strip_prefix(':')?, 2)?;
            if !rest.is_empty() || hours > 23 || minutes > 59 {
                return None;
            }
            sign * (i64::from(hours) * 3_600 + i64::from(minutes) * 60)
        }
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if day == 0 || day > length || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let of_day = i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second);
    let seconds = days(year.into(), month, day) * 86_400 + of_day - offset;
    TIMESTAMP_SECONDS.contains(&seconds).then_some((seconds, nanos))
}

/// Reads a duration as `1h30m`, `-1.5s` or `0`, into seconds and nanoseconds of one sign.
pub fn parse_duration(text: &str) -> Option<(i64, i32)> {
    let (negative, mut rest) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (text.starts_with('-'), rest),
        None => (false, text),
    };
    if rest == "0" {
        return Some((0, 0));
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let whole = rest.bytes().take_while(u8::is_ascii_digit).count();
        let mut fraction = "";
        let mut end = whole;
        if rest[whole..].starts_with('.') {
            let count = rest[whole + 1..].bytes().take_while(u8::is_ascii_digit).count();
            fraction = &rest[whole + 1..whole + 1 + count];
            end = whole + 1 + count;
        }
        if whole == 0 && fraction.is_empty() {
            return None;
        }
        let (unit, after) = unit(&rest[end..])?;
        let number: i128 = if whole == 0 { 0 } else { rest[..whole].parse().ok()? };
        total = total.checked_add(number.checked_mul(unit)?)?;
        let kept = &fraction[..fraction.len().min(15)];
        if !kept.is_empty() {
            let scale = 10_i128.pow(u32::try_from(kept.len()).ok()?);
            total += kept.parse::<i128>().ok()? * unit / scale;
        }
        rest = after;
    }
    let total = if negative { -total } else { total };
    // Like the reference, a duration has as many nanoseconds as fit in 64 bits.
    let total = i64::try_from(total).ok()?;
    Some((total / NANOS, i32::try_from(total % NANOS).ok()?))
}

fn unit(text: &str) -> Option<(i128, &str)> {
    const UNITS: [(&str, i128); 8] = [
        ("ns", 1),
        ("us", 1_000),
        ("µs", 1_000),
        ("μs", 1_000),
        ("ms", 1_000_000),
        ("s", 1_000_000_000),
        ("m", 60_000_000_000),
        ("h", 3_600_000_000_000),
    ];
    UNITS.iter().find_map(|(name, size)| Some((*size, text.strip_prefix(name)?)))
}

/// A verb of `format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text between verbs.
    Text(&'a str),
    /// A verb with its precision.
    Verb(char, Option<usize>),
}

/// The pieces of a template of `format`, or why it is none.
pub fn pieces(template: &str) -> Result<Vec<Piece<'_>>, &'static str> {
    let mut out = Vec::new();
    let mut rest = template;
    while let Some(at) = rest.find('%') {
        if at > 0 {
            out.push(Piece::Text(&rest[..at]));
        }
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            out.push(Piece::Text("%"));
            rest = after;
            continue;
        }
        let mut precision = None;
        if let Some(after) = rest.strip_prefix('.') {
            let count = after.bytes().take_while(u8::is_ascii_digit).count();
            precision = Some(after[..count].parse().map_err(|_| "the precision of a verb needs digits")?);
            if precision > Some(1_000) {
                return Err("the precision of a verb is above 1000");
            }
            rest = &after[count..];
        }
        match rest.chars().next() {
            Some(verb) if "sdfebxXo".contains(verb) => {
                out.push(Piece::Verb(verb, precision));
                rest = &rest[1..];
            }
            Some(_) => return Err("unknown verb; format knows %s %d %f %e %b %x %X %o and %%"),
            None => return Err("the template ends in `%`"),
        }
    }
    if !rest.is_empty() {
        out.push(Piece::Text(rest));
    }
    Ok(out)
}

/// How many values a template of `format` takes.
pub fn verbs(template: &str) -> Result<usize, &'static str> {
    Ok(pieces(template)?.iter().filter(|p| matches!(p, Piece::Verb(..))).count())
}
