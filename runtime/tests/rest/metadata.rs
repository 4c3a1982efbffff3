//! Headers and metadata.

use std::time::Duration;

use rsvc::rest::{Options, Rest};

use crate::demo::Items;
use crate::setup::ask;

/// Calls, and gives back the context that the handler was given.
async fn context(headers: &[(&str, &str)]) -> rsvc::Context {
    let items = Items::default();
    ask(&Rest::new().add(items.clone()), "GET", "/v1/items/7", headers, "").await;
    let contexts = std::mem::take(&mut items.0.lock().unwrap().contexts);
    contexts.into_iter().next().unwrap()
}

#[tokio::test]
async fn headers_become_metadata() {
    let ctx = context(&[
        ("authorization", "Bearer t"),
        ("grpc-metadata-tenant", "7"),
        ("grpc-metadata-key-bin", "aGk="),
        ("x-plain", "v"),
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ("connection", "x-hop"),
        ("x-hop", "1"),
    ])
    .await;
    assert_eq!(ctx.metadata_str("authorization"), Some("Bearer t"));
    assert_eq!(ctx.metadata_str("tenant"), Some("7"));
    assert_eq!(ctx.metadata().get_bin("key-bin").unwrap().to_bytes().unwrap(), "hi");
    assert_eq!(ctx.metadata_str("x-plain"), Some("v"));
    assert!(ctx.metadata_str("traceparent").is_some());
    assert_eq!(ctx.metadata_str("x-hop"), None);
    assert_eq!(ctx.deadline(), None);
    assert_eq!(ctx.method().unwrap().name, "Get");
}

#[tokio::test]
async fn deadlines() {
    for headers in [("grpc-timeout", "5S"), ("x-request-timeout", "5"), ("X-Request-Timeout", "5000ms")] {
        let left = context(&[headers]).await.remaining().unwrap();
        assert!(left <= Duration::from_secs(5) && left > Duration::ZERO, "{headers:?}");
    }
    let rest = Rest::new().add(Items::default());
    for headers in [("grpc-timeout", "5"), ("x-request-timeout", "soon"), ("a-bin", "!")] {
        assert_eq!(ask(&rest, "GET", "/v1/items/7", &[headers], "").await.status, 400, "{headers:?}");
    }
    let answer = ask(&rest, "GET", "/v1/slow", &[("x-request-timeout", "10ms")], "").await;
    assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (504, &serde_json::json!(4)));
    let rest = rest.default_timeout(Duration::from_millis(10));
    assert_eq!(ask(&rest, "GET", "/v1/slow", &[], "").await.status, 504);
}

#[tokio::test]
async fn metadata_goes_back() {
    let items = Items::default();
    {
        let mut behaviour = items.0.lock().unwrap();
        behaviour.headers = vec![("x-out", "1"), ("location", "/v1/items/8"), ("set-cookie", "a=b")];
        behaviour.trailers = vec![("x-sum", "2")];
    }
    let rest = Rest::new().add(items);
    let answer = ask(&rest, "GET", "/v1/items/7", &[], "").await;
    assert_eq!(answer.header("grpc-metadata-x-out"), Some("1"));
    assert_eq!(answer.header("location"), Some("/v1/items/8"));
    assert_eq!(answer.header("set-cookie"), Some("a=b"));
    assert_eq!(answer.header("grpc-trailer-x-sum"), Some("2"));
    let rest = rest.options(Options::new().response_headers(["X-Out"]));
    let answer = ask(&rest, "GET", "/v1/items/7", &[], "").await;
    assert_eq!(answer.header("x-out"), Some("1"));
    assert_eq!(answer.header("grpc-metadata-location"), Some("/v1/items/8"));
}
