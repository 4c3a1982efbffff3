//! Limits, all on by default.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::Frame;
use rsvc::rest::{Options, Rest};
use serde_json::json;
use tower::ServiceExt as _;

use crate::demo::Items;
use crate::setup::{ask, post, request, rest};

fn limited(options: Options) -> Rest {
    Rest::new().add(Items::default()).options(options)
}

#[tokio::test]
async fn bodies() {
    let text = |len: usize| format!("{{\"id\":\"{}\"}}", "x".repeat(len - 9));
    assert_eq!(post("/v1/items", &text(4 << 20)).await.status, 200);
    let answer = post("/v1/items", &text((4 << 20) + 1)).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (413, &json!(8)));
    let rest = limited(Options::new().max_body_size(10));
    assert_eq!(ask(&rest, "POST", "/v1/items", &[], "{\"id\":\"\"}").await.status, 200);
    assert_eq!(ask(&rest, "POST", "/v1/items", &[], "{\"id\":\"xy\"}").await.status, 413);
}

#[tokio::test]
async fn urls_headers_and_parameters() {
    let long = format!("/v1/items/{}", "x".repeat(16 << 10));
    assert_eq!(ask(&rest(), "GET", &long, &[], "").await.status, 414);
    let long = "x".repeat(16 << 10);
    assert_eq!(ask(&rest(), "GET", "/v1/items/7", &[("x", &long)], "").await.status, 431);
    // To the byte, path and query together.
    let target = "/v1/items/7?count=12";
    for (limit, expected) in [(target.len(), 200), (target.len() - 1, 414)] {
        let rest = limited(Options::new().max_uri_length(limit));
        assert_eq!(ask(&rest, "GET", target, &[], "").await.status, expected);
    }
    let rest = limited(Options::new().max_query_pairs(2));
    assert_eq!(ask(&rest, "GET", "/v1/items/7?a&b", &[], "").await.status, 200);
    assert_eq!(ask(&rest, "GET", "/v1/items/7?a&b&c", &[], "").await.status, 400);
}

#[tokio::test]
async fn depth() {
    let nested =
        |levels: usize| format!("{}{}", "{\"child\":".repeat(levels - 1) + "{}", "}".repeat(levels - 1));
    assert_eq!(post("/v1/items", &nested(101)).await.status, 200);
    assert_eq!(post("/v1/items", &nested(102)).await.status, 400);
    let deep = format!("/v1/items/7?{}count=1", "child.".repeat(31));
    assert_eq!(ask(&rest(), "GET", &deep, &[], "").await.status, 200);
    let deeper = format!("/v1/items/7?{}count=1", "child.".repeat(32));
    assert_eq!(ask(&rest(), "GET", &deeper, &[], "").await.status, 400);
}

/// Objects in a field whose type is `google.protobuf.Value`: what is taken can be decoded by everyone.
#[tokio::test]
async fn depth_of_values() {
    let nested = |open: &str, levels: usize, close: &str| {
        format!("{{\"value\":{}1{}}}", open.repeat(levels), close.repeat(levels))
    };
    for (open, levels, close) in [("{\"a\":", 33, "}"), ("[", 49, "]")] {
        let text = nested(open, levels, close);
        let answer = post("/v1/items", &text).await;
        assert_eq!(answer.status, 200);
        // What was answered is taken again.
        let again = post("/v1/items", std::str::from_utf8(&answer.body).unwrap()).await;
        assert_eq!((again.status.as_u16(), &again.body), (200, &answer.body));
        let answer = post("/v1/items", &nested(open, levels + 1, close)).await;
        assert_eq!(answer.status, 400);
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(message.contains("nested deeper than 100 levels"), "{message}");
        // No option allows more.
        let rest = limited(Options::new().max_depth(1_000));
        assert_eq!(ask(&rest, "POST", "/v1/items", &[], &nested(open, levels + 1, close)).await.status, 400);
    }
}

/// Bodies within the limit of size that would take a hundred times as much memory.
#[tokio::test]
async fn memory() {
    let wide = |one: &str, count: usize| format!("{{\"items\":[{}]}}", vec![one; count].join(","));
    let value = |one: &str, count: usize| format!("{{\"value\":[{}]}}", vec![one; count].join(","));
    let mask = format!("{{\"updateMask\":\"{}\"}}", "a,".repeat(2_000_000));
    for text in [
        wide("{}", 1_000_000),
        wide("{\"items\":[{}]}", 200_000),
        wide("{\"labels\":{\"\":\"\"}}", 200_000),
        value("[[]]", 800_000),
        value("{\"\":1}", 500_000),
        mask,
    ] {
        let answer = post("/v1/items", &text).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (413, &json!(8)), "{text:.40}");
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(message.contains("bytes of memory (`max_message_memory`)"), "{message}");
    }
    // What is broken is refused as before.
    let broken = wide("{}", 30_000) + "}";
    assert_eq!(post("/v1/items", &broken).await.status, 400);
    // The same in bytes.
    let empty = [0xaa, 0x01, 0x00].repeat(1_000_000);
    let mut request = request("POST", "/v1/items", &[("content-type", "application/protobuf")], "");
    *request.body_mut() = http_body_util::Full::from(empty);
    assert_eq!(crate::setup::send(&rest(), request).await.status(), 413);
    // Who needs more says so, and who has less as well.
    let text = wide("{}", 100_000);
    assert_eq!(post("/v1/items", &text).await.status, 413);
    let rest = limited(Options::new().max_message_memory(1 << 30));
    assert_eq!(ask(&rest, "POST", "/v1/items", &[], &text).await.status, 200);
    let rest = limited(Options::new().max_message_memory(0));
    assert_eq!(ask(&rest, "POST", "/v1/items", &[], &wide("{}", 100)).await.status, 413);
    assert_eq!(ask(&rest, "POST", "/v1/items", &[], "{\"id\":\"a long name of an item\"}").await.status, 200);
}

