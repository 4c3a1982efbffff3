//! What the server saw of a call.

use conformance::connect::conformance_payload::RequestInfo;

use super::headers;
use crate::schema::Schema;

/// What the way to the server may take off a timeout, in milliseconds.
const ON_THE_WAY: i64 = 500;

/// Compares what was seen. Only the first response of a call tells of more than its requests.
pub(super) fn compare(
    schema: &Schema,
    wanted: Option<&RequestInfo>,
    actual: Option<&RequestInfo>,
    first: bool,
    problems: &mut Vec<String>,
) {
    let none = RequestInfo::default();
    let (wanted, actual) = (wanted.unwrap_or(&none), actual.unwrap_or(&none));
    if first {
        headers::compare("header of the request", &wanted.request_headers, &actual.request_headers, problems);
        if !is_timeout(wanted.timeout_ms, actual.timeout_ms) {
            problems.push(format!("a timeout of {:?} ms, wanted {:?}", actual.timeout_ms, wanted.timeout_ms));
        }
        let params = |info: &RequestInfo| {
            info.connect_get_info.as_ref().map(|get| get.query_params.clone()).unwrap_or_default()
        };
        headers::compare("parameter of the query", &params(wanted), &params(actual), problems);
    }
    if wanted.requests.len() != actual.requests.len() {
        problems.push(format!("{} requests seen, wanted {}", actual.requests.len(), wanted.requests.len()));
    }
    for (at, (wanted, actual)) in wanted.requests.iter().zip(&actual.requests).enumerate() {
        if !schema.same(wanted, actual) {
            problems.push(format!(
                "request {at} was seen as {}, wanted {}",
                schema.show(actual),
                schema.show(wanted)
            ));
        }
    }
}

/// Whether a timeout is what was sent, less the time on the way.
fn is_timeout(wanted: Option<i64>, actual: Option<i64>) -> bool {
    match (wanted, actual) {
        (None, None) => true,
        (Some(wanted), Some(actual)) => ((wanted - ON_THE_WAY).max(0)..=wanted).contains(&actual),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_timeout;

    #[test]
    fn a_timeout_may_shrink_but_not_appear() {
        assert!(is_timeout(None, None));
        assert!(is_timeout(Some(1000), Some(1000)) && is_timeout(Some(1000), Some(500)));
        assert!(is_timeout(Some(200), Some(0)));
        assert!(!is_timeout(Some(1000), Some(1001)) && !is_timeout(Some(1000), Some(499)));
        assert!(!is_timeout(Some(1000), None) && !is_timeout(None, Some(1)));
    }
}
