//! Bodies, in and out.

use http_body_util::{BodyExt as _, Full};
use prost::Message as _;
use serde_json::json;

use crate::demo::Item;
use crate::setup::{Answer, ask, post, request, rest, send};

const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");
const ACCEPT_PROTOBUF: (&str, &str) = ("accept", "application/x-protobuf");

async fn patch(target: &str, body: &str) -> Answer {
    ask(&rest(), "PATCH", target, &[], body).await
}

async fn ask_bytes(method: &str, target: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
    let request = request(method, target, headers, "").map(|_| Full::from(body));
    let (parts, body) = send(&rest(), request).await.into_parts();
    Answer { status: parts.status, headers: parts.headers, body: body.collect().await.unwrap().to_bytes() }
}

#[tokio::test]
async fn the_whole_request() {
    assert_eq!(post("/v1/items", "").await.json(), json!({}));
    assert_eq!(post("/v1/items", " {\"count\":1}\n").await.json(), json!({"count": 1}));
    assert_eq!(post("/v1/items", r#"{"nothing":[1,{}],"count":1}"#).await.json(), json!({"count": 1}));
    assert_eq!(post("/v1/items?count=5", "{}").await.json(), json!({}), "there are no query parameters");
    for media_type in ["application/json", "text/plain", "garbage", "application/xml"] {
        let answer =
            ask(&rest(), "POST", "/v1/items", &[("content-type", media_type)], "{\"count\":1}").await;
        assert_eq!(answer.json(), json!({"count": 1}), "{media_type}");
    }
}

#[tokio::test]
async fn a_wrong_body_says_where() {
    let answer = post("/v1/items", r#"{"child":{"items":[{},{"count":"x"}]}}"#).await;
    assert_eq!(answer.status, 400);
    let error = answer.json();
    assert_eq!(error["code"], 3);
    assert_eq!(error["message"], "the body: \"x\" is not an int32 at `child.items[1].count` (offset 31)");
    let violation = &error["details"][0]["fieldViolations"][0];
    assert_eq!(violation["field"], "child.items[1].count");
    for body in ["[]", "5", "x", "{\"count\":1}{}", "{\"count\":1}x", "{'count':1}", " ", "\u{feff}{}", "nul"]
    {
        assert_eq!(post("/v1/items", body).await.status, 400, "{body}");
    }
    assert_eq!(ask_bytes("POST", "/v1/items", &[], b"{\"id\":\"\xff\"}".to_vec()).await.status, 400);
}

#[tokio::test]
async fn what_is_not_json_is_told_as_what_it_is() {
    const FORM: &str = "application/x-www-form-urlencoded";
    for (content_type, body, what) in [
        ("", "name=x", "a form"),
        ("", "1st=x", ""),
        (FORM, "tag=x&n=1", "a form"),
        ("multipart/form-data; boundary=x", "--x\r\n\r\n--x--", "a multipart form"),
        ("text/html", "<html></html>", "HTML or XML"),
        ("text/plain", "hello", "plain text"),
        ("application/json", "\u{1f}\u{8}", "plain text"),
    ] {
        for target in ["/v1/items", "/v1/tags"] {
            let answer = ask(&rest(), "POST", target, &[("content-type", content_type)], body).await;
            assert_eq!(answer.status, 400);
            let message = answer.json()["message"].as_str().unwrap().to_owned();
            let expected = format!("the body: it is {what}, not JSON");
            assert!(what.is_empty() || message == expected, "{body}: {message}");
        }
    }
    let answer = ask_bytes("POST", "/v1/items", &[], b"\x1f\x8b\x08\x00".to_vec()).await;
    let message = "the body: it is compressed data without a `Content-Encoding`, not JSON";
    assert_eq!(answer.json()["message"], message);
}

#[tokio::test]
async fn no_body_is_read_where_none_is_declared() {
    let answer = ask(&rest(), "GET", "/v1/items/7", &[], "{\"count\":1}x").await;
    assert_eq!(answer.json(), json!({"id": "7"}));
}

#[tokio::test]
async fn fields_as_bodies() {
    assert_eq!(post("/v1/tags?count=1", r#"["a","b"]"#).await.json(), json!(["a", "b"]));
    assert_eq!(
        post("/v1/tags?tags=x", "null").await.json(),
        json!([]),
        "the body's field is not a parameter"
    );
    assert_eq!(post("/v1/tags", "").await.json(), json!([]));
    assert_eq!(post("/v1/tags", "[\"a\"]x").await.status, 400);
    assert_eq!(post("/v1/tags", "\"a\"").await.status, 400);
    assert_eq!(post("/v1/long", "5").await.json(), json!("5"));
    assert_eq!(post("/v1/long", "\"5\"").await.json(), json!("5"));
    assert_eq!(post("/v1/long", "null").await.json(), json!("0"));
}

#[tokio::test]
async fn fields_of_the_response() {
    assert_eq!(post("/v1/labels", r#"{"labels":{"a":"1"}}"#).await.json(), json!({"a": "1"}));
    assert_eq!(post("/v1/labels", "{}").await.json(), json!({}));
    assert_eq!(post("/v1/child", r#"{"child":{"count":1}}"#).await.json(), json!({"count": 1}));
    assert_eq!(post("/v1/child", "{}").await.json(), json!(null));
}

#[tokio::test]
async fn fields_of_the_response_as_the_options_say() {
    let body = r#"{"child":{"pickText":"{\"child\":1}","kind":1}}"#;
    let json = rsvc::json::WriteOptions::new;
    for (options, target, body, expected) in [
        (json().proto_names(true), "/v1/child", body, r#"{"kind":"KIND_GOOD","pick_text":"{\"child\":1}"}"#),
        (json().enums_as_numbers(true), "/v1/child", body, r#"{"kind":1,"pickText":"{\"child\":1}"}"#),
        (json().pretty(true), "/v1/tags", r#"["a"]"#, "[\n  \"a\"\n]"),
        (json().emit_defaults(true), "/v1/tags", "[]", "[]"),
        (json().emit_defaults(true), "/v1/child", "{}", "null"),
    ] {
        let rest = rest().options(rsvc::rest::Options::new().json(options.clone()));
        let answer = ask(&rest, "POST", target, &[], body).await;
        assert_eq!(std::str::from_utf8(&answer.body).unwrap(), expected, "{options:?}");
    }
}

#[tokio::test]
async fn an_absent_update_mask_is_what_the_body_names() {
    let body = r#"{"id":"x","child":{"count":null,"items":[{"id":"y"}]},"at":"2020-01-02T03:04:05Z","labels":{},"nothing":1}"#;
    let answer = patch("/v1/items/7", body).await.json();
    assert_eq!(answer["updateMask"], "id,child.count,child.items,at,labels");
    assert_eq!(patch("/v1/items/7?update_mask=count", body).await.json()["updateMask"], "count");
    assert_eq!(patch("/v1/items/7?updateMask=", body).await.json()["updateMask"], "");
    assert_eq!(patch("/v1/items/7?update_mask.paths=a", body).await.json()["updateMask"], "a");
    assert_eq!(patch("/v1/items/7", "{\"child\":{}}").await.json()["updateMask"], "child");
    assert!(patch("/v1/items/7", "").await.json().get("updateMask").is_none());
}

#[tokio::test]
async fn what_the_path_says_is_no_change() {
    let named = |target: &'static str, body: &'static str| async move {
        patch(target, body).await.json()["updateMask"].clone()
    };
    let whole = r#"{"id":"7","count":5,"child":{"id":"8"}}"#;
    assert_eq!(named("/v1/children/7", whole).await, "count,child.id", "what GET gives can be sent back");
    assert_eq!(named("/v1/children/7", r#"{"id":"7"}"#).await, "");
    assert_eq!(named("/v1/children/7/8", whole).await, "id,count", "of a message inside as well");
}

#[tokio::test]
async fn masks_in_urls_are_in_either_case() {
    for (mask, expected) in [
        ("display_name,user.home_address", json!(["display_name", "user.home_address"])),
        ("displayName,user.homeAddress", json!(["display_name", "user.home_address"])),
        ("*", json!(["*"])),
        ("a1_b,c", json!(["a1_b", "c"])),
        ("", json!([])),
    ] {
        let answer =
            ask(&rest(), "PATCH", &format!("/v1/items/7?update_mask={mask}"), &[ACCEPT_PROTOBUF], "{}").await;
        let item = Item::decode(answer.body).unwrap();
        assert_eq!(json!(item.update_mask.unwrap().paths), expected, "{mask}");
    }
    for mask in ["a,,b", "a.", ".", "a-b", "a.*", "%20a"] {
        let answer = patch(&format!("/v1/items/7?update_mask={mask}"), "{}").await;
        assert_eq!(answer.status, 400, "{mask}");
        assert!(answer.json()["message"].as_str().unwrap().contains("is not a field mask"), "{mask}");
    }
}

#[tokio::test]
async fn a_body_that_is_a_field_of_a_message_or_an_enum() {
    assert_eq!(post("/v1/kind", "\"KIND_GOOD\"").await.json(), json!("KIND_GOOD"));
    let answer = post("/v1/kind", "\"KIND_NONE\"").await;
    assert_eq!(answer.status, 400, "it is not a default");
    assert!(answer.json()["message"].as_str().unwrap().contains("KIND_NONE"), "{}", answer.json());
    assert_eq!(patch("/v1/items/7", "").await.json(), json!({"id": "7", "child": {}}), "an empty message");
}

#[tokio::test]
async fn protobuf_both_ways() {
    let item = Item { count: 5, ..Item::default() };
    for media_type in [PROTOBUF, ("content-type", "application/protobuf; charset=x")] {
        let answer = ask_bytes("POST", "/v1/items", &[media_type], item.encode_to_vec()).await;
        assert_eq!(answer.json(), json!({"count": 5}));
    }
    let answer = ask(&rest(), "POST", "/v1/items", &[ACCEPT_PROTOBUF], "{\"count\":5}").await;
    assert_eq!(answer.header("content-type"), Some("application/x-protobuf"));
    assert_eq!(Item::decode(answer.body).unwrap(), item);
    let answer = ask_bytes("PATCH", "/v1/items/7", &[PROTOBUF], item.encode_to_vec()).await;
    assert_eq!(answer.json(), json!({"id": "7", "child": {"count": 5}}));
    let answer =
        ask_bytes("POST", "/v1/child", &[PROTOBUF, ACCEPT_PROTOBUF], [0x1a, 2, 0x10, 5].to_vec()).await;
    assert_eq!(Item::decode(answer.body).unwrap(), item);
    assert_eq!(ask_bytes("POST", "/v1/items", &[PROTOBUF], vec![0xff]).await.status, 400);
}

#[tokio::test]
async fn zeros_keep_their_sign() {
    let body = r#"{"ratio":-0.0,"small":0,"child":{"small":-0.0,"child":{"ratio":-0.0}}}"#;
    let item = Item::decode(ask(&rest(), "POST", "/v1/items", &[ACCEPT_PROTOBUF], body).await.body).unwrap();
    assert!(item.ratio.is_sign_negative() && !item.small.is_sign_negative());
    let child = item.child.unwrap();
    assert!(child.small.is_sign_negative() && !child.ratio.is_sign_negative());
    assert!(child.child.unwrap().ratio.is_sign_negative());
}

#[tokio::test]
async fn content_as_it_is() {
    let content = b"\x00\xff{".to_vec();
    let answer = ask_bytes("POST", "/v1/file", &[("content-type", "image/png")], content.clone()).await;
    assert_eq!((answer.header("content-type"), &*answer.body), (Some("image/png"), &*content));
    let answer = ask_bytes("POST", "/v1/file", &[], Vec::new()).await;
    assert_eq!((answer.header("content-type"), answer.body.len()), (Some(""), 0));
    // Whole messages of the type.
    let answer = ask_bytes("POST", "/v1/raw", &[("content-type", "a/b")], b"x".to_vec()).await;
    assert_eq!((answer.header("content-type"), &*answer.body), (Some("a/b"), &b"x"[..]));
}

#[tokio::test]
async fn a_content_type_that_is_none_is_never_written() {
    let answer = post("/v1/child?x", r#"{"child":{"file":{"contentType":"a"}}}"#).await;
    assert_eq!(answer.status, 200, "as JSON it is a text as any other");
    let answer = ask(&rest(), "GET", "/v1/download?note=a%0D%0AX-Evil:%20b", &[], "").await;
    assert_eq!((answer.status.as_u16(), answer.header("x-evil")), (500, None));
    assert_eq!(
        ask(&rest(), "GET", "/v1/download?note=a%2Fb", &[], "").await.header("content-type"),
        Some("a/b")
    );
}