#[tokio::test]
async fn the_unknown_is_refused_if_that_is_asked_for() {
    let rest = limited(Options::new().refuse_unknown(true));
    let answer = ask(&rest, "GET", "/v1/items/7?nothing=1", &[], "").await;
    assert_eq!(answer.json()["message"], "query parameter `nothing`: there is no such field");
    assert_eq!(ask(&rest, "POST", "/v1/items", &[], "{\"nothing\":1}").await.status, 400);
    assert_eq!(ask(&rest, "POST", "/v1/items?count=1", &[], "{}").await.status, 400);
}

/// A body that gives these pieces, and then an error or nothing ever.
struct Pieces(Vec<&'static str>, Option<&'static str>);

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match (self.0.pop(), self.1) {
            (Some(piece), _) => Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(piece.as_bytes()))))),
            (None, Some(error)) => Poll::Ready(Some(Err(error.into()))),
            (None, None) => Poll::Pending,
        }
    }
}

async fn sent(rest: &Rest, pieces: Pieces) -> u16 {
    let request = request("POST", "/v1/items", &[], "").map(|_| pieces);
    rest.clone().oneshot(request).await.unwrap().status().as_u16()
}

#[tokio::test(start_paused = true)]
async fn slow_and_broken_bodies() {
    assert_eq!(sent(&rest(), Pieces(vec!["{"], None)).await, 408);
    assert_eq!(sent(&rest(), Pieces(vec!["{"], Some("gone"))).await, 499);
    let rest = limited(Options::new().max_body_size(3).body_timeout(Duration::from_secs(1)));
    assert_eq!(sent(&rest, Pieces(vec!["}", "  ", "{"], None)).await, 413);
}

/// A body that gives a byte every two seconds.
struct Drip(Pin<Box<tokio::time::Sleep>>);

impl http_body::Body for Drip {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        std::task::ready!(self.0.as_mut().poll(task));
        self.0 = Box::pin(tokio::time::sleep(Duration::from_secs(2)));
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b" ")))))
    }
}

#[tokio::test(start_paused = true)]
async fn bodies_that_drip() {
    let hour = Duration::from_hours(1);
    let slow = "the body of the request paused for more than 10s, or came slower than 240 bytes a second";
    let long = "the body of the request took more than 3600s to arrive";
    for (rate, seconds, text) in [(240, 8..14, slow), (0, 3590..3610, long)] {
        let options = Options::new().body_timeout(hour).idle_timeout(Duration::from_secs(10)).min_rate(rate);
        let body = Drip(Box::pin(tokio::time::sleep(Duration::ZERO)));
        let start = tokio::time::Instant::now();
        let answer =
            limited(options).oneshot(request("POST", "/v1/items", &[], "").map(|_| body)).await.unwrap();
        assert_eq!(answer.status(), 408);
        assert!(seconds.contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
        let body = http_body_util::BodyExt::collect(answer.into_body()).await.unwrap().to_bytes();
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&body).unwrap()["message"], text);
    }
}

#[tokio::test]
async fn pages_of_other_origins() {
    let form = [("content-type", "text/plain"), ("host", "api.example"), ("origin", "https://evil.example")];
    let answer = ask(&rest(), "POST", "/v1/items", &form, "{}").await;
    assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (403, &json!(7)));
    assert_eq!(ask(&rest(), "GET", "/v1/items/7", &form, "").await.status, 200);
    assert_eq!(ask(&rest(), "POST", "/v1/items", &form[..2], "{}").await.status, 200);
    let listed = limited(Options::new().allow_origin("https://evil.example"));
    assert_eq!(ask(&listed, "POST", "/v1/items", &form, "{}").await.status, 200);
    let any = limited(Options::new().allow_any_origin());
    assert_eq!(ask(&any, "POST", "/v1/items", &form, "{}").await.status, 200);
}

#[tokio::test]
async fn hosts() {
    let rest = limited(Options::new().hosts(["API.example"]));
    for (host, expected) in [("api.example", 200), ("api.example:8080", 200), ("evil.example", 421)] {
        let answer = ask(&rest, "GET", "/v1/items/7", &[("host", host)], "").await;
        assert_eq!(answer.status, expected, "{host}");
    }
    let twice = [("host", "api.example"), ("host", "evil.example")];
    assert_eq!(ask(&limited(Options::new()), "GET", "/v1/items/7", &twice, "").await.status, 400);
}

#[tokio::test]
async fn browsers_do_not_guess() {
    for (method, target, status) in [
        ("GET", "/v1/items/7", 200),
        ("HEAD", "/v1/items/7", 200),
        ("GET", "/nothing", 404),
        ("PUT", "/v1/items", 405),
        ("OPTIONS", "/v1/items", 204),
        ("GET", "/v1/items/7?count=x", 400),
    ] {
        let answer = ask(&rest(), method, target, &[], "").await;
        assert_eq!(answer.status, status, "{method} {target}");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{method} {target}");
    }
}
