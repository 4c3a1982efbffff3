//! Forms as one message.

use proptest::prelude::*;
use rsvc::rest::Options;
use serde_json::{Value, json};

use crate::form_demo::forms;
use crate::setup::{Answer, ask};

pub(crate) const URLENCODED: &str = "application/x-www-form-urlencoded";
pub(crate) const MULTIPART: &str = "multipart/form-data; boundary=XX";

/// A part of a form: the parameters of its `Content-Disposition` behind `form-data`, other headers, the content.
pub(crate) type Part<'a> = (&'a str, &'a str, &'a str);

/// A multipart form with the boundary of [`MULTIPART`].
pub(crate) fn multipart(parts: &[Part<'_>]) -> String {
    let part = |(disposition, headers, content): &Part<'_>| {
        format!("--XX\r\nContent-Disposition: form-data; {disposition}\r\n{headers}\r\n{content}\r\n")
    };
    parts.iter().map(part).collect::<String>() + "--XX--\r\n"
}

/// The parameters of a part without a file.
pub(crate) fn text(name: &str) -> String {
    format!("name=\"{name}\"")
}

async fn send(method: &str, target: &str, media_type: &str, body: &str) -> Answer {
    ask(&forms(Options::new()), method, target, &[("content-type", media_type)], body).await
}

async fn post(target: &str, media_type: &str, body: &str) -> Answer {
    send("POST", target, media_type, body).await
}

/// The path of the field that an error is about, and what is wrong with it.
pub(crate) fn violation(answer: &Answer) -> (String, String) {
    let violation = &answer.json()["details"][0]["fieldViolations"][0];
    let text = |key: &str| violation[key].as_str().unwrap_or_default().to_owned();
    (text("field"), text("description"))
}

#[tokio::test]
async fn names_and_values_are_those_of_queries() {
    for (body, expected) in [
        ("", json!({})),
        ("&&=x", json!({})),
        ("id=a+b%2Bc%C3%A9&count=%2B5", json!({"id": "a b+cé", "count": 5})),
        ("id=caf\u{e9}", json!({"id": "café"})),
        ("child.child.id=x&child.count=2", json!({"child": {"child": {"id": "x"}, "count": 2}})),
        ("update_mask=display_name,a.b", json!({"updateMask": "displayName,a.b"})),
        ("updateMask=displayName", json!({"updateMask": "displayName"})),
        ("tags=a&tags=c&numbers=1&numbers=2", json!({"tags": ["a", "c"], "numbers": [1, 2]})),
        (
            "kind=KIND_GOOD&at=2026-01-02T03:04:05Z&maybe=7",
            json!({"kind": "KIND_GOOD", "at": "2026-01-02T03:04:05Z", "maybe": 7}),
        ),
        ("data=-_8", json!({"data": "+/8="})),
        ("unknown=1&unknown.x=2", json!({})),
    ] {
        for target in ["/v1/form", "/v1/urlencoded"] {
            let answer = post(target, URLENCODED, body).await;
            assert_eq!(answer.json(), expected, "{body}");
        }
        let parts: Vec<_> = form_urlencoded(body);
        let parts: Vec<Part<'_>> = parts.iter().map(|(name, value)| (&**name, "", &**value)).collect();
        let answer = post("/v1/multipart", MULTIPART, &multipart(&parts)).await;
        assert_eq!(answer.json(), expected, "{body} as {parts:?}");
    }
}

/// The pairs of an urlencoded text, with the names as parameters of a part.
fn form_urlencoded(body: &str) -> Vec<(String, String)> {
    let decode = |text: &str| {
        let text = text.replace('+', " ").replace("%2B", "+").replace("%C3%A9", "é");
        assert!(!text.contains('%'), "{text}");
        text
    };
    let pairs = body.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.map(|(name, value)| (text(&decode(name)), decode(value))).collect()
}

