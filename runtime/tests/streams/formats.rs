//! What a stream looks like on its way out.

use prost::Message as _;
use rsvc::prost;
use rsvc::rest::ErrorBody;
use serde_json::{Value, json};

use crate::demo::{Item, item};
use crate::setup::{body, serve, serve_with};

/// A `StreamBody`, as Google's clients read it.
#[derive(Clone, PartialEq, prost::Message)]
#[prost(prost_path = "rsvc::prost")]
struct StreamBody {
    #[prost(bytes = "vec", repeated, tag = "1")]
    messages: Vec<Vec<u8>>,
    #[prost(message, optional, tag = "2")]
    status: Option<rsvc::pb::google::rpc::Status>,
    #[prost(bytes = "vec", repeated, tag = "15")]
    noop: Vec<Vec<u8>>,
}

fn item_json(n: i32) -> Value {
    let mut item = json!({"id": format!("item {n}"), "child": {"id": format!("child {n}")}});
    if n > 0 {
        item["count"] = n.into();
    }
    item
}

#[tokio::test]
async fn an_array_by_default() {
    let server = serve().await;
    let answer = server.get("/v1/count/2", &[]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("grpc-metadata-x-header"), Some("1"));
    assert_eq!(answer.json(), json!([item_json(0), item_json(1)]));
    assert_eq!(server.get("/v1/count/0", &[]).await.text(), "[]");
    assert_eq!(server.post("/v1/count", &[], r#"{"count":1}"#).await.json(), json!([item_json(0)]));
    assert_eq!(server.get("/v1/children/1", &[]).await.text(), r#"[{"id":"child 0"}]"#);
}

#[tokio::test]
async fn lines_events_and_protobuf_when_asked_for() {
    let server = serve().await;
    let lines = server.get("/v1/count/2", &[("accept", "application/x-ndjson")]).await;
    assert_eq!(lines.header("content-type"), Some("application/x-ndjson"));
    assert_eq!(lines.text(), format!("{}\n{}\n", compact(0), compact(1)));
    let lines = server.get("/v1/count/1", &[("accept", "application/jsonl")]).await;
    assert_eq!(lines.header("content-type"), Some("application/jsonl"));
    let events = server.get("/v1/count/2", &[("accept", "text/event-stream")]).await;
    assert_eq!(events.header("content-type"), Some("text/event-stream"));
    assert_eq!(events.header("cache-control"), Some("no-cache"));
    assert_eq!(
        events.text(),
        format!("id: 1\ndata: {}\n\nid: 2\ndata: {}\n\nevent: end\ndata: {{}}\n\n", compact(0), compact(1))
    );
    let protobuf = server.get("/v1/count/2", &[("accept", "application/x-protobuf")]).await;
    assert_eq!(protobuf.header("content-type"), Some("application/x-protobuf"));
    let stream = StreamBody::decode(protobuf.body).unwrap();
    let messages: Vec<_> = stream.messages.iter().map(|bytes| Item::decode(&**bytes).unwrap()).collect();
    assert_eq!((messages, stream.status), (vec![item(0), item(1)], None));
}

fn compact(n: i32) -> String {
    rsvc::json::to_string(&item(n)).unwrap()
}

#[tokio::test]
async fn an_error_before_the_first_message_is_that_of_the_call() {
    let server = serve().await;
    for accept in ["*/*", "application/x-ndjson", "text/event-stream"] {
        let answer = server.get("/v1/count/0?id=fail", &[("accept", accept)]).await;
        assert_eq!(answer.status, 400, "{accept}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.json()["message"], "enough");
        assert_eq!(answer.json()["code"], 9);
    }
    let answer = server.get("/v1/count/x", &[]).await;
    assert_eq!(answer.status, 400);
    let answer = server.get("/v1/count/0?id=bad", &[]).await;
    assert_eq!(answer.status, 500);
    assert_eq!(answer.json()["message"], "the response has no JSON");
}

#[tokio::test]
async fn an_error_after_it_ends_the_stream_in_its_own_way() {
    let server = serve().await;
    let target = "/v1/count/1?id=fail";
    let status = json!({"code": 9, "message": "enough"});
    let array = server.get(target, &[]).await;
    assert_eq!(array.status, 200);
    assert_eq!(array.json(), json!([item_json(0), {"error": status}]));
    let lines = server.get(target, &[("accept", "application/x-ndjson")]).await;
    assert_eq!(lines.text().lines().last(), Some(r#"{"error":{"code":9,"message":"enough"}}"#));
    let events = server.get(target, &[("accept", "text/event-stream")]).await;
    assert!(events.text().ends_with("\n\nevent: error\ndata: {\"code\":9,\"message\":\"enough\"}\n\n"));
    let protobuf = server.get(target, &[("accept", "application/x-protobuf")]).await;
    let stream = StreamBody::decode(protobuf.body).unwrap();
    assert_eq!(stream.messages.len(), 1);
    assert_eq!(stream.status.map(|status| (status.code, status.message)), Some((9, "enough".into())));
}

#[tokio::test]
async fn trailers_say_it_too_to_those_who_look() {
    let server = serve().await;
    let headers = [("te", "trailers")];
    for target in ["/v1/count/1", "/v1/count/1?id=fail"] {
        let expected = if target.ends_with("fail") { "9" } else { "0" };
        let answer = server.get(target, &headers).await;
        assert_eq!(answer.trailer("grpc-status"), Some(expected));
        let answer = server.get(target, &[]).await;
        assert_eq!(answer.trailer("grpc-status"), None);
        let answer = server.client2().await.send("GET", target, &[], body("")).await.all().await;
        assert_eq!(answer.trailer("grpc-status"), Some(expected));
        assert_eq!(answer.trailer("grpc-trailer-x-trailer"), Some("2"));
    }
}

#[tokio::test]
async fn raw_content_leaves_as_it_is() {
    let server = serve().await;
    let answer = server.get("/v1/download/3", &[("accept", "text/event-stream")]).await;
    assert_eq!(answer.header("content-type"), Some("text/x-0"));
    assert_eq!(answer.text(), "part 0;part 1;part 2;");
    let empty = server.get("/v1/download/0", &[]).await;
    assert_eq!((empty.status.as_u16(), empty.text(), empty.header("content-type")), (200, "", None));
    let fails_first = server.get("/v1/download/0?id=fail", &[]).await;
    assert_eq!(fails_first.status, 500);
}

#[tokio::test]
async fn raw_content_that_is_not_whole_breaks_off() {
    let server = serve().await;
    let target = "/v1/download/2?id=fail";
    assert!(server.client().await.try_send("GET", target, body("")).await.is_err());
    assert!(server.client2().await.try_send("GET", target, body("")).await.is_err());
    // What is on its way already stays, but it does not end.
    let mut client = server.client().await;
    let mut answer = client.send("GET", "/v1/download/2?id=fail&flag=true", &[], body("")).await;
    assert_eq!(answer.part().await.unwrap(), "part 0;part 1;");
    assert!(answer.all().await.broken);
    let told = server.get(target, &[("te", "trailers")]).await;
    assert_eq!((told.text(), told.trailer("grpc-status")), ("part 0;part 1;", Some("15")));
}

#[tokio::test]
async fn every_message_leaves_as_it_comes() {
    let server = serve().await;
    for (accept, first) in [
        ("*/*", format!("[{}", compact(0))),
        ("application/x-ndjson", format!("{}\n", compact(0))),
        ("text/event-stream", format!("id: 1\ndata: {}\n\n", compact(0))),
    ] {
        let mut client = server.client().await;
        let mut answer = client.send("GET", "/v1/count/1?id=hang", &[("accept", accept)], body("")).await;
        assert_eq!(answer.part().await, Some(first));
    }
}

#[tokio::test]
async fn silence_is_filled() {
    let server =
        serve_with(|options| options.keep_alive(std::time::Duration::from_millis(300)), |server| server)
            .await;
    let mut client = server.client().await;
    let mut answer =
        client.send("GET", "/v1/count/1?id=hang", &[("accept", "text/event-stream")], body("")).await;
    assert!(answer.part().await.unwrap().starts_with("id: 1\n"));
    assert_eq!(answer.part().await.unwrap(), ":\n\n");
    assert_eq!(answer.part().await.unwrap(), ":\n\n");
    // The head does not wait for longer than that either.
    let mut answer = server.client().await.send("GET", "/v1/count/0?id=hang", &[], body("")).await;
    assert_eq!(answer.0.status(), 200);
    assert!(tokio::time::timeout(std::time::Duration::from_millis(200), answer.part()).await.is_err());
}

#[tokio::test]
async fn a_client_that_comes_back_says_what_it_has() {
    let mut server = serve().await;
    let headers = [("accept", "text/event-stream"), ("last-event-id", "41")];
    let answer = server.get("/v1/count/1", &headers).await;
    assert!(answer.text().starts_with("id: 42\n"));
    server.expect("seen 41").await;
}

#[tokio::test]
async fn a_client_that_goes_ends_the_call() {
    let mut server = serve().await;
    for http2 in [false, true] {
        let mut client = if http2 { server.client2().await } else { server.client().await };
        let mut answer = client.send("GET", "/v1/count/1?id=hang", &[], body("")).await;
        answer.part().await.unwrap();
        drop(answer);
        client.connection.abort();
        server.expect("over").await;
    }
}

#[tokio::test]
async fn a_slow_client_slows_the_handler_down() {
    let mut server = serve().await;
    // Four gigabytes, of which nothing is read but what arrives by itself.
    let note = "x".repeat(4000);
    let mut client = server.client().await;
    let target = format!("/v1/count/1000000?note={note}");
    let mut answer = client.send("GET", &target, &[], body("")).await;
    answer.part().await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    drop(answer);
    client.connection.abort();
    let gone = loop {
        if let Some(count) = server.event().await.strip_prefix("gone after ") {
            break count.parse::<u32>().unwrap();
        }
    };
    // What fits into the buffers of two sockets and of HTTP.
    assert!(gone < 100_000, "{gone} messages were sent to nobody");
}

#[tokio::test]
async fn the_deadline_holds_for_the_whole_stream() {
    let server = serve().await;
    let headers = [("grpc-timeout", "1S")];
    let answer = server.get("/v1/count/1?id=hang", &headers).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()[1]["error"]["code"], 4);
    let answer = server.get("/v1/count/0?id=hang", &headers).await;
    assert_eq!(answer.status, 504);
}

#[tokio::test]
async fn an_error_body_of_the_users_stands_in_the_stream_if_it_can() {
    let write = |error: &rsvc::rest::ErrorResponse<'_>| {
        let text = match error.request_headers().get("x-kind").map(|kind| kind.to_str().unwrap()) {
            None => format!("{{\"why\":\"{}\",\"open\":{}}}", error.status().message(), error.is_in_stream()),
            Some("two lines") => "{\n}".to_owned(),
            Some("no json") => "<error>".to_owned(),
            Some(_) => return Some(ErrorBody::new("text/plain".parse().unwrap(), "7")),
        };
        Some(ErrorBody::json(text))
    };
    let server = serve_with(|options| options.error_body(write), |server| server).await;
    let target = "/v1/count/1?id=fail";
    let ours = json!({"why": "enough", "open": true});
    assert_eq!(server.get(target, &[]).await.json(), json!([item_json(0), {"error": ours}]));
    let lines = server.get(target, &[("accept", "application/x-ndjson")]).await;
    assert_eq!(lines.text().lines().last(), Some(r#"{"error":{"why":"enough","open":true}}"#));
    // What would break the stream is replaced.
    let usual = json!([item_json(0), {"error": {"code": 9, "message": "enough"}}]);
    for kind in ["two lines", "no json", "text"] {
        assert_eq!(server.get(target, &[("x-kind", kind)]).await.json(), usual, "{kind}");
    }
    // Before the first message it is an error as any other.
    let early = server.get("/v1/count/0?id=bad", &[]).await;
    assert_eq!((early.status.as_u16(), early.json()["open"].clone()), (500, json!(false)));
}
