//! `grpc-timeout`, and how deadlines combine.

use std::time::Duration;

use crate::bridge::Status;
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::Instant;

/// The header that carries the time left.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("grpc-timeout");

/// Units from fine to coarse, each in nanoseconds.
const UNITS: [(u8, u128); 6] = [
    (b'n', 1),
    (b'u', 1_000),
    (b'm', 1_000_000),
    (b'S', 1_000_000_000),
    (b'M', 60_000_000_000),
    (b'H', 3_600_000_000_000),
];

/// The largest number that the protocol's eight digits hold.
const MAX: u128 = 99_999_999;

/// Reads a value of `grpc-timeout`: one to eight digits and a unit.
///
/// Implementations differ on a malformed value: some ignore it, some answer `INTERNAL`. A caller that meant to set
/// a deadline should not get a call without one, and the fault is the caller's, so it is `INVALID_ARGUMENT`.
pub(crate) fn parse(value: &HeaderValue) -> Result<Duration, Status> {
    let malformed = || Status::invalid_argument(format!("malformed grpc-timeout {value:?}"));
    let (unit, digits) = value.as_bytes().split_last().ok_or_else(malformed)?;
    if digits.is_empty() || digits.len() > 8 || !digits.iter().all(u8::is_ascii_digit) {
        return Err(malformed());
    }
    let count = digits.iter().fold(0, |count, digit| count * 10 + u64::from(digit - b'0'));
    Ok(match unit {
        b'n' => Duration::from_nanos(count),
        b'u' => Duration::from_micros(count),
        b'm' => Duration::from_millis(count),
        b'S' => Duration::from_secs(count),
        b'M' => Duration::from_mins(count),
        b'H' => Duration::from_hours(count),
        _ => return Err(malformed()),
    })
}

/// The time that the headers of a call leave for it.
pub(crate) fn of_caller(headers: &HeaderMap) -> Result<Option<Duration>, Status> {
    headers.get(HEADER).map(parse).transpose()
}

/// Writes a value of `grpc-timeout`, in the finest unit that eight digits hold.
pub(crate) fn format(timeout: Duration) -> HeaderValue {
    let nanos = timeout.as_nanos();
    let (unit, count) = UNITS
        .iter()
        .map(|&(unit, size)| (unit, nanos / size))
        .find(|&(_, count)| count <= MAX)
        .unwrap_or((b'H', MAX));
    let mut text = Vec::with_capacity(9);
    text.extend_from_slice(itoa::Buffer::new().format(count).as_bytes());
    text.push(unit);
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("99999999H"))
}

/// The point `timeout` from now; `None` if that is beyond what the clock can tell.
pub(crate) fn after(timeout: Duration) -> Option<Instant> {
    Instant::now().checked_add(timeout)
}

/// The earlier of two limits, where each may be absent.
pub(crate) fn earliest<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// What a call gets whose time is over.
pub(crate) fn exceeded() -> Status {
    Status::deadline_exceeded("the deadline of the call has passed")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<Duration> {
        parse(&HeaderValue::from_str(text).unwrap()).ok()
    }

    #[test]
    fn every_unit() {
        assert_eq!(parsed("3H"), Some(Duration::from_hours(3)));
        assert_eq!(parsed("2M"), Some(Duration::from_mins(2)));
        assert_eq!(parsed("42S"), Some(Duration::from_secs(42)));
        assert_eq!(parsed("100m"), Some(Duration::from_millis(100)));
        assert_eq!(parsed("7u"), Some(Duration::from_micros(7)));
        assert_eq!(parsed("0n"), Some(Duration::ZERO));
        assert_eq!(parsed("99999999H"), Some(Duration::from_hours(99_999_999)));
    }

    #[test]
    fn malformed_is_the_callers_fault() {
        for text in ["", "S", "1", "1s", "+1S", "-1S", "1.5S", " 1S", "1 S", "123456789n", "1SS"] {
            let error = parse(&HeaderValue::from_str(text).unwrap()).unwrap_err();
            assert_eq!(error.code(), crate::bridge::Code::InvalidArgument, "{text:?}");
        }
    }

    #[test]
    fn written_values_are_the_finest_that_fit() {
        let written = |timeout| format(timeout).to_str().unwrap().to_owned();
        assert_eq!(written(Duration::from_millis(50)), "50000000n");
        assert_eq!(written(Duration::from_millis(500)), "500000u");
        assert_eq!(written(Duration::from_mins(2)), "120000m");
        assert_eq!(written(Duration::from_hours(100)), "360000S");
        assert_eq!(written(Duration::MAX), "99999999H");
        assert_eq!(written(Duration::ZERO), "0n");
    }

    #[test]
    fn a_written_value_reads_back_and_is_never_longer() {
        for nanos in [1u64, 99_999_999, 100_000_000, 123_456_789_012, u64::MAX] {
            let timeout = Duration::from_nanos(nanos);
            let back = parse(&format(timeout)).unwrap();
            assert!(back <= timeout && back >= timeout * 99 / 100, "{timeout:?} became {back:?}");
        }
    }

    #[test]
    fn the_earliest_wins() {
        assert_eq!(earliest(Some(1), Some(2)), Some(1));
        assert_eq!(earliest(None, Some(2)), Some(2));
        assert_eq!(earliest::<u8>(None, None), None);
    }
}
