//! Errors as HTTP has them.

use std::time::Duration;

use prost::Message as _;
use rsvc::error::StatusExt as _;
use rsvc::rest::Rest;
use rsvc::{Code, Status};
use serde_json::json;
use tonic_types::ErrorDetails;

use crate::demo::Items;
use crate::setup::{Answer, ask, rest};

fn failing(status: Status) -> Rest {
    let items = Items::default();
    items.0.lock().unwrap().fail = Some(status);
    Rest::new().add(items)
}

async fn fail(status: Status, headers: &[(&str, &str)]) -> Answer {
    ask(&failing(status), "GET", "/v1/fail", headers, "").await
}

#[tokio::test]
async fn every_code_has_its_status() {
    for number in 1..=16 {
        let code = Code::from_i32(number);
        let answer = fail(Status::new(code, "why: \"ä\" 100%"), &[]).await;
        assert_eq!(answer.status.as_u16(), rsvc::error::http_status(code), "{code:?}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.json(), json!({"code": number, "message": "why: \"ä\" 100%"}));
    }
}

#[tokio::test]
async fn details_come_with_their_types() {
    let mut details = ErrorDetails::with_error_info("WHY", "d.example", [("k".to_owned(), "v".to_owned())]);
    details.set_retry_info(Some(Duration::from_millis(1500)));
    let status = Status::with_error_details(Code::Unavailable, "later", details);
    let answer = fail(status, &[]).await;
    assert_eq!(answer.header("retry-after"), Some("2"));
    assert_eq!(
        answer.json()["details"],
        json!([
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1.500s"},
            {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "WHY", "domain": "d.example", "metadata": {"k": "v"}},
        ])
    );
}

#[tokio::test]
async fn a_detail_that_nobody_knows_loses_nothing() {
    let any =
        |name: &str, value: &[u8]| prost_types::Any { type_url: format!("t/{name}"), value: value.into() };
    let info = tonic_types::pb::ErrorInfo { reason: "WHY".into(), ..Default::default() };
    let details = tonic_types::pb::Status {
        code: 3,
        message: String::new(),
        details: vec![
            any("no.such.Type", b"\x0a\x01x"),
            any("google.rpc.ErrorInfo", &info.encode_to_vec()),
            any("google.rpc.ErrorInfo", b"\xff"),
        ],
    };
    let answer = fail(Status::with_details(Code::NotFound, "m", details.encode_to_vec().into()), &[]).await;
    assert_eq!(
        answer.json()["details"],
        json!([
            {"@type": "t/no.such.Type", "value": "CgF4"},
            {"@type": "t/google.rpc.ErrorInfo", "reason": "WHY"},
            {"@type": "t/google.rpc.ErrorInfo", "value": "/w=="},
        ])
    );
    let answer = fail(Status::with_details(Code::NotFound, "m", vec![0xff].into()), &[]).await;
    assert_eq!(answer.json(), json!({"code": 5, "message": "m"}));
}

#[tokio::test]
async fn problem_documents() {
    let details = ErrorDetails::with_error_info("WHY", "d", [("k".to_owned(), "v".to_owned())]);
    let status = Status::with_error_details(Code::NotFound, "no user 7", details);
    let answer = fail(status, &[("accept", "application/problem+json, application/json")]).await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let mut problem = answer.json();
    assert_eq!(problem["details"].as_array_mut().unwrap().len(), 1);
    problem["details"].take();
    assert_eq!(
        problem,
        json!({"type": "about:blank", "title": "Not Found", "status": 404, "detail": "no user 7", "code": "NOT_FOUND", "details": null})
    );
    let accept = [("accept", "application/problem+json")];
    assert_eq!(ask(&rest(), "GET", "/v1/items/%", &accept, "").await.json()["status"], 400);
    assert_eq!(ask(&rest(), "GET", "/nothing", &accept, "").await.json()["status"], 404);
    assert_eq!(ask(&rest(), "PUT", "/v1/items", &accept, "").await.json()["status"], 405);
    assert_eq!(ask(&rest(), "GET", "/v1/items/7", &accept, "").await.json(), json!({"id": "7"}));
}

#[tokio::test]
async fn protobuf_errors_for_those_who_speak_it() {
    let answer = fail(Status::not_found("m"), &[("accept", "application/x-protobuf")]).await;
    assert_eq!(answer.header("content-type"), Some("application/x-protobuf"));
    let status = tonic_types::pb::Status::decode(answer.body).unwrap();
    assert_eq!((status.code, &*status.message), (5, "m"));
}

#[tokio::test]
async fn what_the_system_says_stays_in_the_log() {
    let answer = fail(std::fs::read("/there/is/no/such/file").unwrap_err().into(), &[]).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (500, &serde_json::json!(13)));
    assert!(!String::from_utf8(answer.body.to_vec()).unwrap().contains("os error"));
}

#[tokio::test]
async fn who_is_nobody_is_asked_who() {
    let answer = ask(&rest(), "GET", "/v1/secret", &[], "").await;
    assert_eq!((answer.status.as_u16(), answer.header("www-authenticate")), (401, Some("Bearer")));
    let items = Items::default();
    items.0.lock().unwrap().fail = Some(Status::unauthenticated("m"));
    items.0.lock().unwrap().headers = vec![("www-authenticate", "Basic")];
    let answer = ask(&Rest::new().add(items), "GET", "/v1/fail", &[], "").await;
    assert_eq!(answer.header("www-authenticate"), Some("Basic"));
}

#[tokio::test]
async fn metadata_comes_with_errors() {
    let mut status = Status::not_found("m");
    status.metadata_mut().insert("x-of-error", "1".parse().unwrap());
    // What another server said of its hop.
    let foreign = [("content-type", "x"), ("server", "other"), ("via", "1.1 other"), ("content-length", "7")];
    for (key, value) in foreign.into_iter().chain([("content-encoding", "gzip"), ("date", "never")]) {
        status.metadata_mut().insert(key, value.parse().unwrap());
    }
    let items = Items::default();
    {
        let mut behaviour = items.0.lock().unwrap();
        behaviour.fail = Some(status);
        behaviour.headers = vec![("x-early", "2")];
        behaviour.trailers = vec![("x-late", "3"), ("x-of-error", "4")];
    }
    let answer = ask(&Rest::new().add(items), "GET", "/v1/fail", &[], "").await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("grpc-metadata-x-early"), Some("2"));
    assert_eq!(answer.header("grpc-trailer-x-late"), Some("3"));
    assert_eq!(answer.headers.get_all("grpc-trailer-x-of-error").iter().count(), 1);
    for key in ["server", "via", "content-length", "content-encoding", "date"] {
        for prefix in ["", "grpc-metadata-", "grpc-trailer-"] {
            let name = format!("{prefix}{key}");
            let value = answer.header(&name);
            assert!(value.is_none_or(|value| !foreign.contains(&(key, value))), "{name}: {value:?}");
            assert!(prefix.is_empty() || value.is_none(), "{name}: {value:?}");
        }
    }
    assert_eq!(answer.json()["message"], "m");
}
