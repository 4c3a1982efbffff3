//! Large requests: others are answered while one of them is read, and its deadline holds.

use std::pin::pin;

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use rsvc::Server;
use rsvc::server::ServerService;
use tower::ServiceExt as _;

use crate::demo::Items;
use crate::setup::request;

const JSON: (&str, &str) = ("content-type", "application/json");

/// An item whose tags take about this many bytes.
fn item(size: usize) -> String {
    format!("{{\"id\":\"7\",\"tags\":[{}\"\"]}}", "\"tag\",".repeat(size / 6))
}

/// A call of a protocol with a message of about this many bytes.
fn call(protocol: &str, size: usize) -> Request<Full<Bytes>> {
    let envelope = |text: String| {
        let length = u32::try_from(text.len()).unwrap().to_be_bytes();
        Full::from([&[0], &length[..], text.as_bytes()].concat())
    };
    let grpc = [("content-type", "application/grpc+json"), ("te", "trailers")];
    let stream = [("content-type", "application/connect+json")];
    let (mut request, body) = match protocol {
        "REST" => (request("POST", "/v1/items", &[JSON], ""), Full::from(item(size))),
        "a stream over REST" => (request("POST", "/v1/sum", &[JSON], ""), Full::from(item(size))),
        "Connect" => (request("POST", "/rest.v1.Items/Get", &[JSON], ""), Full::from(item(size))),
        "a stream over Connect" => (request("POST", "/rest.v1.Items/Sum", &stream, ""), envelope(item(size))),
        _ => (request("POST", "/rest.v1.Items/Get", &grpc, ""), envelope(item(size))),
    };
    if protocol == "gRPC" {
        *request.version_mut() = http::Version::HTTP_2;
    }
    *request.body_mut() = body;
    request
}

async fn answer(service: &ServerService, request: Request<Full<Bytes>>) -> (u16, String) {
    let response: Response<rsvc::Body> = service.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap();
    let grpc =
        |headers: &http::HeaderMap| headers.get("grpc-status").map(|code| code.to_str().unwrap().to_owned());
    let code = grpc(&parts.headers).or_else(|| body.trailers().and_then(grpc));
    let text = code.unwrap_or_else(|| String::from_utf8_lossy(&body.to_bytes()).into_owned());
    (parts.status.as_u16(), text)
}

#[tokio::test]
async fn others_are_answered_while_a_large_request_is_read() {
    let service = Server::new().authenticated_by_layers().add(Items::default()).into_service().unwrap();
    for protocol in ["REST", "a stream over REST", "Connect", "a stream over Connect", "gRPC"] {
        // What is small is read at once; a stream may yield.
        let small = answer(&service, call(protocol, 60_000));
        let (status, text) = if protocol.contains("stream") {
            small.await
        } else {
            small.now_or_never().unwrap_or_else(|| panic!("{protocol} waits"))
        };
        assert_eq!(status, 200, "{protocol}: {text:.200}");
        let mut large = pin!(answer(&service, call(protocol, 2_000_000)));
        assert!(large.as_mut().now_or_never().is_none(), "{protocol}: everybody waits");
        assert_eq!(answer(&service, call("REST", 100)).now_or_never().expect("it is there").0, 200);
        let (status, text) = large.await;
        assert_eq!(status, 200, "{protocol}: {text:.200}");
        if protocol == "gRPC" {
            assert_eq!(text, "0");
        }
    }
}

#[tokio::test]
async fn the_deadline_of_a_large_request_holds() {
    let service = Server::new().authenticated_by_layers().add(Items::default()).into_service().unwrap();
    let mut late = call("gRPC", 4_000_000);
    late.headers_mut().insert("grpc-timeout", "1m".parse().unwrap());
    assert_eq!(answer(&service, late).await, (200, "4".to_owned()), "DEADLINE_EXCEEDED");
}

#[tokio::test]
async fn what_is_wrong_with_a_large_request_is_told() {
    let service = Server::new().authenticated_by_layers().add(Items::default()).into_service().unwrap();
    let mut broken = call("REST", 100);
    *broken.body_mut() = Full::from(item(200_000) + "}");
    let (status, text) = answer(&service, broken).await;
    assert_eq!(status, 400, "{text}");
    let mut forbidden = call("REST", 100);
    *forbidden.body_mut() = Full::from(item(200_000).replace("\"7\"", "\"forbidden\""));
    let (status, text) = answer(&service, forbidden).await;
    assert_eq!(status, 400, "{text}");
    assert!(text.contains("\"id\""), "{text}");
}
