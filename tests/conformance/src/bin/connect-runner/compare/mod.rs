//! What a client tells of a call, held against what its case wants.

mod headers;
mod info;
#[cfg(test)]
mod tests;

use conformance::connect::conformance_payload::RequestInfo;
use conformance::connect::test_suite::TestMode;
use conformance::connect::{
    ClientResponseResult, Code, ConformancePayload, Error, HttpVersion, Named, StreamType,
};
use prost_types::Any;

use crate::cases::Case;
use crate::schema::Schema;

/// What is wrong with a result; nothing if it is as wanted.
pub(crate) fn compare(
    schema: &Schema,
    case: &Case,
    mode: TestMode,
    actual: &ClientResponseResult,
) -> Vec<String> {
    let wanted = &case.expected;
    let mut problems = Vec::new();
    error(schema, wanted.error.as_ref(), actual.error.as_ref(), &allowed(case, mode), &mut problems);
    payloads(schema, &wanted.payloads, &actual.payloads, &mut problems);
    metadata(case, actual, &mut problems);
    if let (Some(wanted), Some(status)) = (wanted.http_status_code, actual.http_status_code)
        && wanted != status
    {
        problems.push(format!("HTTP status {status}, wanted {wanted}"));
    }
    problems
}

/// The codes that are as good as the wanted one.
fn allowed(case: &Case, mode: TestMode) -> Vec<i32> {
    let timed = case.request.timeout_ms.is_some() && case.request.http_version() != HttpVersion::HttpVersion1;
    let exceeded = case.expected.error.as_ref().is_some_and(|error| error.code() == Code::DeadlineExceeded);
    if mode == TestMode::Server && timed && exceeded && case.other_codes.is_empty() {
        // A server whose caller is out of time may as well end the stream.
        return vec![Code::Canceled.into()];
    }
    case.other_codes.clone()
}

fn error(
    schema: &Schema,
    wanted: Option<&Error>,
    actual: Option<&Error>,
    others: &[i32],
    problems: &mut Vec<String>,
) {
    let (wanted, actual) = match (wanted, actual) {
        (None, None) => return,
        (None, Some(actual)) => {
            return problems.push(format!("an error, {}, where none was wanted", show(actual)));
        }
        (Some(wanted), None) => return problems.push(format!("no error, wanted {}", show(wanted))),
        (Some(wanted), Some(actual)) => (wanted, actual),
    };
    if wanted.code != actual.code && !others.contains(&actual.code) {
        problems.push(format!("the error {}, wanted {}", show(actual), show(wanted)));
    }
    if wanted.message.as_ref().is_some_and(|message| message != actual.message()) {
        problems.push(format!("the message {:?}, wanted {:?}", actual.message(), wanted.message()));
    }
    if wanted.details.len() != actual.details.len() {
        problems.push(format!(
            "{} details of the error, wanted {}",
            actual.details.len(),
            wanted.details.len()
        ));
    }
    for (at, (wanted, actual)) in wanted.details.iter().zip(&actual.details).enumerate() {
        detail(schema, at, wanted, actual, problems);
    }
}

fn detail(schema: &Schema, at: usize, wanted: &Any, actual: &Any, problems: &mut Vec<String>) {
    match (RequestInfo::from_any(wanted), RequestInfo::from_any(actual)) {
        (Some(Ok(wanted)), Some(Ok(actual))) => {
            info::compare(schema, Some(&wanted), Some(&actual), true, problems);
        }
        _ if schema.same(wanted, actual) && wanted.type_url == actual.type_url => {}
        _ => problems.push(format!("detail {at} is {}, wanted {}", schema.show(actual), schema.show(wanted))),
    }
}

fn payloads(
    schema: &Schema,
    wanted: &[ConformancePayload],
    actual: &[ConformancePayload],
    problems: &mut Vec<String>,
) {
    if wanted.len() != actual.len() {
        problems.push(format!("{} responses, wanted {}", actual.len(), wanted.len()));
    }
    for (at, (wanted, actual)) in wanted.iter().zip(actual).enumerate() {
        if wanted.data != actual.data {
            problems.push(format!("response {at} has other data: {} bytes", actual.data.len()));
        }
        let (wanted, actual) = (wanted.request_info.as_ref(), actual.request_info.as_ref());
        info::compare(schema, wanted, actual, at == 0, problems);
    }
}

/// Headers and trailers. A failed call with one response may give both as one, on either side.
fn metadata(case: &Case, actual: &ClientResponseResult, problems: &mut Vec<String>) {
    let wanted = &case.expected;
    let mut apart = Vec::new();
    headers::compare("header", &wanted.response_headers, &actual.response_headers, &mut apart);
    headers::compare("trailer", &wanted.response_trailers, &actual.response_trailers, &mut apart);
    let one = matches!(case.request.stream_type(), StreamType::Unary | StreamType::ClientStream);
    if !apart.is_empty() && one && wanted.error.is_some() && wanted.payloads.is_empty() {
        let merged = headers::merge(&wanted.response_headers, &wanted.response_trailers);
        for side in [&actual.response_headers, &actual.response_trailers] {
            let mut together = Vec::new();
            headers::compare("metadata", &merged, side, &mut together);
            if together.is_empty() {
                return;
            }
        }
    }
    problems.append(&mut apart);
}

fn show(error: &Error) -> String {
    format!("{} {:?}", error.code().as_str_name().trim_start_matches("CODE_"), error.message())
}