#[tokio::test]
async fn what_browsers_send_of_inputs_that_were_not_filled_in_is_left_out() {
    for (body, expected) in [
        ("count=&kind=&flag=&at=&maybe=&update_mask=&child.count=&numbers=&tags=&child=", json!({})),
        ("note=&text=&id=&data=&maybe_data=&wrapped=&file=", json!({})),
        ("count=&count=5&flag=&flag=true", json!({"count": 5, "flag": true})),
        ("pick_text=&pick_number=5", json!({"pickNumber": "5"})),
        // A box that is checked and has no value.
        ("flag=on", json!({"flag": true})),
        ("id=on", json!({"id": "on"})),
        ("_charset_=UTF-8&id=x", json!({"id": "x"})),
        ("_charset_=", json!({})),
    ] {
        assert_eq!(post("/v1/form", URLENCODED, body).await.json(), expected, "{body}");
        let parts: Vec<_> = form_urlencoded(body);
        let parts: Vec<Part<'_>> = parts.iter().map(|(name, value)| (&**name, "", &**value)).collect();
        assert_eq!(post("/v1/form", MULTIPART, &multipart(&parts)).await.json(), expected, "{body}");
    }
    // In a query each of them is a mistake.
    for query in ["count=", "flag=on", "kind="] {
        assert_eq!(send("GET", &format!("/v1/query?{query}"), "", "").await.status, 400, "{query}");
    }
}

