//! gRPC-Web, as a browser has it: over HTTP/1.1, trailers in the body.

use http_body_util::{BodyExt, Full};
use prost::Message;
use rsvc::codegen::bytes::Bytes;

use crate::demo::{Text, number, text};
use crate::setup::{Running, pair};

/// The status code and the body of the answer.
async fn post(server: &Running, path: &str, media_type: &str, body: Vec<u8>) -> (u16, Vec<u8>) {
    let addr = server.endpoint.strip_prefix("http://").unwrap();
    let io = hyper_util::rt::TokioIo::new(tokio::net::TcpStream::connect(addr).await.unwrap());
    let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::post(path)
        .header("host", addr)
        .header("content-type", media_type)
        .body(Full::new(Bytes::from(body)))
        .unwrap();
    let answer = sender.send_request(request).await.unwrap();
    (answer.status().as_u16(), answer.into_body().collect().await.unwrap().to_bytes().to_vec())
}

fn frame(message: &Text) -> Vec<u8> {
    let bytes = message.encode_to_vec();
    let mut frame = vec![0];
    frame.extend(u32::try_from(bytes.len()).unwrap().to_be_bytes());
    frame.extend(bytes);
    frame
}

/// The messages and the trailers of an answer.
fn parse(mut body: &[u8]) -> (Vec<Text>, String) {
    let mut messages = Vec::new();
    while let Some((head, rest)) = body.split_at_checked(5) {
        let length = u32::from_be_bytes(head[1..].try_into().unwrap());
        let (content, rest) = rest.split_at(usize::try_from(length).unwrap());
        if head[0] == 0x80 {
            assert!(rest.is_empty());
            return (messages, String::from_utf8(content.to_vec()).unwrap());
        }
        messages.push(Text::decode(content).unwrap());
        body = rest;
    }
    panic!("there are no trailers");
}

#[tokio::test]
async fn unary() {
    let (server, _) = pair().await;
    let media_type = "application/grpc-web+proto";
    let (code, body) = post(&server, "/demo.v1.Demo/Say", media_type, frame(&text("you"))).await;
    assert_eq!(code, 200);
    let (messages, trailers) = parse(&body);
    assert_eq!(messages, [text("hello you")]);
    assert!(trailers.contains("grpc-status: 0"), "{trailers}");
}

#[tokio::test]
async fn streaming_with_trailers() {
    let (server, _) = pair().await;
    let (code, body) = post(&server, "/demo.v1.Demo/Count", "application/grpc-web", frame(&number(3))).await;
    assert_eq!(code, 200);
    let (messages, trailers) = parse(&body);
    assert_eq!(messages, [number(0), number(1), number(2)]);
    assert!(trailers.contains("grpc-status: 0") && trailers.contains("x-trailer: 2"), "{trailers}");
}

#[tokio::test]
async fn what_is_not_a_call_is_refused() {
    let (server, _) = pair().await;
    let (code, _) = post(&server, "/demo.v1.Demo/Say", "text/plain", Vec::new()).await;
    assert_eq!(code, 415);
}
