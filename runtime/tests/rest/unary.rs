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

#[tokio::test]
async fn custom_verbs_and_what_looks_like_them() {
    assert_eq!(get("/v1/items/7:check").await.json(), json!({"id": "7"}));
    assert_eq!(get("/v1/items/7:other").await.json(), json!({"id": "7:other"}));
    assert_eq!(get("/v1/items/7%3Acheck").await.json(), json!({"id": "7:check"}));
    assert_eq!(get("/v1/items/7:check:check").await.json(), json!({"id": "7:check"}));
    assert_eq!(get("/v1/items/:check").await.status, 404);
    assert_eq!(get("/v1/items/").await.status, 404);
}

#[tokio::test]
async fn escapes_in_variables() {
    assert_eq!(get("/v1/items/a%2Fb%20c").await.json(), json!({"id": "a/b c"}));
    assert_eq!(get("/v1/files/a%2fb/c%20d").await.json(), json!({"id": "a%2fb/c d"}));
    assert_eq!(get("/v1/files").await.json(), json!({}));
    assert_eq!(get("/v1/files/").await.json(), json!({}));
    assert_eq!(get("/v1/files/a//b/").await.json(), json!({"id": "a//b/"}));
    assert_eq!(
        get("/v1/shelves/shelves/a%2Fb/5").await.json(),
        json!({"child": {"id": "shelves/a%2Fb"}, "count": 5})
    );
    for target in ["/v1/items/a%", "/v1/items/a%2", "/v1/items/%zz", "/v1/items/%FF", "/v1/items/a?note=%"] {
        let answer = get(target).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (400, &json!(3)), "{target}");
    }
}

#[tokio::test]
async fn absolute_targets() {
    assert_eq!(get("http://x.example/v1/items/7?count=5").await.json(), json!({"id": "7", "count": 5}));
}

#[tokio::test]
async fn methods() {
    let rest = rest();
    let head = ask(&rest, "HEAD", "/v1/items/7", &[], "").await;
    assert_eq!((head.status.as_u16(), head.header("content-length")), (200, Some("10")));
    assert!(head.body.is_empty());
    let options = ask(&rest, "OPTIONS", "/v1/items/7", &[], "").await;
    assert_eq!((options.status.as_u16(), options.header("allow")), (204, Some("GET, HEAD, OPTIONS, PATCH")));
    let post = ask(&rest, "POST", "/v1/items/7", &[], "{}").await;
    assert_eq!((post.status.as_u16(), post.header("allow")), (405, Some("GET, HEAD, OPTIONS, PATCH")));
    assert_eq!(post.json()["code"], 12);
    for method in ["GET", "BREW", "OPTIONS"] {
        assert_eq!(ask(&rest, method, "/v1/any", &[], "").await.status, 200, "{method}");
    }
    assert_eq!(ask(&rest, "GET", "/v1/nothing", &[], "").await.json()["code"], 5);
}

#[tokio::test]
async fn values_of_every_type() {
    for (query, expected) in [
        ("count=%2B5", json!({"count": 5})),
        ("count=+5", json!({"count": 5})),
        ("long=-9223372036854775808", json!({"long": "-9223372036854775808"})),
        ("big=18446744073709551615", json!({"big": "18446744073709551615"})),
        ("zigzag=-7&fixed=7", json!({"zigzag": "-7", "fixed": 7})),
        ("ratio=.5", json!({"ratio": 0.5})),
        ("ratio=-Infinity&small=1e3", json!({"ratio": "-Infinity", "small": 1000})),
        ("flag=T", json!({"flag": true})),
        ("kind=KIND_BAD", json!({"kind": "KIND_BAD"})),
        ("kind=1", json!({"kind": "KIND_GOOD"})),
        ("data=-_8", json!({"data": "+/8="})),
        ("data=+/8=", json!({"data": "+/8="})),
        ("note=", json!({"note": ""})),
        ("note", json!({"note": ""})),
        ("maybe=0", json!({"maybe": 0})),
        ("maybe.value=5", json!({"maybe": 5})),
        ("text=a+b", json!({"text": "a b"})),
        ("text=", json!({"text": ""})),
        ("at=2020-01-02T03:04:05+01:00", json!({"at": "2020-01-02T02:04:05Z"})),
        ("at.seconds=1&at.nanos=5", json!({"at": "1970-01-01T00:00:01.000000005Z"})),
        ("span=-1.5s", json!({"span": "-1.500s"})),
        ("updateMask=fooBar,a.b", json!({"updateMask": "fooBar,a.b"})),
        ("update_mask.paths=a&update_mask.paths=b", json!({"updateMask": "a,b"})),
        (
            "any.type_url=type.googleapis.com/google.protobuf.Int32Value&any.value=CAU",
            json!({"any": {"@type": "type.googleapis.com/google.protobuf.Int32Value", "value": 5}}),
        ),
        ("value.string_value=x", json!({"value": "x"})),
        ("numbers=1&numbers=2&tags=a&numbers=3", json!({"numbers": [1, 2, 3], "tags": ["a"]})),
        ("child.child.child.kind=KIND_GOOD", json!({"child": {"child": {"child": {"kind": "KIND_GOOD"}}}})),
        ("child%2Ecount=1&child.tags=a&child.tags=b", json!({"child": {"count": 1, "tags": ["a", "b"]}})),
        ("pick_number=4", json!({"pickNumber": "4"})),
        ("=x&&unknown=1&unknown.child=2", json!({})),
        ("id=other", json!({})),
    ] {
        let answer = get(&format!("/v1/items/7?{query}")).await;
        let mut expected = expected;
        expected["id"] = json!("7");
        assert_eq!(answer.json(), expected, "{query}");
    }
}

