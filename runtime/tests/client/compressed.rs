//! Compressed bodies of the REST client.

use std::sync::{Arc, Mutex};

use http_body_util::BodyExt as _;
use rsvc::client::{Compression, HttpVersion, RestBuilder, RestChannel};
use rsvc::codegen::bytes::Bytes;
use rsvc::codegen::http::HeaderMap;
use rsvc::codegen::rest::{Binding, BodyKind};
use rsvc::codegen::rest_client::{self, Target};
use rsvc::{Code, Context, MethodInfo, RequestStream, Status};

use crate::setup::{Answer, CHAT, Handler, Text, UNARY, answer, read, serve, text};

static WHOLE: [Binding; 1] = [Binding::new(0, "POST", "/v1").body(BodyKind::Whole)];

/// What a server was sent.
type Log = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;

/// A server that answers with `answer`, to which `echo` adds what it was sent, and in what coding that was.
async fn server(version: HttpVersion, answer: Answer, echo: bool) -> (RestBuilder, Log) {
    let log = Log::default();
    let kept = Arc::clone(&log);
    let handler: Handler = Arc::new(move |head, body| {
        let (mut answer, kept) = (answer.clone(), Arc::clone(&kept));
        Box::pin(async move {
            let body = body.collect().await.unwrap().to_bytes();
            if echo {
                if let Some(coding) = head.headers.get("content-encoding") {
                    answer = answer.header("content-encoding", coding);
                }
                answer = answer.data(&body);
            }
            kept.lock().unwrap().push((head.headers, body));
            answer.trailers([("grpc-trailer-x", "last")])
        })
    });
    let address = serve(version, handler).await;
    let builder = RestChannel::builder(format!("http://{address}")).http2(version == HttpVersion::Http2);
    (builder.max_response_size(1000), log)
}

fn target(info: &'static MethodInfo) -> Target {
    Target { info, method: 0, bindings: &WHOLE }
}

async fn unary(channel: &RestChannel, request: Text) -> Result<Text, Status> {
    rest_client::unary(channel, target(&UNARY), Context::new(), request).await
}

const CODINGS: [(Compression, &str); 3] =
    [(Compression::Gzip, "gzip"), (Compression::Brotli, "br"), (Compression::Zstd, "zstd")];

#[tokio::test]
async fn requests_and_responses_have_the_coding_that_is_wanted() {
    let large = text(&"ho".repeat(400));
    for (compression, name) in CODINGS {
        for version in [HttpVersion::Http1, HttpVersion::Http2] {
            let (builder, log) = server(version, answer("application/x-ndjson"), true).await;
            let builder = builder.send_compression(compression).accept_compression([compression]);
            let channel = builder.build().unwrap();
            assert_eq!(unary(&channel, large.clone()).await.unwrap(), large);
            let ctx = Context::new();
            let requests = RequestStream::from_iter([large.clone(), text("b")]);
            let call = rest_client::bidi_streaming::<_, Text, Status>(
                &channel,
                target(&CHAT),
                ctx.clone(),
                requests,
            );
            let (texts, outcome) = read(call.await.unwrap()).await;
            outcome.unwrap();
            assert_eq!(texts, [large.clone(), text("b")]);
            if version == HttpVersion::Http2 {
                assert_eq!(ctx.response_trailers().get("x").unwrap(), "last", "they come behind the coding");
            }
            for (headers, body) in log.lock().unwrap().iter() {
                assert_eq!(headers["content-encoding"], name);
                assert_eq!(headers["accept-encoding"], name);
                assert!(body.len() < 200, "{} bytes", body.len());
            }
            assert_eq!(log.lock().unwrap().len(), 2);
        }
    }
}

#[tokio::test]
async fn without_settings_nothing_is_compressed() {
    let (builder, log) = server(HttpVersion::Http1, answer("application/json"), true).await;
    assert_eq!(unary(&builder.build().unwrap(), text("ho")).await.unwrap(), text("ho"));
    let (headers, _) = log.lock().unwrap().pop().unwrap();
    assert!(!headers.contains_key("content-encoding") && !headers.contains_key("accept-encoding"));
}

#[tokio::test]
async fn what_is_not_in_its_coding_is_the_servers_fault() {
    for (coding, body, expected) in [
        ("gzip", "hello", "the response is not gzip"),
        ("br", "hello", "the response is not br"),
        ("deflate", "hello", "the encoding \"deflate\" is not known"),
        ("gzip, br", "hello", "is not known"),
    ] {
        let answer = answer("application/json").header("content-encoding", coding).data(body);
        let (builder, _) = server(HttpVersion::Http1, answer.clone(), false).await;
        let status = unary(&builder.build().unwrap(), text("ho")).await.unwrap_err();
        assert_eq!(status.code(), Code::Internal, "{status:?}");
        assert!(status.message().contains(expected), "{status:?}");
        // An error keeps the code of its HTTP status.
        let (builder, _) = server(HttpVersion::Http1, answer.status(404), false).await;
        let status = unary(&builder.build().unwrap(), text("ho")).await.unwrap_err();
        assert_eq!(status.code(), Code::NotFound, "{status:?}");
    }
}

#[tokio::test]
async fn a_response_is_decompressed_up_to_the_limit() {
    // A thousand bytes are the limit.
    let (builder, log) = server(HttpVersion::Http1, answer("application/json"), true).await;
    let channel = builder.send_compression(Compression::Gzip).build().unwrap();
    let status = unary(&channel, text(&"ho".repeat(100_000))).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
    assert!(log.lock().unwrap()[0].1.len() < 1000);
}
