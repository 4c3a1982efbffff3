//! What a stream looks like on its way in.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;

use crate::setup::{Broken, body, open_body, serve, serve_with};

#[tokio::test]
async fn arrays_lines_and_one_after_the_other() {
    let server = serve().await;
    for (media_type, content) in [
        ("application/json", r#"[{"count":1,"id":"a"},{"count":2}]"#),
        ("application/json", "{\"count\":1,\"id\":\"a\"}\n{\"count\":2}\n"),
        ("application/json", r#"{"count":1,"id":"a"}{"count":2}"#),
        ("application/x-ndjson", "{\"count\":1,\"id\":\"a\"}\n\n{\"count\":2}"),
        ("application/x-protobuf", "\x0a\x05\x0a\x01a\x10\x01\x7a\x00\x0a\x02\x10\x02"),
    ] {
        let answer = server.post("/v1/sum", &[("content-type", media_type)], content).await;
        assert_eq!(answer.status, 200, "{content:?} {:?}", answer.body);
        assert_eq!(answer.json(), json!({"count": 3, "tags": ["a"]}), "{content:?}");
    }
    for content in ["", "[]", " \n "] {
        assert_eq!(server.post("/v1/sum", &[], content).await.text(), "{}", "{content:?}");
    }
}

#[tokio::test]
async fn what_is_wrong_has_a_place_in_the_whole_body() {
    let server = serve().await;
    for (content, message) in [
        (r#"{"count":1},{"count":2}"#, "the body: expected a message or the end, found `,` (offset 11)"),
        (r#"[{"count":1},{"count":"x"}]"#, r#"the body: "x" is not an int32 at `[1].count` (offset 22)"#),
        (r#"[{"count":1}"#, "the body: expected `,` or `]`, found the end (offset 12)"),
        (r#"[{"count":1}]x"#, "the body: expected the end, found `x` (offset 13)"),
        (r#"[{"count":1},[]]"#, "the body: expected an object, found an array at `[1]` (offset 13)"),
        (r#"[{"count":1},{"count" 1}]"#, "the body: expected `:`, found a number at `[1].count` (offset 22)"),
    ] {
        let answer = server.post("/v1/sum", &[], content).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["message"]), (400, &json!(message)), "{content}");
    }
    let headers = [("content-type", "application/x-protobuf")];
    let answer = server.post("/v1/sum", &headers, "\x0a\x02\x10\x02\x0a\x02\x08\x01").await;
    assert_eq!(answer.status, 400);
    assert!(answer.json()["message"].as_str().unwrap().starts_with("the body, message 1: "), "{answer:?}");
}

#[tokio::test]
async fn a_body_may_be_a_field_and_the_path_is_in_every_message() {
    let server = serve().await;
    let answer = server.post("/v1/sum/7", &[], r#"[{"count":1,"id":"a"},{"count":2}]"#).await;
    assert_eq!(answer.json(), json!({"count": 3, "tags": ["7", "a", "7"]}));
}

#[tokio::test]
async fn raw_content_arrives_as_it_is() {
    let server = serve().await;
    let headers = [("content-type", "text/x-test")];
    let answer = server.post("/v1/upload", &headers, "{\"not\": \"parsed").await;
    assert_eq!(answer.json(), json!({"count": 1, "tags": ["text/x-test"], "data": "eyJub3QiOiAicGFyc2Vk"}));
    let answer = server.post("/v1/upload", &headers, "").await;
    assert_eq!(answer.json(), json!({"count": 1, "tags": ["text/x-test"]}));
    let answer = server.post("/v1/file/7", &headers, "abc").await;
    assert_eq!(answer.json(), json!({"tags": ["7", "text/x-test"], "data": "YWJj"}));
    // Only the first of several says what they are.
    let (parts, upload) = open_body();
    let mut client = server.client().await;
    let answer = client.send("POST", "/v1/upload", &headers, upload);
    let answer = tokio::join!(answer, async {
        parts.send(Ok("abc")).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        parts.send(Ok("def")).await.unwrap();
        drop(parts);
    });
    let answer = answer.0.all().await;
    assert_eq!(answer.json()["data"], "YWJjZGVm");
    assert_eq!(answer.json()["tags"], json!(["text/x-test"]));
}

#[tokio::test]
async fn messages_arrive_before_the_body_is_complete() {
    let mut server = serve().await;
    let (parts, upload) = open_body();
    let mut client = server.client().await;
    let answer = client.send("POST", "/v1/sum", &[], upload);
    let (answer, ()) = tokio::join!(answer, async {
        parts.send(Ok(r#"[{"count":1},{"cou"#)).await.unwrap();
        server.expect("got 1").await;
        parts.send(Ok(r#"nt":2}"#)).await.unwrap();
        server.expect("got 2").await;
        parts.send(Ok("]")).await.unwrap();
        drop(parts);
    });
    assert_eq!(answer.all().await.json(), json!({"count": 3}));
}

#[tokio::test]
async fn both_sides_speak_at_once() {
    let server = serve().await;
    for http2 in [false, true] {
        let mut client = if http2 { server.client2().await } else { server.client().await };
        let (parts, upload) = open_body();
        parts.send(Ok("{\"id\":\"1\"}\n")).await.unwrap();
        let headers = [("content-type", "application/x-ndjson")];
        let mut answer = client.send("POST", "/v1/chat", &headers, upload).await;
        assert_eq!(answer.0.headers()["content-type"], "application/x-ndjson");
        assert_eq!(answer.part().await.unwrap(), "{\"id\":\"re: 1\"}\n");
        parts.send(Ok("{\"id\":\"2\"}")).await.unwrap();
        assert_eq!(answer.part().await.unwrap(), "{\"id\":\"re: 2\"}\n");
        parts.send(Ok("{\"id\":\"fail\"}")).await.unwrap();
        assert_eq!(answer.part().await.unwrap(), "{\"error\":{\"code\":10,\"message\":\"as you said\"}}\n");
        assert_eq!(answer.part().await, None);
    }
}

#[tokio::test]
async fn the_head_comes_even_if_the_client_waits_for_it() {
    let server = serve().await;
    let (parts, upload) = open_body();
    let mut answer = server.client2().await.send("POST", "/v1/chat", &[], upload).await;
    assert_eq!(answer.0.status(), 200);
    parts.send(Ok("{\"id\":\"1\"}")).await.unwrap();
    assert_eq!(answer.part().await.unwrap(), "[{\"id\":\"re: 1\"}");
}

#[tokio::test]
async fn a_message_has_a_limit_and_a_stream_has_none() {
    let server = serve_with(|options| options.max_body_size(100), |server| server).await;
    let fits = format!(r#"{{"id":"{}","count":1}}"#, "x".repeat(60));
    let answer = server.post("/v1/sum/7", &[], &format!("[{}]", vec![&*fits; 1000].join(","))).await;
    assert_eq!(answer.json()["count"], 1000, "{answer:?}");
    let answer =
        server.post("/v1/sum", &[], &format!(r#"[{{"count":1}},{{"id":"{}"}}]"#, "x".repeat(100))).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (413, &json!(8)));
    assert_eq!(answer.json()["message"], "message 1 of the stream is larger than 100 bytes");
    let answer = server.post("/v1/upload", &[], &"x".repeat(1000)).await;
    assert!(answer.json()["count"].as_i64().unwrap() >= 10);
}

#[tokio::test]
async fn a_message_beyond_it_is_no_longer_waited_for() {
    let server = serve_with(|options| options.max_body_size(100), |server| server).await;
    let (parts, upload) = open_body();
    parts
        .send(Ok("[{\"id\":\"0123456789012345678901234567890123456789012345678901234567890123456789"))
        .await
        .unwrap();
    let mut client = server.client().await;
    let answer = client.send("POST", "/v1/chat", &[], upload);
    let (answer, _) = tokio::join!(answer, parts.send(Ok("0123456789012345678901234567890123456789")));
    assert_eq!(answer.all().await.status, 413);
}

#[tokio::test]
async fn depth_has_a_limit() {
    let server = serve_with(|options| options.max_depth(3), |server| server).await;
    assert_eq!(server.post("/v1/sum", &[], r#"[{"child":{"child":{"child":{}}}}]"#).await.status, 200);
    let answer = server.post("/v1/sum", &[], r#"[{"child":{"child":{"child":{"child":{}}}}}]"#).await;
    assert_eq!(answer.status, 400);
    assert!(answer.json()["message"].as_str().unwrap().contains("nested deeper than 3 levels"));
}

#[tokio::test]
async fn a_client_that_pauses_too_long_is_not_waited_for() {
    let limit = Duration::from_millis(500);
    let mut server = serve_with(|options| options.idle_timeout(limit), |server| server).await;
    let (parts, upload) = open_body();
    parts.send(Ok("[{\"count\":1},")).await.unwrap();
    let answer = server.client().await.send("POST", "/v1/sum", &[], upload).await.all().await;
    assert_eq!(answer.status, 408);
    let text = "the body of the request paused for more than 500ms, or came slower than 240 bytes a second";
    assert_eq!(answer.json()["message"], text);
    server.expect("got 1").await;
    // Between messages whoever waits for answers may pause.
    let (parts, upload) = open_body();
    parts.send(Ok("[{\"id\":\"1\"},")).await.unwrap();
    let mut answer = server.client().await.send("POST", "/v1/chat", &[], upload).await;
    answer.part().await.unwrap();
    tokio::time::sleep(limit * 3).await;
    parts.send(Ok("{\"id\":\"2\"},{")).await.unwrap();
    assert_eq!(answer.part().await.unwrap(), ",{\"id\":\"re: 2\"}");
    assert!(answer.part().await.unwrap().contains("paused"));
}

#[tokio::test]
async fn a_body_that_breaks_off_is_not_complete() {
    let mut server = serve().await;
    for http2 in [false, true] {
        let (parts, upload) = open_body();
        let mut client = if http2 { server.client2().await } else { server.client().await };
        parts.send(Ok("{\"count\":1}")).await.unwrap();
        let sending = tokio::spawn(async move {
            let (request, _) = tokio::join!(
                tokio::time::timeout(crate::setup::LONG, async {
                    client.try_send("POST", "/v1/sum", upload).await
                }),
                async {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    parts.send(Err(Broken)).await
                }
            );
            request
        });
        server.expect("broken: the caller gave the call up").await;
        server.expect("over").await;
        assert!(sending.await.unwrap().expect("an end").is_err());
    }
}

#[cfg(feature = "compression")]
#[tokio::test]
async fn compressed_both_ways() {
    let server = serve_with(|options| options.accept_compressed(true), |server| server).await;
    let answer = server.get("/v1/count/3", &[("accept-encoding", "gzip")]).await;
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
    assert_eq!(answer.header("vary"), Some("accept-encoding"));
    // It is read by the same server.
    let mut client = server.client().await;
    let upload = http_body_util::BodyExt::boxed(http_body_util::BodyExt::map_err(
        http_body_util::Full::from(answer.body),
        |never| match never {},
    ));
    let headers = [("content-encoding", "gzip"), ("accept-encoding", "br")];
    let sum = client.send("POST", "/v1/sum", &headers, upload).await.all().await;
    assert_eq!(sum.json()["count"], 3);
    // One by one, each when it comes.
    let mut client = server.client().await;
    let headers = [("accept-encoding", "gzip"), ("accept", "application/x-ndjson")];
    let mut answer = client.send("GET", "/v1/count/1?id=hang", &headers, body("")).await;
    assert!(answer.bytes().await.is_some_and(|bytes| bytes.len() > 20));
    // What it becomes counts.
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut bomb, b"[\"").unwrap();
    std::io::Write::write_all(&mut bomb, &vec![b'x'; 16 << 20]).unwrap();
    let bomb = bytes::Bytes::from(bomb.finish().unwrap());
    assert!(bomb.len() < 100_000);
    let mut client = server.client().await;
    let upload = http_body_util::BodyExt::boxed(http_body_util::BodyExt::map_err(
        http_body_util::Full::from(bomb),
        |never| match never {},
    ));
    let answer = client.send("POST", "/v1/sum", &[("content-encoding", "gzip")], upload).await.all().await;
    assert_eq!(answer.status, 413);
    let answer = server.post("/v1/sum", &[("content-encoding", "compress")], "[]").await;
    assert_eq!((answer.status.as_u16(), answer.header("accept-encoding")), (415, Some("br,gzip,zstd")));
}

proptest! {
    #[test]
    fn whatever_arrives_is_not_the_servers_fault(
        tokens in prop::collection::vec(prop::sample::select(vec![
            "{", "}", "[", "]", ",", ":", "\"", "\\", " ", "\n", "null", "1e999", "{\"count\":1}", "{\"id\":\"\\ud800\"}",
            "{\"child\":{}}", "\x0a\x02\x10\x01", "\x0a", "\x7a\0", "\u{feff}", "é",
        ]), 0..12),
        content_type in prop::sample::select(vec![
            "application/json", "application/x-ndjson", "application/x-protobuf", "text/event-stream", "x", "",
        ]),
        encoding in prop::sample::select(vec!["", "", "gzip", "br", "zstd", "identity", "x, y"]),
        accept in prop::sample::select(vec![
            "*/*", "application/x-ndjson", "text/event-stream", "application/x-protobuf", "a;q=x,,/;;", "",
        ]),
        target in prop::sample::select(vec!["/v1/sum", "/v1/sum/7", "/v1/chat", "/v1/upload", "/v1/file/1", "/v1/count"]),
    ) {
        let (events, _received) = tokio::sync::mpsc::unbounded_channel();
        let options = rsvc::rest::Options::new().accept_compressed(true).max_body_size(1000);
        let rest = rsvc::rest::Rest::new().add(crate::demo::Streams(events)).options(options);
        let mut request = http::Request::builder().method("POST").uri(target);
        for (name, value) in [("content-type", content_type), ("content-encoding", encoding), ("accept", accept)] {
            if !value.is_empty() {
                request = request.header(name, value);
            }
        }
        let request = request.body(http_body_util::Full::from(tokens.concat())).unwrap();
        let answered = async {
            let response = tower::ServiceExt::oneshot(rest, request).await.unwrap();
            let status = response.status();
            let body = http_body_util::BodyExt::collect(response.into_body()).await;
            (status, body.is_ok())
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let (status, whole) = runtime.block_on(answered);
        prop_assert!(status.as_u16() < 500 && whole, "{} {}", status, whole);
    }
}

#[tokio::test]
async fn what_stands_between_messages_has_a_limit() {
    let server = serve_with(|options| options.max_body_size(1000), |server| server).await;
    let spaces = " ".repeat(1000);
    assert_eq!(server.post("/v1/sum", &[], &format!("{{}}{spaces}{{}}{spaces}")).await.status, 200);
    let protobuf = [("content-type", "application/x-protobuf")];
    let nothing = "\x7a\0".repeat(501);
    let ndjson = [("content-type", "application/x-ndjson")];
    for (headers, body) in
        [(&[][..], format!("[ {spaces}")), (&ndjson, format!("{spaces}\n")), (&protobuf, nothing)]
    {
        let answer = server.post("/v1/sum", headers, &body).await;
        assert_eq!(answer.status, 413);
        let text = "more than 1000 bytes before message 0 of the stream are none of a message";
        assert_eq!((&answer.json()["code"], &answer.json()["message"]), (&8.into(), &text.into()));
    }
}

/// All of it is done by one thread, which yields to others, and to the clock.
#[cfg(feature = "compression")]
#[tokio::test]
async fn what_takes_long_to_decompress_holds_nobody_up() {
    use std::io::Write as _;

    use http_body_util::BodyExt as _;

    let server =
        serve_with(|options| options.max_body_size(1 << 30).accept_compressed(true), |server| server).await;
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for _ in 0..512 {
        bomb.write_all(&vec![b' '; 1 << 20]).unwrap();
    }
    let bomb = http_body_util::Full::from(bomb.finish().unwrap()).map_err(|never| match never {}).boxed();
    let headers = [("content-encoding", "gzip"), ("grpc-timeout", "300m")];
    let mut client = server.client().await;
    let answer = async { client.send("POST", "/v1/sum", &headers, bomb).await.all().await };
    let others = async {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        assert_eq!(server.post("/v1/sum", &[], "{}").await.status, 200);
    };
    let (answer, ()) = tokio::join!(answer, others);
    assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (504, &4.into()));
}