#[tokio::test]
async fn a_wrong_field_is_named() {
    for (body, field, what) in [
        ("count=x", "count", "\"x\" is not an int32"),
        ("id=a&child.count=%2B", "child.count", "\"+\" is not an int32"),
        ("childX=1&child.kind=KIND_NONE", "child.kind", "\"KIND_NONE\" is not a value of rest.v1.Kind"),
        ("id=a&id=b", "id", "it is given more than once"),
        ("pick_text=a&pick_number=1", "pick_number", "another field of its oneof is given, too"),
        ("labels=1", "labels", "a map cannot be given in a form"),
        ("tags[0]=1", "tags[0]", "neither elements nor entries can be named in a form"),
        ("items.id=1", "items.id", "`items` is repeated: its elements have no names"),
        ("child=1", "child", "rest.v1.Item is a message: its fields are parameters of their own"),
        ("id.x=1", "id.x", "`id` is not a message"),
        ("child..id=1", "child..id", "a name between the dots is missing"),
        ("flag=off", "flag", "\"off\" is not a bool"),
        ("_charset_=windows-1252", "_charset_", "a form has to be UTF-8"),
        // Rules of the messages are tested behind all that.
        ("id=forbidden", "id", "must not be in list [forbidden]"),
    ] {
        let parts: Vec<_> = form_urlencoded(body);
        let parts: Vec<Part<'_>> = parts.iter().map(|(name, value)| (&**name, "", &**value)).collect();
        for (media_type, body) in [(URLENCODED, body.to_owned()), (MULTIPART, multipart(&parts))] {
            let answer = post("/v1/form", media_type, &body).await;
            assert_eq!(answer.status, 400, "{body}");
            assert_eq!(violation(&answer), (field.to_owned(), what.to_owned()), "{body}");
        }
    }
    let answer = post("/v1/form", URLENCODED, "child.count=x").await;
    assert_eq!(answer.json()["message"], "form field `child.count`: \"x\" is not an int32");
    for body in ["id=%", "id=%ff", "%ff=1"] {
        assert_eq!(post("/v1/form", URLENCODED, body).await.status, 400, "{body}");
    }
    let refusing = forms(Options::new().refuse_unknown(true));
    for (body, field) in [("id=x&idd=1", "idd"), ("_charset_=utf-8&child.x=1", "child.x")] {
        let answer = ask(&refusing, "POST", "/v1/form", &[("content-type", URLENCODED)], body).await;
        assert_eq!(violation(&answer), (field.into(), "there is no such field".into()), "{body}");
    }
    let answer = ask(&refusing, "POST", "/v1/form", &[("content-type", URLENCODED)], "_charset_=utf-8").await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn names_are_relative_to_the_body() {
    for (media_type, body) in [
        (URLENCODED, "id=x&count=1".to_owned()),
        (MULTIPART, multipart(&[(&text("id"), "", "x"), (&text("count"), "", "1")])),
    ] {
        let answer = post("/v1/child?note=n&child.id=ignored", media_type, &body).await;
        assert_eq!(answer.json(), json!({"child": {"id": "x", "count": 1}, "note": "n"}));
        // The path wins, also over another field of its oneof.
        let answer = post("/v1/of/7/t", media_type, &body).await;
        assert_eq!(answer.json(), json!({"id": "7", "count": 1, "pickText": "t"}));
    }
    assert_eq!(post("/v1/of/7/t", URLENCODED, "pick_number=1").await.status, 400);
    // An empty form is an empty message.
    assert_eq!(post("/v1/child", URLENCODED, "").await.json(), json!({"child": {}}));
    assert_eq!(post("/v1/child", MULTIPART, &multipart(&[])).await.json(), json!({"child": {}}));
    assert_eq!(post("/v1/form?id=x", URLENCODED, "count=1").await.json(), json!({"count": 1}));
}

#[tokio::test]
async fn a_mask_is_filled_with_the_fields_of_a_form() {
    let body = "id=9&note=&child.note=x&tags=a&tags=b&unknown=1&count=";
    let file = multipart(&[(&text("note"), "", ""), ("name=\"file\"; filename=\"x\"", "", "1")]);
    for (media_type, body, target, expected) in [
        (URLENCODED, body, "/v1/children/7", json!("note,child.note,tags,count")),
        (URLENCODED, body, "/v1/children/7?update_mask=count", json!("count")),
        (MULTIPART, &*file, "/v1/children/7", json!("note,file")),
        (URLENCODED, "", "/v1/children/7", json!("")),
        ("application/json", "{\"id\":\"9\",\"tags\":[]}", "/v1/children/7", json!("tags")),
    ] {
        let answer = send("PATCH", target, media_type, body).await.json();
        assert_eq!(answer["updateMask"], expected, "{body}");
        assert_eq!(answer["child"]["id"], "7", "{body}");
    }
}

#[tokio::test]
async fn files_fill_bytes_and_content() {
    let png = "Content-Type: image/png\r\n";
    let file = |name: &str, filename: &str| format!("name=\"{name}\"; filename=\"{filename}\"");
    for (target, parts, expected) in [
        ("/v1/form", vec![(file("data", "a.txt"), png, "hi\r\n\0")], json!({"data": "aGkNCgA="})),
        ("/v1/form", vec![(file("child.data", "a"), "", "hi")], json!({"child": {"data": "aGk="}})),
        ("/v1/form", vec![(file("maybeData", "a"), "", "")], json!({"maybeData": ""})),
        ("/v1/form", vec![(file("wrapped", "a"), "", "hi")], json!({"wrapped": "aGk="})),
        (
            "/v1/form",
            vec![(file("child.file", "a"), png, "hi")],
            json!({"child": {"file": {"contentType": "image/png", "data": "aGk="}}}),
        ),
        (
            "/v1/form",
            vec![(file("file", "a"), "", "hi")],
            json!({"file": {"contentType": "application/octet-stream", "data": "aGk="}}),
        ),
        // Without a name it is text; of content it is the content.
        ("/v1/form", vec![(text("data"), "", "aGk")], json!({"data": "aGk="})),
        (
            "/v1/form",
            vec![(text("file"), "", "aGk")],
            json!({"file": {"contentType": "text/plain", "data": "YUdr"}}),
        ),
        (
            "/v1/form",
            vec![(text("data"), "Content-Type: application/octet-stream\r\n", "hi")],
            json!({"data": "aGk="}),
        ),
        // Several.
        (
            "/v1/form",
            vec![(file("blobs", "a"), "", "1"), (text("id"), "", "x"), (file("blobs", "b"), "", "")],
            json!({"id": "x", "blobs": ["MQ==", ""]}),
        ),
        (
            "/v1/form",
            vec![(file("files", "a"), png, "1"), (file("files", "b"), "Content-Type: a/b\r\n", "2")],
            json!({"files": [
                {"contentType": "image/png", "data": "MQ=="},
                {"contentType": "a/b", "data": "Mg=="},
            ]}),
        ),
        // An input for files that was not filled in.
        ("/v1/form", vec![(file("data", ""), png, ""), (file("files", ""), png, "")], json!({})),
        ("/v1/form", vec![(file("data", ""), png, "x")], json!({"data": "eA=="})),
        // Names that nothing has.
        ("/v1/form", vec![(file("nothing", "a"), png, "x"), (file("", "a"), png, "x")], json!({})),
        // What else is known of a file.
        (
            "/v1/files",
            vec![(file("data", "../a \\\"b.txt"), png, "x")],
            json!({"data": "eA==", "child": {"note": "../a \"b.txt", "id": "image/png"}}),
        ),
        ("/v1/files", vec![(file("data", "é.txt"), "", "")], json!({"child": {"note": "é.txt"}})),
        (
            "/v1/files",
            vec![(file("blobs", "a"), png, "1"), (file("blobs", ""), png, "2")],
            json!({"blobs": ["MQ==", "Mg=="], "tags": ["a", ""]}),
        ),
    ] {
        let list: Vec<Part<'_>> =
            parts.iter().map(|(name, head, content)| (&**name, *head, *content)).collect();
        assert_eq!(post(target, MULTIPART, &multipart(&list)).await.json(), expected, "{parts:?}");
    }
    for (parts, field, what) in [
        (vec![(file("id", "a"), "x")], "id", "only bytes and google.api.HttpBody take a file"),
        (vec![(file("child", "a"), "x")], "child", "only bytes and google.api.HttpBody take a file"),
        (vec![(file("data", "a"), "x"), (file("data", "b"), "y")], "data", "it is given more than once"),
        (vec![(file("data", "a"), "x"), (text("data"), "y")], "data", "it is given more than once"),
        (vec![(file("data.x", "a"), "x")], "data.x", "`data` is not a message"),
        (vec![(text("data"), "?")], "data", "'?' is not base64"),
        (vec![(text("file.content_type"), "?"), (text("file"), "x")], "file", "it is given more than once"),
    ] {
        let list: Vec<Part<'_>> = parts.iter().map(|(name, content)| (&**name, "", *content)).collect();
        let answer = post("/v1/form", MULTIPART, &multipart(&list)).await;
        assert_eq!(answer.status, 400, "{parts:?}");
        let (found, description) = violation(&answer);
        assert_eq!(found, field, "{parts:?}");
        assert!(description.starts_with(what), "{description}");
    }
    // The name of the file is given by an input as well.
    let both = multipart(&[(&text("child.note"), "", "x"), (&file("data", "a"), "", "1")]);
    let answer = post("/v1/files", MULTIPART, &both).await;
    assert_eq!(violation(&answer), ("child.note".into(), "it is given more than once".into()));
}

#[tokio::test]
async fn a_part_is_utf_8() {
    let part = |charset: &str| format!("Content-Type: text/plain; charset={charset}\r\n");
    for (charset, status) in [("utf-8", 200), ("UTF-8", 200), ("us-ascii", 200), ("iso-8859-1", 400)] {
        let body = multipart(&[(&text("id"), &part(charset), "x")]);
        assert_eq!(post("/v1/form", MULTIPART, &body).await.status, status, "{charset}");
    }
}

#[tokio::test]
async fn json_stays_json() {
    for (target, media_type, body) in [
        ("/v1/form", "application/json", "{\"id\":\"x\"}"),
        // As curl sends it.
        ("/v1/form", URLENCODED, " {\"id\":\"x\"}"),
        ("/v1/urlencoded", URLENCODED, "{\"id\":\"x\"}"),
        ("/v1/plain", URLENCODED, "{\"id\":\"x\"}"),
        ("/v1/form", "text/plain", "{\"id\":\"x\"}"),
        ("/v1/form", "application/x-protobuf", "\x0a\x01x"),
    ] {
        assert_eq!(post(target, media_type, body).await.json(), json!({"id": "x"}), "{media_type} {body}");
    }
}

#[tokio::test]
async fn who_takes_no_form_says_what_it_takes() {
    let form = multipart(&[(&text("id"), "", "x")]);
    for (target, media_type, body, message) in [
        ("/v1/plain", URLENCODED, "id=x", "it is a form, not JSON"),
        ("/v1/plain", MULTIPART, &*form, "it is a multipart form, not JSON"),
        ("/v1/urlencoded", MULTIPART, &form, "it is a multipart form, not JSON or a URL-encoded form"),
        ("/v1/multipart", URLENCODED, "id=x", "it is a form, not JSON or a multipart form"),
        ("/v1/form", "text/plain", "hello", "it is plain text, not JSON or a form"),
        (
            "/v1/form",
            "",
            "id=x",
            "it is a form, but its `Content-Type` is not application/x-www-form-urlencoded",
        ),
    ] {
        let answer = post(target, media_type, body).await;
        assert_eq!(answer.status, 400);
        assert_eq!(answer.json()["message"], format!("the body: {message}"), "{target} {media_type}");
    }
}

#[tokio::test]
async fn pages_of_other_origins_send_no_forms() {
    let form = multipart(&[(&text("id"), "", "x")]);
    for (media_type, body) in [(URLENCODED, "id=x"), (MULTIPART, &*form)] {
        for (headers, status) in [
            (vec![("origin", "https://evil.example")], 403),
            (vec![("origin", "null")], 403),
            (vec![("sec-fetch-site", "cross-site")], 403),
            (vec![("sec-fetch-site", "same-site")], 403),
            (vec![("origin", "http://api.example")], 200),
            (vec![("sec-fetch-site", "same-origin"), ("origin", "http://inside")], 200),
            (vec![], 200),
        ] {
            let headers = [&headers[..], &[("content-type", media_type), ("host", "api.example")]].concat();
            let answer = ask(&forms(Options::new()), "POST", "/v1/form", &headers, body).await;
            assert_eq!(answer.status, status, "{headers:?}");
        }
        let allowing = forms(Options::new().allow_origin("https://app.example"));
        let headers =
            [("content-type", media_type), ("host", "api.example"), ("origin", "https://app.example")];
        assert_eq!(ask(&allowing, "POST", "/v1/form", &headers, body).await.status, 200);
    }
}

/// Names and values that mean something somewhere.
fn pairs() -> impl Strategy<Value = Vec<(String, String)>> {
    let name = prop::sample::select(vec![
        "id",
        "count",
        "child.count",
        "child.child.id",
        "tags",
        "kind",
        "at",
        "maybe",
        "update_mask",
        "updateMask",
        "data",
        "flag",
        "ratio",
        "labels",
        "pick_text",
        "pickNumber",
        "note",
        "any",
        "span",
        "value",
        "numbers",
        "items",
        "items.id",
        "text",
        "text.value",
        "big",
        "zigzag",
        "fixed",
        "small",
        "long",
        "unknown",
        "child.",
        "file.data",
        "child",
        "maybe_data",
        "wrapped",
    ]);
    let value = prop_oneof![
        prop::sample::select(vec![
            "1",
            "-1",
            "true",
            "f",
            "x",
            "KIND_GOOD",
            "2026-01-02T03:04:05Z",
            "1.5s",
            "a b",
            "a+b",
            "é&=",
            "NaN",
            "display_name,*",
            "YQ==",
            "18446744073709551615",
            "1e3",
            "%",
            "\"",
            "\\",
        ])
        .prop_map(str::to_owned),
        "[ -~]{1,6}",
    ];
    prop::collection::vec((name.prop_map(str::to_owned), value), 0..6)
}

/// As a browser would write it.
fn encode(pairs: &[(String, String)]) -> String {
    let escape = |text: &str| -> String {
        let escape = |byte: u8| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => {
                char::from(byte).to_string()
            }
            b' ' => "+".to_owned(),
            byte => format!("%{byte:02X}"),
        };
        text.bytes().map(escape).collect()
    };
    let pairs: Vec<_> =
        pairs.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect();
    pairs.join("&")
}

