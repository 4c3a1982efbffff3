//! Calls that stream.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http_body_util::BodyExt as _;
use rsvc::client::{HttpVersion, Protocol, Retries};
use rsvc::codegen::client;
use rsvc::{Channel, Code, Context, RequestStream, Status};

use crate::setup::{Answer, Handler, LONG, Part, Text, answer, envelope, hi, read, serve, text};
use crate::support::{CHAT, LIST, UPLOAD, build, channel, down, up, well};

const GRPC: (Protocol, HttpVersion) = (Protocol::Grpc, HttpVersion::Http2);

async fn list(channel: &Channel, ctx: &Context) -> (Vec<Text>, Result<(), Status>) {
    match client::server_streaming(channel, &LIST, ctx.clone(), text("ho")).await {
        Ok(responses) => read(responses).await,
        Err(status) => (Vec::new(), Err(status)),
    }
}

async fn upload(channel: &Channel, requests: RequestStream<Text>) -> Result<Text, Status> {
    client::client_streaming(channel, &UPLOAD, Context::new(), requests).await
}

fn two() -> RequestStream<Text> {
    RequestStream::from_iter([text("a"), text("b")])
}

/// An error behind headers, as most servers send it that stream.
fn late() -> Answer {
    answer("application/grpc").trailers([("grpc-status", "14"), ("x-late", "1")])
}

#[tokio::test]
async fn responses_are_asked_for_again_until_the_first() {
    let two = answer("application/grpc").data(hi()).data(hi()).trailers([("grpc-status", "0")]);
    let (channel, log) = channel(vec![down(), late(), two]).await;
    let ctx = Context::new();
    let (texts, outcome) = list(&channel, &ctx).await;
    outcome.unwrap();
    assert_eq!((texts.len(), log.count()), (2, 3));
    assert_eq!(log.previous()[2].as_deref(), Some("2"));
    assert!(ctx.response_trailers().get("x-late").is_none());
}

#[tokio::test]
async fn behind_the_first_response_a_failure_is_the_outcome() {
    let broken = answer("application/grpc").data(hi()).trailers([("grpc-status", "14")]);
    let (channel, log) = channel(vec![broken, up()]).await;
    let (texts, outcome) = list(&channel, &Context::new()).await;
    assert_eq!((texts.len(), outcome.unwrap_err().code(), log.count()), (1, Code::Unavailable, 1));
}

#[tokio::test]
async fn no_response_is_an_answer() {
    let none = answer("application/grpc").trailers([("grpc-status", "0")]);
    let (channel, log) = channel(vec![late(), none]).await;
    let (texts, outcome) = list(&channel, &Context::new()).await;
    outcome.unwrap();
    assert_eq!((texts.len(), log.count()), (0, 2));
}

#[tokio::test]
async fn over_connect_the_end_of_a_stream_is_read_as_well() {
    let end = |json: &str| envelope(2, json.as_bytes());
    let down = answer("application/connect+proto").data(end(r#"{"error":{"code":"unavailable"}}"#));
    let up = answer("application/connect+proto").data(hi()).data(end("{}"));
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        let answers = vec![down.clone(), up.clone()];
        let (channel, log) = build((Protocol::Connect, version), answers, |builder| builder).await;
        let (texts, outcome) = list(&channel, &Context::new()).await;
        outcome.unwrap();
        assert_eq!((texts.len(), log.count()), (1, 2));
    }
}

#[tokio::test]
async fn requests_are_sent_again_from_what_is_kept() {
    let (channel, log) = channel(vec![down(), down(), up()]).await;
    upload(&channel, two()).await.unwrap();
    let all = log.all();
    assert_eq!(all.len(), 3);
    assert!(all.iter().all(|got| got.body == all[0].body && !got.body.is_empty()));
}

#[tokio::test]
async fn more_than_what_is_kept_is_sent_once() {
    let retries = || Retries::new().buffer(20);
    let (channel, log) = build(GRPC, vec![down(), up()], |builder| builder.retries(retries())).await;
    assert_eq!(upload(&channel, two()).await.unwrap_err().code(), Code::Unavailable);
    assert_eq!(log.count(), 1);
    // The buffer is for one call.
    let short = || RequestStream::from_iter([text("a")]);
    let (channel, log) = build(GRPC, vec![down(), up()], |builder| builder.retries(retries())).await;
    upload(&channel, short()).await.unwrap();
    assert_eq!(log.count(), 2);
}

#[tokio::test]
async fn an_error_of_the_request_stream_is_the_outcome() {
    let (channel, _) = channel(vec![up()]).await;
    let (sender, requests) = RequestStream::channel(1);
    let failing = tokio::spawn(async move {
        sender.send(text("a")).await.unwrap();
        sender.fail(Status::unavailable("of the caller")).await.unwrap();
    });
    let status = upload(&channel, requests).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::Unavailable, "of the caller"));
    failing.await.unwrap();
}

/// A server that refuses the first attempt before it has read anything, and then answers each request with `hi`.
#[tokio::test]
async fn a_chat_goes_on_with_the_next_attempt() {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let handler: Handler = Arc::new(move |_, mut body| {
        let count = Arc::clone(&counted);
        Box::pin(async move {
            if count.fetch_add(1, Ordering::Relaxed) == 0 {
                return down();
            }
            let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
            assert!(first.ends_with(b"one"), "{first:?}");
            answer("application/grpc").data(hi()).part(Part::Silence)
        })
    });
    let address = serve(HttpVersion::Http2, handler).await;
    let channel = Channel::connect_lazy(format!("http://{address}")).unwrap();
    let (sender, requests) = RequestStream::channel(1);
    sender.send(text("one")).await.unwrap();
    let chat = client::bidi_streaming::<_, Text, Status>(&channel, &CHAT, Context::new(), requests);
    let mut responses = tokio::time::timeout(LONG, chat).await.unwrap().unwrap();
    assert_eq!(responses.message().await.unwrap(), Some(text("hi")));
    assert_eq!(count.load(Ordering::Relaxed), 2);
    // What is sent from now on is of the attempt that goes on.
    sender.send(text("two")).await.unwrap();
    drop(responses);
    // The server is told that the call is given up.
    tokio::time::timeout(LONG, async {
        while sender.send(text("more")).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn one_response_that_was_there_is_the_outcome() {
    let answers = vec![answer("application/grpc").data(hi()).trailers([("grpc-status", "14")]), up()];
    let (channel, log) = channel(answers).await;
    upload(&channel, two()).await.unwrap_err();
    assert_eq!(log.count(), 1);
    let (channel, log) = build(GRPC, vec![late(), well(Protocol::Grpc)], |builder| builder).await;
    upload(&channel, two()).await.unwrap();
    assert_eq!(log.count(), 2);
}
