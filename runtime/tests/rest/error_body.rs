//! Errors in a form that the user has chosen.

use rsvc::rest::{ErrorBody, ErrorResponse, Options, Rest};
use rsvc::{Code, Status};
use serde_json::{Value, json};

use crate::demo::Items;
use crate::setup::{Answer, ask};

/// What a team has had since before it met us.
#[allow(clippy::unnecessary_wraps, reason = "it is such a function that the option takes")]
fn ours(error: &ErrorResponse<'_>) -> Option<ErrorBody> {
    let usual: Value = serde_json::from_slice(&error.to_json()).unwrap();
    let text = json!({
        "ok": false,
        "why": error.status().message(),
        "http": error.http_status().as_u16(),
        "method": error.method().map(|method| method.name),
        "for": error.request_headers().get("x-for").map(|name| name.to_str().unwrap()),
        "in_stream": error.is_in_stream(),
        "details": usual["details"],
    });
    Some(ErrorBody::json(text.to_string()))
}

fn rest(write: impl Fn(&ErrorResponse<'_>) -> Option<ErrorBody> + Send + Sync + 'static) -> Rest {
    let items = Items::default();
    items.0.lock().unwrap().fail = Some(Status::already_exists("it is there"));
    Rest::new().add(items).options(Options::new().error_body(write))
}

async fn with(
    write: impl Fn(&ErrorResponse<'_>) -> Option<ErrorBody> + Send + Sync + 'static,
    accept: &str,
) -> Answer {
    ask(&rest(write), "GET", "/v1/fail", &[("accept", accept)], "").await
}

#[tokio::test]
async fn it_holds_for_every_error() {
    let rest = rest(ours);
    let error = |method, target, body| {
        let rest = rest.clone();
        async move {
            let answer = ask(&rest, method, target, &[("x-for", "ann")], body).await;
            assert_eq!(answer.header("content-type"), Some("application/json"));
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
            let error = answer.json();
            assert_eq!(error["http"], answer.status.as_u16(), "{error}");
            assert_eq!((&error["for"], &error["in_stream"]), (&json!("ann"), &json!(false)));
            (answer, error)
        }
    };
    let (_, failed) = error("GET", "/v1/fail", "").await;
    assert_eq!((&failed["why"], &failed["method"]), (&json!("it is there"), &json!("Fail")));
    assert_eq!(failed["http"], 409);
    let (_, nothing) = error("GET", "/nothing", "").await;
    assert_eq!((&nothing["http"], &nothing["method"]), (&json!(404), &json!(null)));
    let (answer, method) = error("PUT", "/v1/items", "").await;
    assert_eq!((&method["http"], answer.header("allow").is_some()), (&json!(405), true));
    let (answer, access) = error("GET", "/v1/secret", "").await;
    assert_eq!((&access["http"], answer.header("www-authenticate")), (&json!(401), Some("Bearer")));
    let (_, body) = error("POST", "/v1/items", "{").await;
    assert_eq!(body["http"], 400);
    assert!(body["details"][0]["fieldViolations"].is_array(), "{body}");
    let (_, long) = error("GET", &format!("/{}", "x".repeat(20_000)), "").await;
    assert_eq!(long["http"], 414);
    let fine = ask(&rest, "GET", "/v1/items/7", &[], "").await;
    assert_eq!(fine.json(), json!({"id": "7"}));
}

#[tokio::test]
async fn it_can_be_anything_and_can_leave_it_to_us() {
    let write = |error: &ErrorResponse<'_>| {
        let wants_xml = error.request_headers()["accept"] == "text/xml";
        wants_xml.then(|| ErrorBody::new("text/xml".parse().unwrap(), "<error/>"))
    };
    let xml = with(write, "text/xml").await;
    assert_eq!((xml.status.as_u16(), xml.header("content-type")), (409, Some("text/xml")));
    assert_eq!(xml.body, "<error/>");
    let usual = with(write, "*/*").await;
    assert_eq!(usual.json(), json!({"code": Code::AlreadyExists as i32, "message": "it is there"}));
    let problem = with(write, "application/problem+json").await;
    assert_eq!(problem.header("content-type"), Some("application/problem+json"));
}

#[tokio::test]
async fn a_function_that_panics_costs_its_body_alone() {
    let answer = with(|error| panic!("{error:?}"), "*/*").await;
    assert_eq!(answer.status, 409);
    assert_eq!(answer.json(), json!({"code": 6, "message": "it is there"}));
}