proptest! {
    /// Whatever a form says, a query says, and each kind of form. Values that are empty, or `on`, are not among them.
    #[test]
    fn forms_say_what_queries_say(pairs in pairs()) {
        prop_assume!(pairs.iter().all(|(_, value)| value != "on"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let outcome = |answer: Answer| -> Result<Value, (String, String)> {
            if answer.status == 200 {
                return Ok(answer.json());
            }
            // A field mask of names that have no camel case is read, and has no JSON.
            assert!(answer.status == 400 || answer.status == 500, "{:?}", answer.body);
            Err(violation(&answer))
        };
        // Between the words of the two there is this difference.
        let words = |outcome: Result<Value, (String, String)>| {
            outcome.map_err(|(field, what)| (field, what.replace("in a form", "in a query")))
        };
        let urlencoded = encode(&pairs);
        let of_query = runtime.block_on(send("GET", &format!("/v1/query?{urlencoded}"), "", ""));
        let of_form = runtime.block_on(post("/v1/form", URLENCODED, &urlencoded));
        let (of_query, of_form) = (outcome(of_query), words(outcome(of_form)));
        prop_assert_eq!(&of_form, &of_query);
        // A browser writes a space in a number as `+`, which only in a text is one.
        prop_assume!(pairs.iter().all(|(_, value)| !value.contains(' ')));
        let parts: Vec<_> = pairs.iter().map(|(name, value)| (text(name), value)).collect();
        let parts: Vec<Part<'_>> = parts.iter().map(|(name, value)| (&**name, "", &***value)).collect();
        let of_parts = runtime.block_on(post("/v1/form", MULTIPART, &multipart(&parts)));
        prop_assert_eq!(&words(outcome(of_parts)), &of_query);
    }
}
