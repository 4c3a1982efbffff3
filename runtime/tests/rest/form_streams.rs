//! Forms as the messages of a stream.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::{self, Stream};
use http::{Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use rsvc::Body;
use rsvc::rest::Options;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tower::ServiceExt as _;

use crate::form_demo::forms;
use crate::forms::{MULTIPART, Part, URLENCODED, multipart, text, violation};
use crate::setup::{Answer, ask};

async fn upload(target: &str, body: &str) -> Answer {
    ask(&forms(Options::new()), "POST", target, &[("content-type", MULTIPART)], body).await
}

fn file(name: &str, filename: &str) -> String {
    format!("name=\"{name}\"; filename=\"{filename}\"")
}

#[tokio::test]
async fn fields_and_pieces_are_messages() {
    let png = "Content-Type: image/png\r\n";
    for (target, parts, expected) in [
        ("/v1/upload", vec![], json!([])),
        // All fields before a file are one message, and those behind the last one.
        (
            "/v1/upload",
            vec![(text("id"), "", "x"), (text("tags"), "", "a"), (text("tags"), "", "b")],
            json!([
                {"id": "x", "tags": ["a", "b"]},
            ]),
        ),
        (
            "/v1/upload",
            vec![(text("id"), "", "x"), (file("data", "a"), png, "hi"), (text("note"), "", "n")],
            json!([
                {"id": "x"}, {"data": "aGk="}, {"note": "n"},
            ]),
        ),
        ("/v1/upload", vec![(file("data", "a"), "", "hi")], json!([{"data": "aGk="}])),
        // A file without content is one, and an input that was not filled in is none.
        ("/v1/upload", vec![(file("data", "a"), "", ""), (file("child.data", ""), "", "")], json!([{}])),
        ("/v1/upload", vec![(file("maybe_data", "a"), "", "")], json!([{"maybeData": ""}])),
        // Of content the first piece has the type.
        (
            "/v1/upload",
            vec![(file("child.file", "a"), png, "hi")],
            json!([
                {"child": {"file": {"contentType": "image/png", "data": "aGk="}}},
            ]),
        ),
        // What nobody knows.
        (
            "/v1/upload",
            vec![(text("x"), "", "x"), (file("y", "a"), png, "hi"), (text("id"), "", "x")],
            json!([
                {"id": "x"},
            ]),
        ),
        // Different files.
        (
            "/v1/upload",
            vec![(file("data", "a"), "", "1"), (text("id"), "", "x"), (file("wrapped", "b"), "", "2")],
            json!([
                {"data": "MQ=="}, {"id": "x"}, {"wrapped": "Mg=="},
            ]),
        ),
        // Each message can have the same field, and has the path's.
        (
            "/v1/upload/7",
            vec![(text("note"), "", "x"), (file("data", "a"), "", "1"), (text("note"), "", "y")],
            json!([
                {"id": "7", "note": "x"}, {"id": "7", "data": "MQ=="}, {"id": "7", "note": "y"},
            ]),
        ),
        (
            "/v1/upload/child?note=n",
            vec![(text("id"), "", "x"), (file("data", "a"), "", "1")],
            json!([
                {"child": {"id": "x"}, "note": "n"}, {"child": {"data": "MQ=="}, "note": "n"},
            ]),
        ),
        // With their names several files of a field can be told apart.
        (
            "/v1/upload/named",
            vec![(text("id"), "", "x"), (file("data", "a"), "", "1"), (file("data", "b"), "", "")],
            json!([
                {"id": "x", "note": "a"}, {"data": "MQ=="}, {"note": "b"}, {},
            ]),
        ),
    ] {
        let list: Vec<Part<'_>> =
            parts.iter().map(|(name, head, content)| (&**name, *head, *content)).collect();
        let answer = upload(target, &multipart(&list)).await;
        let items = answer.json().get("items").cloned().unwrap_or_else(|| json!([]));
        assert_eq!(items, expected, "{parts:?} {:?}", answer.body);
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_part_is_told() {
    for (parts, field, what) in [
        (vec![(text("count"), "x")], "count", "\"x\" is not an int32"),
        (vec![(file("data", "a"), "1"), (text("child.count"), "x")], "child.count", "\"x\" is not an int32"),
        (vec![(file("data", "a"), "1"), (file("data", "b"), "2")], "data", "it is given more than once"),
        (vec![(file("id", "a"), "1")], "id", "only bytes and google.api.HttpBody take a file"),
        (vec![(file("blobs", "a"), "1")], "blobs", "a list cannot take the pieces of a file"),
        (vec![(text("id"), "forbidden"), (file("data", "a"), "1")], "id", "must not be in list [forbidden]"),
    ] {
        let list: Vec<Part<'_>> = parts.iter().map(|(name, content)| (&**name, "", *content)).collect();
        let answer = upload("/v1/upload", &multipart(&list)).await;
        assert_eq!(answer.status, 400, "{parts:?}");
        assert_eq!(violation(&answer), (field.to_owned(), what.to_owned()), "{parts:?}");
    }
}

#[tokio::test]
async fn other_bodies_are_messages_as_before() {
    let rest = forms(Options::new());
    for media_type in ["application/json", URLENCODED, ""] {
        let body = r#"[{"id":"a"},{"id":"b"}]"#;
        let answer = ask(&rest, "POST", "/v1/upload", &[("content-type", media_type)], body).await;
        assert_eq!(answer.json(), json!({"items": [{"id": "a"}, {"id": "b"}]}), "{media_type}");
    }
    assert_eq!(ask(&rest, "POST", "/v1/upload", &[("content-type", URLENCODED)], "id=a").await.status, 400);
}

/// Sends a body that arrives frame by frame.
async fn send(
    target: &str,
    options: Options,
    body: impl Stream<Item = Bytes> + Send + 'static,
) -> Response<Body> {
    let body = StreamBody::new(body.map(|data| Ok::<_, std::io::Error>(Frame::data(data))));
    let request = Request::post(target).header("content-type", MULTIPART).body(body).unwrap();
    forms(options).oneshot(request).await.unwrap()
}

#[tokio::test]
async fn messages_arrive_before_the_form_ends() {
    let (sender, receiver) = mpsc::unbounded_channel::<Bytes>();
    let body = stream::unfold(receiver, async |mut receiver| Some((receiver.recv().await?, receiver)));
    let push = |text: &str| sender.send(Bytes::copy_from_slice(text.as_bytes())).unwrap();
    push("--XX\r\nContent-Disposition: form-data; name=\"id\"\r\n\r\nx\r\n--X");
    push("X\r\nContent-Disposition: form-data; name=\"data\"; filename=\"a\"\r\n\r\n");
    let mut answer = send("/v1/chat", Options::new(), body.boxed()).await.into_body();
    let mut text = String::new();
    let mut expect = async |expected: &str| {
        while !text.ends_with(expected) {
            let frame = timeout(Duration::from_secs(20), answer.frame()).await.expect(expected);
            text += std::str::from_utf8(&frame.unwrap().unwrap().into_data().unwrap()).unwrap();
        }
    };
    expect("{\"id\":\"x\"}").await;
    push("1234");
    expect("{\"data\":\"MTIzNA==\"}").await;
    push("5678\r\n");
    expect("{\"data\":\"NTY3OA==\"}").await;
    // Here the form ends, whatever follows.
    push("--XX--\r\n");
    expect("]").await;
    let rest = timeout(Duration::from_secs(20), answer.collect()).await.unwrap().unwrap().to_bytes();
    assert!(rest.is_empty(), "{rest:?}");
}

#[tokio::test]
async fn no_more_is_read_than_is_wanted() {
    let read = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&read);
    let head =
        Bytes::from_static(b"--XX\r\nContent-Disposition: form-data; name=\"data\"; filename=\"a\"\r\n\r\n");
    let piece = Bytes::from(vec![b'x'; 256 << 10]);
    // It never ends, and is always ready.
    let body = stream::once(async { head }).chain(stream::repeat_with(move || {
        counter.fetch_add(1, Ordering::Relaxed);
        piece.clone()
    }));
    let mut answer = send("/v1/chat", Options::new(), body).await.into_body();
    let mut received = 0;
    for _ in 0..40 {
        received += answer.frame().await.unwrap().unwrap().into_data().unwrap().len();
        let ahead = (read.load(Ordering::Relaxed) * (256 << 10)).saturating_sub(received * 3 / 4);
        assert!(ahead <= 2 << 20, "{ahead} bytes were read ahead");
    }
    assert!(received > 1 << 20, "{received}");
}

#[tokio::test]
async fn frames_make_no_difference() {
    let form = multipart(&[
        (&text("id"), "", "x"),
        (&file("data", "a"), "Content-Type: image/png\r\n", "1\r\n--X\r\n--\r\n-2"),
        (&text("note"), "", "\r\n"),
    ]);
    let whole = |items: &Value| -> (Vec<String>, Vec<Value>) {
        let mut data = Vec::new();
        let mut others = Vec::new();
        for item in items.as_array().unwrap() {
            match item["data"].as_str() {
                Some(piece) => data.push(piece.to_owned()),
                None => others.push(item.clone()),
            }
        }
        (data, others)
    };
    for size in [1, 2, 3, 7, 31, 100, 1000] {
        let frames: Vec<Bytes> = form.as_bytes().chunks(size).map(Bytes::copy_from_slice).collect();
        let body = send("/v1/upload", Options::new(), stream::iter(frames)).await.into_body();
        let body: Value = serde_json::from_slice(&body.collect().await.unwrap().to_bytes()).unwrap();
        let (pieces, others) = whole(&body["items"]);
        assert_eq!(others, [json!({"id": "x"}), json!({"note": "\r\n"})], "{size}");
        let rejoined: Vec<u8> = pieces.iter().flat_map(|piece| decode(piece)).collect();
        assert_eq!(rejoined, b"1\r\n--X\r\n--\r\n-2", "{size}");
    }
}

/// Base64.
fn decode(text: &str) -> Vec<u8> {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let bits: Vec<u8> = text.trim_end_matches('=').bytes().map(value).collect();
    let mut out = Vec::new();
    for group in bits.chunks(4) {
        let word =
            group.iter().fold(0_u32, |word, bits| word << 6 | u32::from(*bits)) << (6 * (4 - group.len()));
        out.extend_from_slice(&word.to_be_bytes()[1..group.len()]);
    }
    out
}

#[tokio::test(start_paused = true)]
async fn who_does_not_go_on_is_too_slow() {
    for start in [
        "--XX\r\nContent-Disposition",
        "--XX\r\nContent-Disposition: form-data; name=\"data\"; filename=\"a\"\r\n\r\n1",
    ] {
        for target in ["/v1/form", "/v1/upload"] {
            let start = Bytes::copy_from_slice(start.as_bytes());
            let body = stream::once(async { start }).chain(stream::pending());
            let answer = send(target, Options::new(), body).await;
            assert_eq!(answer.status(), 408, "{target}");
        }
    }
}
