//! Large requests and responses: others are answered while one of them is read or written, and its deadline holds.

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
    let web = [("content-type", "application/grpc-web+json")];
    let (mut request, body) = match protocol {
        "REST" => (request("POST", "/v1/items", &[JSON], ""), Full::from(item(size))),
        "a stream over REST" => (request("POST", "/v1/sum", &[JSON], ""), Full::from(item(size))),
        "Connect" => (request("POST", "/rest.v1.Items/Get", &[JSON], ""), Full::from(item(size))),
        "a stream over Connect" => (request("POST", "/rest.v1.Items/Sum", &stream, ""), envelope(item(size))),
        "gRPC-Web" => (request("POST", "/rest.v1.Items/Get", &web, ""), envelope(item(size))),
        "a stream over gRPC-Web" => (request("POST", "/rest.v1.Items/Sum", &web, ""), envelope(item(size))),
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
    let protocols = [
        "REST",
        "a stream over REST",
        "Connect",
        "a stream over Connect",
        "gRPC",
        "gRPC-Web",
        "a stream over gRPC-Web",
    ];
    for protocol in protocols {
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
        } else if protocol.contains("gRPC-Web") {
            assert!(text.ends_with("grpc-status: 0\r\n"), "{text:.200}");
        }
    }
}

/// A service whose responses have tags of about `size` bytes.
fn with_tags(size: usize) -> ServerService {
    let items = Items::default();
    items.0.lock().unwrap().tags = size / 6;
    Server::new().authenticated_by_layers().max_response_size(4_000_000).add(items).into_service().unwrap()
}

/// A small request for such a response.
fn ask(headers: &[(&str, &str)]) -> Request<Full<Bytes>> {
    let media_type = headers.iter().find(|(name, _)| *name == "content-type").map(|(_, value)| *value);
    let mut asked = match media_type {
        None => request("GET", "/v1/fail", headers, ""),
        Some("application/grpc+json") => request("POST", "/rest.v1.Items/Fail", headers, "\0\0\0\0\x02{}"),
        Some(grpc) if grpc.contains("grpc") => request("POST", "/rest.v1.Items/Fail", headers, "\0\0\0\0\0"),
        Some(_) => request("POST", "/rest.v1.Items/Fail", headers, ""),
    };
    if media_type.is_some_and(|media_type| media_type.contains("grpc")) {
        *asked.version_mut() = http::Version::HTTP_2;
    }
    asked
}

#[tokio::test]
async fn others_are_answered_while_a_large_response_is_written() {
    let others = with_tags(0);
    let gzip = ("accept-encoding", "gzip");
    for (headers, encoding) in [
        (vec![], None),
        (vec![("accept", "application/x-protobuf")], None),
        (vec![("content-type", "application/json")], None),
        (vec![("content-type", "application/proto")], None),
        (vec![("content-type", "application/proto"), gzip], Some("gzip")),
        (vec![("content-type", "application/grpc"), ("te", "trailers")], None),
        (vec![("content-type", "application/grpc+json"), ("te", "trailers")], None),
        (vec![("content-type", "application/grpc-web")], None),
    ] {
        let small = with_tags(6_000).oneshot(ask(&headers)).now_or_never();
        assert_eq!(small.unwrap_or_else(|| panic!("{headers:?} waits")).unwrap().status(), 200);
        let service = with_tags(2_000_000);
        // Over REST none is measured as long as none was large.
        assert_eq!(service.clone().oneshot(ask(&headers)).await.unwrap().status(), 200);
        let mut large = pin!(service.oneshot(ask(&headers)));
        assert!(large.as_mut().now_or_never().is_none(), "{headers:?}: everybody waits");
        assert_eq!(answer(&others, call("REST", 100)).now_or_never().expect("it is there").0, 200);
        let (parts, body) = large.await.unwrap().into_parts();
        let coding = parts.headers.get("content-encoding").map(|coding| coding.to_str().unwrap());
        assert_eq!((parts.status.as_u16(), coding), (200, encoding), "{headers:?}");
        let size = body.collect().await.unwrap().to_bytes().len();
        assert!(encoding.is_some() || size > 1_600_000, "{headers:?}: {size} bytes");
    }
}

#[tokio::test]
async fn the_deadline_of_a_large_response_holds_and_its_errors_are_told() {
    let code = async |size, headers: &[(&str, &str)]| answer(&with_tags(size), ask(headers)).await.1;
    let grpc = ("content-type", "application/grpc");
    assert_eq!(code(3_000_000, &[grpc, ("grpc-timeout", "1m")]).await, "4", "DEADLINE_EXCEEDED");
    for media_type in ["application/grpc", "application/grpc+json"] {
        let code = code(6_000_000, &[("content-type", media_type)]).await;
        assert_eq!(code, "8", "{media_type}: RESOURCE_EXHAUSTED");
    }
    let connect = code(6_000_000, &[("content-type", "application/json")]).await;
    assert!(connect.contains("resource_exhausted"), "{connect:.200}");
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
