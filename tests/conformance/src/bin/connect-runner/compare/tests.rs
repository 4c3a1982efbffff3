use conformance::connect::{ClientCompatRequest, Header, UnaryRequest};

use super::*;

fn header(name: &str, value: &str) -> Header {
    Header { name: name.into(), value: vec![value.into()] }
}

fn error(code: Code) -> Error {
    Error { code: code.into(), message: Some("no".into()), details: Vec::new() }
}

fn failed(code: Code) -> ClientResponseResult {
    ClientResponseResult { error: Some(error(code)), ..ClientResponseResult::default() }
}

fn payload(data: &str, info: Option<RequestInfo>) -> ConformancePayload {
    ConformancePayload { data: data.into(), request_info: info }
}

fn case(expected: ClientResponseResult) -> Case {
    let mut request = ClientCompatRequest::default();
    request.set_stream_type(StreamType::Unary);
    request.set_http_version(HttpVersion::HttpVersion2);
    Case { request, expected, other_codes: Vec::new(), raw_response: None }
}

fn problems(case: &Case, actual: &ClientResponseResult) -> usize {
    compare(&Schema::of_tests(), case, TestMode::Server, actual).len()
}

#[test]
fn codes_and_messages() {
    let mut case = case(failed(Code::NotFound));
    assert_eq!(problems(&case, &failed(Code::NotFound)), 0);
    assert_eq!(problems(&case, &failed(Code::Internal)), 1);
    assert_eq!(problems(&case, &ClientResponseResult::default()), 1);
    case.other_codes = vec![Code::Internal.into()];
    assert_eq!(problems(&case, &failed(Code::Internal)), 0);
    let mut other = failed(Code::NotFound);
    other.error.as_mut().unwrap().message = Some("yes".into());
    assert_eq!(problems(&case, &other), 1);
    case.expected.error.as_mut().unwrap().message = None;
    assert_eq!(problems(&case, &other), 0);
    case.expected.error = None;
    assert_eq!(problems(&case, &other), 1);
}

#[test]
fn a_server_may_cancel_a_call_that_is_out_of_time() {
    let mut case = case(failed(Code::DeadlineExceeded));
    assert_eq!(problems(&case, &failed(Code::Canceled)), 1);
    case.request.timeout_ms = Some(200);
    assert_eq!(problems(&case, &failed(Code::Canceled)), 0);
    let as_client = compare(&Schema::of_tests(), &case, TestMode::Client, &failed(Code::Canceled));
    assert_eq!(as_client.len(), 1);
    case.request.set_http_version(HttpVersion::HttpVersion1);
    assert_eq!(problems(&case, &failed(Code::Canceled)), 1);
}

#[test]
fn details_count_in_their_order() {
    let detail = |data: &str| UnaryRequest { request_data: data.into(), ..UnaryRequest::default() }.to_any();
    let with = |details: &[&str]| {
        let mut result = failed(Code::NotFound);
        result.error.as_mut().unwrap().details = details.iter().map(|data| detail(data)).collect();
        result
    };
    let case = case(with(&["a", "b"]));
    assert_eq!(problems(&case, &with(&["a", "b"])), 0);
    assert_eq!(problems(&case, &with(&["b", "a"])), 2);
    assert_eq!(problems(&case, &with(&["a"])), 1);
    // The same message in other bytes: a field that is there and zero.
    let mut longer = with(&["a", "b"]);
    longer.error.as_mut().unwrap().details[0].value = b"\x12\x01x\x12\x01a".to_vec();
    assert_eq!(problems(&case, &longer), 0);
}

#[test]
fn payloads_and_what_the_server_saw() {
    let info = |headers: Vec<Header>, timeout_ms| {
        Some(RequestInfo { request_headers: headers, timeout_ms, ..RequestInfo::default() })
    };
    let with = |payloads| ClientResponseResult { payloads, ..ClientResponseResult::default() };
    let first = payload("a", info(vec![header("x", "1")], Some(1000)));
    let case = case(with(vec![first.clone(), payload("b", None)]));
    let seen = info(vec![header("X", "1"), header("host", "h")], Some(900));
    let later = info(vec![header("y", "2")], Some(1));
    assert_eq!(problems(&case, &with(vec![payload("a", seen.clone()), payload("b", later)])), 0);
    assert_eq!(problems(&case, &with(vec![payload("a", seen.clone())])), 1);
    assert_eq!(problems(&case, &with(vec![payload("x", seen), payload("b", None)])), 1);
    assert_eq!(problems(&case, &with(vec![payload("a", None), payload("b", None)])), 2);
}

#[test]
fn metadata_of_a_failed_call_may_be_one() {
    let with = |headers: Vec<Header>, trailers: Vec<Header>| ClientResponseResult {
        response_headers: headers,
        response_trailers: trailers,
        ..failed(Code::NotFound)
    };
    let (a, b) = (header("x-a", "1"), header("x-b", "2"));
    let mut case = case(with(vec![a.clone()], vec![b.clone()]));
    let apart = with(vec![a.clone()], vec![b.clone()]);
    let together = [with(vec![a.clone(), b.clone()], vec![]), with(vec![], vec![a.clone(), b.clone()])];
    assert_eq!(problems(&case, &apart), 0);
    assert!(together.iter().all(|result| problems(&case, result) == 0));
    assert_eq!(problems(&case, &with(vec![b], vec![a])), 2);
    case.request.set_stream_type(StreamType::ServerStream);
    assert_eq!(problems(&case, &apart), 0);
    assert!(together.iter().all(|result| problems(&case, result) == 1));
}

#[test]
fn the_status_of_http_counts_where_both_have_it() {
    let with = |status| ClientResponseResult { http_status_code: status, ..failed(Code::NotFound) };
    assert_eq!(problems(&case(with(Some(404))), &with(Some(404))), 0);
    assert_eq!(problems(&case(with(Some(404))), &with(Some(200))), 1);
    assert_eq!(problems(&case(with(Some(404))), &with(None)), 0);
    assert_eq!(problems(&case(with(None)), &with(Some(200))), 0);
}
