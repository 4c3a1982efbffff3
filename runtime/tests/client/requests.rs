//! What a client sends.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt as _;
use rsvc::client::{Builder, Codec, Compression, HttpVersion, Protocol};
use rsvc::codegen::bytes::Bytes;
use rsvc::codegen::client;
use rsvc::codegen::http::{HeaderName, request};
use rsvc::{Channel, Context, MethodInfo, RequestStream};
use tokio::sync::mpsc;

use crate::setup::{Answer, DOWNLOAD, Handler, LONG, LOOKUP, Text, UNARY, UPLOAD, envelope, serve, text};

/// `text("ho")`.
const HO: &[u8] = b"\x0a\x02en\x12\x02ho";

struct Sent {
    parts: request::Parts,
    body: Bytes,
}

impl Sent {
    /// A header that is there once.
    fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.parts.headers.get_all(name).iter();
        let value = values.next()?.to_str().unwrap();
        assert_eq!(values.next(), None, "{name}");
        Some(value)
    }

    fn names(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.parts.headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        names
    }
}

/// A channel to a server that tells what it was sent.
async fn recorder(
    version: HttpVersion,
    settings: impl FnOnce(Builder) -> Builder,
) -> (Channel, mpsc::UnboundedReceiver<Sent>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let handler: Handler = Arc::new(move |parts, body| {
        let sender = sender.clone();
        Box::pin(async move {
            let body = body.collect().await.unwrap().to_bytes();
            let _ = sender.send(Sent { parts, body });
            Answer::default().status(404)
        })
    });
    let address = serve(version, handler).await;
    let builder = Channel::builder(format!("http://{address}")).http_version(version);
    (settings(builder).connect_lazy().unwrap(), receiver)
}

async fn send_one(
    (channel, mut sent): (Channel, mpsc::UnboundedReceiver<Sent>),
    info: &'static MethodInfo,
    ctx: Context,
    request: Text,
) -> Sent {
    client::unary::<_, Text, rsvc::Status>(&channel, info, ctx, request).await.unwrap_err();
    tokio::time::timeout(LONG, sent.recv()).await.unwrap().unwrap()
}

fn ctx() -> Context {
    let ctx = Context::new().with_timeout(Duration::from_mins(1));
    ctx.with_metadata("x-m", "1").unwrap().append_metadata("x-m", "2").unwrap()
}

#[tokio::test]
async fn grpc() {
    let channel = recorder(HttpVersion::Http2, |builder| builder).await;
    let sent = send_one(channel, &UNARY, ctx(), text("ho")).await;
    assert_eq!((sent.parts.method.as_str(), sent.parts.uri.path()), ("POST", "/a.B/Unary"));
    assert_eq!(sent.names(), ["content-type", "grpc-timeout", "te", "user-agent", "x-m"]);
    assert_eq!(sent.header("content-type"), Some("application/grpc"));
    assert_eq!(sent.header("te"), Some("trailers"));
    assert_eq!(sent.header("user-agent"), Some(concat!("rsvc/", env!("CARGO_PKG_VERSION"))));
    let timeout = sent.header("grpc-timeout").unwrap();
    assert!(timeout.len() <= 9 && timeout.starts_with("59") && timeout.ends_with('u'), "{timeout}");
    assert_eq!(sent.parts.headers.get_all("x-m").iter().collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(sent.body, envelope(0, HO));
}

#[tokio::test]
async fn grpc_web() {
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        let channel = recorder(version, |builder| builder.protocol(Protocol::GrpcWeb)).await;
        let sent = send_one(channel, &UNARY, ctx(), text("ho")).await;
        assert_eq!(sent.header("content-type"), Some("application/grpc-web+proto"));
        assert_eq!(sent.header("x-grpc-web"), Some("1"));
        assert!(sent.header("grpc-timeout").is_some());
        assert_eq!(sent.header("te"), None);
        assert_eq!(sent.body, envelope(0, HO));
    }
}

#[tokio::test]
async fn connect() {
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        let channel = recorder(version, |builder| builder.protocol(Protocol::Connect)).await;
        let sent = send_one(channel, &LOOKUP, ctx(), text("ho")).await;
        assert_eq!((sent.parts.method.as_str(), sent.parts.uri.path()), ("POST", "/a.B/Lookup"));
        assert_eq!(sent.header("content-type"), Some("application/proto"));
        assert_eq!(sent.header("connect-protocol-version"), Some("1"));
        let timeout: u32 = sent.header("connect-timeout-ms").unwrap().parse().unwrap();
        assert!((40_000..=60_000).contains(&timeout), "{timeout}");
        assert_eq!(sent.body, HO);

        let empty = recorder(version, |builder| builder.protocol(Protocol::Connect)).await;
        let sent = send_one(empty, &UNARY, Context::new(), Text::default()).await;
        assert_eq!((sent.body.len(), sent.header("connect-timeout-ms")), (0, None));
    }
}

#[tokio::test]
async fn streams_of_connect() {
    let (channel, mut received) =
        recorder(HttpVersion::Http1, |builder| builder.protocol(Protocol::Connect)).await;
    let requests = RequestStream::from_iter([text("ho"), text("ho")]);
    let outcome = client::client_streaming::<_, Text, rsvc::Status>(&channel, &UPLOAD, ctx(), requests).await;
    outcome.unwrap_err();
    let sent = received.recv().await.unwrap();
    assert_eq!(sent.header("content-type"), Some("application/connect+proto"));
    assert_eq!(sent.header("connect-protocol-version"), Some("1"));
    assert!(sent.header("connect-timeout-ms").is_some());
    assert_eq!(sent.body, [envelope(0, HO), envelope(0, HO)].concat());
    let outcome =
        client::server_streaming::<_, Text, rsvc::Status>(&channel, &DOWNLOAD, ctx(), text("ho")).await;
    outcome.unwrap_err();
    assert_eq!(received.recv().await.unwrap().body, envelope(0, HO));
}

