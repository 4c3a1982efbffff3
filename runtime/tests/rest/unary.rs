//! Calls with one request and one response.

use serde_json::json;

use crate::setup::{ask, get, post, rest};

#[tokio::test]
async fn path_query_and_body_make_a_request() {
    let answer = get("/v1/items/a%20b?count=5&child.count=-3&tags=x&tags=y+z").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.json(), json!({"id": "a b", "count": 5, "child": {"count": -3}, "tags": ["x", "y z"]}));
    let answer = post("/v1/items", r#"{"id":"7","count":2}"#).await;
    assert_eq!(answer.json(), json!({"id": "7", "count": 2}));
    let answer = ask(&rest(), "PATCH", "/v1/items/7?count=1", &[], r#"{"count":2}"#).await;
    assert_eq!(answer.json()["child"], json!({"count": 2}));
}
