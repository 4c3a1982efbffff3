//! Calls that break the rules of the protocol: each gets an answer, and none reaches the handler.

use http_body_util::{BodyExt, Full};
use prost::Message;
use rsvc::Code;
use rsvc::codegen::bytes::Bytes;

use crate::demo::{Text, number, text};
use crate::setup::{Running, pair};

/// The frames of messages, as the body of a request has them.
fn frames(messages: &[Text]) -> Vec<u8> {
    let mut body = Vec::new();
    for message in messages {
        let bytes = message.encode_to_vec();
        body.push(0);
        body.extend(u32::try_from(bytes.len()).unwrap().to_be_bytes());
        body.extend(bytes);
    }
    body
}

/// The status that a call with this body ends with.
async fn post(server: &Running, path: &str, body: Vec<u8>, headers: &[(&str, &str)]) -> Code {
    answer(server, path, body, headers).await.0
}

/// The status that a call with this body ends with, and the headers and the body of the response.
async fn answer(
    server: &Running,
    path: &str,
    body: Vec<u8>,
    headers: &[(&str, &str)],
) -> (Code, http::HeaderMap, Bytes) {
    let addr = server.endpoint.strip_prefix("http://").unwrap();
    let io = hyper_util::rt::TokioIo::new(tokio::net::TcpStream::connect(addr).await.unwrap());
    let executor = hyper_util::rt::TokioExecutor::new();
    let (mut sender, connection) = hyper::client::conn::http2::handshake(executor, io).await.unwrap();
    tokio::spawn(connection);
    let mut request = http::Request::post(format!("{}{path}", server.endpoint))
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    for (key, value) in headers {
        request = request.header(*key, *value);
    }
    let request = request.body(Full::new(Bytes::from(body))).unwrap();
    let answer = sender.send_request(request).await.unwrap();
    assert_eq!(answer.status(), 200);
    let (head, body) = answer.into_parts();
    let body = body.collect().await.unwrap();
    let trailers = body.trailers().cloned().unwrap_or_default();
    let code = head.headers.get("grpc-status").or(trailers.get("grpc-status")).unwrap();
    (Code::from_bytes(code.as_bytes()), head.headers.clone(), body.to_bytes())
}

#[tokio::test]
async fn a_response_is_compressed_if_the_caller_accepts_it() {
    let server = crate::setup::serve(|server| server.compress_from(Some(100))).await;
    // What gRPC does not have is not taken, and of what it has the first.
    let (gzip, zstd) = ("br, gzip, zstd", "snappy, zstd, gzip");
    for (length, accepts, encoding) in [
        (10, Some(gzip), Some("gzip")),
        (1000, Some(gzip), Some("gzip")),
        (1000, Some(zstd), Some("zstd")),
        (1000, None, None),
    ] {
        let sent: Vec<_> = accepts.map(|accepts| ("grpc-accept-encoding", accepts)).into_iter().collect();
        let body = frames(&[text(&"x".repeat(length))]);
        let (code, headers, body) = answer(&server, SAY, body, &sent).await;
        assert_eq!(code, Code::Ok);
        assert_eq!(body[0] == 1, accepts.is_some() && length >= 100, "{length}");
        if body[0] == 1 {
            let magic: &[u8] =
                if encoding == Some("zstd") { &[0x28, 0xb5, 0x2f, 0xfd] } else { &[0x1f, 0x8b] };
            assert!(body[5..].starts_with(magic), "{encoding:?}");
        }
        assert_eq!(headers.get("grpc-encoding").map(|name| name.to_str().unwrap()), encoding);
    }
}

const SAY: &str = "/demo.v1.Demo/Say";
const SUM: &str = "/demo.v1.Demo/Sum";

#[tokio::test]
async fn the_number_of_messages() {
    let (server, _) = pair().await;
    assert_eq!(post(&server, SAY, frames(&[text("you")]), &[]).await, Code::Ok);
    assert_eq!(post(&server, SAY, Vec::new(), &[]).await, Code::Unimplemented);
    assert_eq!(post(&server, SAY, frames(&[number(1), number(2)]), &[]).await, Code::Unimplemented);
    assert_eq!(post(&server, SUM, frames(&[number(1), number(2)]), &[]).await, Code::Ok);
    assert_eq!(post(&server, SUM, Vec::new(), &[]).await, Code::Ok);
}

#[tokio::test]
async fn broken_messages() {
    let (server, _) = pair().await;
    let whole = frames(&[text("hello")]);
    for cut in 1..whole.len() {
        let code = post(&server, SAY, whole[..cut].to_vec(), &[]).await;
        assert_eq!(code, Code::Internal, "cut after {cut} bytes");
    }
    for (body, expected) in [
        (b"\0\0\0\0\x02\xff\xff".to_vec(), Code::Internal), // no message
        (b"\x07\0\0\0\0".to_vec(), Code::Internal),         // no such flag
        (b"\x01\0\0\0\0".to_vec(), Code::Internal),         // compressed with what?
        (b"\0\xff\xff\xff\xff".to_vec(), Code::ResourceExhausted),
    ] {
        assert_eq!(post(&server, SAY, body.clone(), &[]).await, expected, "{body:?}");
        assert_eq!(post(&server, SUM, body.clone(), &[]).await, expected, "{body:?}");
    }
}

#[tokio::test]
async fn encodings() {
    let (server, _) = pair().await;
    let body = frames(&[text("you")]);
    let call = async |headers: &[(&str, &str)]| post(&server, SAY, body.clone(), headers).await;
    assert_eq!(call(&[("grpc-encoding", "identity")]).await, Code::Ok);
    assert_eq!(call(&[("grpc-encoding", "zip")]).await, Code::Unimplemented);
    // The answer repeats the name, but not so much of it that it would be too long for the caller.
    let long = "z".repeat(10_000);
    let (code, headers, _) = answer(&server, SAY, body.clone(), &[("grpc-encoding", &long)]).await;
    assert_eq!((code, headers["grpc-accept-encoding"].to_str().unwrap()), (Code::Unimplemented, "gzip,zstd"));
    assert!(headers["grpc-message"].len() < 8 << 10, "{} bytes", headers["grpc-message"].len());
    // Flagged as compressed, and it is not.
    let mut lie = body.clone();
    lie[0] = 1;
    assert_eq!(post(&server, SAY, lie, &[("grpc-encoding", "gzip")]).await, Code::Internal);
}

/// A little that becomes too much.
#[tokio::test]
async fn a_compressed_message_is_as_large_as_what_it_becomes() {
    let (server, _) = pair().await;
    let channel = rsvc::Channel::builder(&*server.endpoint)
        .send_compression(rsvc::client::Compression::Gzip)
        .connect()
        .await
        .unwrap();
    let client = crate::demo::DemoClient::new(channel);
    let bomb = text(&"x".repeat(8 * 1024 * 1024));
    let error = crate::demo::Demo::say(&client, rsvc::Context::new(), bomb).await.unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted);
}
