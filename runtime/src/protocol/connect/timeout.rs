//! `Connect-Timeout-Ms`: the time that a caller leaves for a call, in milliseconds
//! ([Timeout](https://connectrpc.com/docs/protocol/#unary-request)).

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::bridge::Status;

pub(crate) const HEADER: HeaderName = HeaderName::from_static("connect-timeout-ms");

/// As many digits as the protocol allows.
const MAX_DIGITS: usize = 10;

/// The time that the headers of a call leave for it.
#[cfg(feature = "server")]
pub(crate) fn of_caller(headers: &HeaderMap) -> Result<Option<Duration>, Status> {
    headers.get(HEADER).map(parse).transpose()
}

#[cfg(feature = "server")]
fn parse(value: &HeaderValue) -> Result<Duration, Status> {
    let digits = value.as_bytes();
    if digits.is_empty() || digits.len() > MAX_DIGITS || !digits.iter().all(u8::is_ascii_digit) {
        return Err(Status::invalid_argument(format!(
            "malformed connect-timeout-ms {value:?}: it has up to {MAX_DIGITS} digits"
        )));
    }
    let millis = digits.iter().fold(0, |millis, digit| millis * 10 + u64::from(digit - b'0'));
    Ok(Duration::from_millis(millis))
}

/// Writes a time; what is longer than the protocol can say is the longest that it can.
#[cfg(feature = "client")]
pub(crate) fn format(timeout: Duration) -> HeaderValue {
    const MAX: u64 = 9_999_999_999;
    u64::try_from(timeout.as_millis()).unwrap_or(MAX).min(MAX).into()
}

#[cfg(all(test, feature = "server", feature = "client"))]
mod tests {
    use super::*;

    #[test]
    fn times_come_back() {
        for millis in [0, 1, 9_999_999_999] {
            let timeout = Duration::from_millis(millis);
            assert_eq!(parse(&format(timeout)).unwrap(), timeout);
        }
        assert_eq!(format(Duration::MAX), "9999999999");
    }

    #[test]
    fn malformed_is_the_callers_fault() {
        for text in ["", "-1", "1s", "1.5", "12345678901", " 1"] {
            let error = parse(&HeaderValue::from_str(text).unwrap()).unwrap_err();
            assert_eq!(error.code(), crate::bridge::Code::InvalidArgument, "{text:?}");
        }
    }
}