#[tokio::test]
async fn values_that_are_none() {
    for (query, place, what) in [
        ("count=5.0", "count", "\"5.0\" is not an int32"),
        ("count=1e2", "count", "\"1e2\" is not an int32"),
        ("count=", "count", "\"\" is not an int32"),
        ("count=2147483648", "count", "\"2147483648\" is not an int32"),
        ("big=-1", "big", "\"-1\" is not an uint64"),
        ("flag=yes", "flag", "\"yes\" is not a bool"),
        ("ratio=nan", "ratio", "\"nan\" is not a double"),
        ("ratio=1_0", "ratio", "\"1_0\" is not a double"),
        ("small=1e39", "small", "\"1e39\" is not a float"),
        ("kind=99", "kind", "\"99\" is not a value of rest.v1.Kind"),
        ("kind=kind_good", "kind", "\"kind_good\" is not a value of rest.v1.Kind"),
        ("child=x", "child", "rest.v1.Item is a message: its fields are parameters of their own"),
        ("child.=x", "child.", "a name between the dots is missing"),
        ("id.x=1", "id.x", "`id` is not a message"),
        ("items.id=1", "items.id", "`items` is repeated: its elements have no names"),
        ("labels=1", "labels", "a map cannot be given in a query"),
        ("labels[a]=1", "labels[a]", "neither elements nor entries can be named in a query"),
        ("count=1&count=1", "count", "it is given more than once"),
        ("at=2020-01-02T03:04:05Z&at.nanos=1", "at.nanos", "it is given more than once"),
        ("pick_number=1&pick_text=a", "pick_text", "another field of its oneof is given, too"),
        ("value=5", "value", "google.protobuf.Value is a message: its fields are parameters of their own"),
    ] {
        let answer = get(&format!("/v1/any?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        let violation = &answer.json()["details"][0]["fieldViolations"][0];
        assert_eq!(
            (&violation["field"], &violation["description"]),
            (&json!(place), &json!(what)),
            "{query}"
        );
        assert_eq!(answer.json()["message"], format!("query parameter `{place}`: {what}"));
    }
    let answer = get("/v1/pick/a?pick_number=1").await;
    assert_eq!(answer.status, 400);
    assert_eq!(
        get("/v1/shelves/shelves/a/b").await.json()["message"],
        "path variable `count`: \"b\" is not an int32"
    );
}

/// A rule of `id`, wherever it comes from.
#[tokio::test]
async fn every_request_is_validated() {
    for (method, target, body) in [
        ("GET", "/v1/items/forbidden", ""),
        ("HEAD", "/v1/items/forbidden", ""),
        ("GET", "/v1/items/7?child.id=forbidden", ""),
        ("GET", "/v1/shelves/shelves/1/2?id=forbidden", ""),
        ("POST", "/v1/items", "{\"id\":\"forbidden\"}"),
        ("POST", "/v1/items", "{\"child\":{\"id\":\"forbidden\"}}"),
        ("PATCH", "/v1/items/forbidden", "{}"),
        ("PATCH", "/v1/items/7", "{\"id\":\"forbidden\"}"),
        ("POST", "/v1/tags?id=forbidden", "[]"),
    ] {
        let answer = ask(&rest(), method, target, &[], body).await;
        assert_eq!(answer.status, 400, "{method} {target} {body}");
        if method != "HEAD" {
            assert!(answer.json()["message"].as_str().unwrap().contains("must not be in list"), "{target}");
        }
        let (target, body) = (target.replace("forbidden", "x"), body.replace("forbidden", "x"));
        assert_eq!(ask(&rest(), method, &target, &[], &body).await.status, 200, "{method} {target} {body}");
    }
    // The same in protobuf, of which `id` is the first field.
    let protobuf = [("content-type", "application/protobuf")];
    assert_eq!(ask(&rest(), "POST", "/v1/items", &protobuf, "\n\tforbidden").await.status, 400);
}