#[tokio::test]
async fn json() {
    for (protocol, content_type, body) in [
        (Protocol::Grpc, "application/grpc+json", envelope(0, br#"{"locale":"en","message":"ho"}"#)),
        (Protocol::GrpcWeb, "application/grpc-web+json", envelope(0, br#"{"locale":"en","message":"ho"}"#)),
        (Protocol::Connect, "application/json", br#"{"locale":"en","message":"ho"}"#.to_vec()),
    ] {
        let channel =
            recorder(HttpVersion::Http2, |builder| builder.protocol(protocol).codec(Codec::Json)).await;
        let sent = send_one(channel, &UNARY, ctx(), text("ho")).await;
        assert_eq!((sent.header("content-type"), &*sent.body), (Some(content_type), &*body));
    }
}

#[cfg(feature = "compression")]
#[tokio::test]
async fn compressions() {
    for (protocol, encoding, accepts) in [
        (Protocol::Grpc, "grpc-encoding", "grpc-accept-encoding"),
        (Protocol::GrpcWeb, "grpc-encoding", "grpc-accept-encoding"),
        (Protocol::Connect, "content-encoding", "accept-encoding"),
    ] {
        let channel = recorder(HttpVersion::Http2, |builder| {
            let accepted = [Compression::Zstd, Compression::Gzip];
            builder.protocol(protocol).send_compression(Compression::Gzip).accept_compression(accepted)
        });
        let sent = send_one(channel.await, &UNARY, ctx(), Text::default()).await;
        assert_eq!((sent.header(encoding), sent.header(accepts)), (Some("gzip"), Some("zstd,gzip")));
        // A message of no bytes is compressed as well.
        let content = if protocol == Protocol::Connect { &sent.body[..] } else { &sent.body[5..] };
        assert_eq!(content[..2], [0x1f, 0x8b], "{protocol:?}");
    }
}

#[tokio::test]
async fn get() {
    let channel = |version| recorder(version, |builder| builder.protocol(Protocol::Connect).use_get(true));
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        let sent = send_one(channel(version).await, &LOOKUP, ctx(), text("ho")).await;
        assert_eq!(sent.parts.method, "GET");
        let path = sent.parts.uri.path_and_query().unwrap();
        assert_eq!(path, "/a.B/Lookup?connect=v1&base64=1&encoding=proto&message=CgJlbhICaG8");
        assert!(sent.header("connect-timeout-ms").is_some());
        assert_eq!(sent.parts.headers.get_all("x-m").iter().collect::<Vec<_>>(), ["1", "2"]);
        for absent in ["content-type", "connect-protocol-version", "content-length", "transfer-encoding"] {
            assert_eq!(sent.header(absent), None);
        }
        assert!(sent.body.is_empty());

        let sent = send_one(channel(version).await, &UNARY, ctx(), text("ho")).await;
        assert_eq!(sent.parts.method, "POST");
        let sent = send_one(channel(version).await, &LOOKUP, ctx(), text(&"o".repeat(9000))).await;
        assert_eq!((sent.parts.method.as_str(), sent.parts.uri.query()), ("POST", None));
    }
}

#[tokio::test]
async fn what_a_caller_sent_us_is_not_sent_on() {
    let channel = recorder(HttpVersion::Http2, |builder| builder).await;
    // A context as a server has it: with the headers of the protocol that it was called by.
    let (relay, mut relayed) = mpsc::unbounded_channel();
    let handler: Handler = Arc::new(move |parts, _| {
        let _ = relay.send(parts.headers);
        Box::pin(async { Answer::default().status(404) })
    });
    let address = serve(HttpVersion::Http1, handler).await;
    let builder = Channel::builder(format!("http://{address}")).http_version(HttpVersion::Http1);
    let first = builder.protocol(Protocol::Connect).connect_lazy().unwrap();
    client::unary::<_, Text, rsvc::Status>(&first, &UNARY, ctx(), text("ho")).await.unwrap_err();
    let headers = relayed.recv().await.unwrap();
    assert!(headers.contains_key("connect-timeout-ms"));
    let mut ctx = Context::new();
    for (name, value) in &headers {
        if let Ok(next) = ctx.clone().append_metadata(name.as_str(), value.to_str().unwrap()) {
            ctx = next;
        }
    }
    let sent = send_one(channel, &UNARY, ctx, text("ho")).await;
    assert_eq!(sent.names(), ["content-type", "te", "user-agent", "x-m"]);
}

#[tokio::test]
async fn a_request_has_a_limit() {
    for protocol in [Protocol::Grpc, Protocol::Connect] {
        let (channel, mut sent) =
            recorder(HttpVersion::Http2, |builder| builder.protocol(protocol).max_request_size(7)).await;
        let outcome = client::unary::<_, Text, rsvc::Status>(&channel, &UNARY, ctx(), text("ho")).await;
        assert_eq!(outcome.unwrap_err().code(), rsvc::Code::ResourceExhausted);
        assert!(sent.try_recv().is_err());
    }
}
