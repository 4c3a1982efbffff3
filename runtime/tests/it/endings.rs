//! How calls end before they are done: deadlines, callers that leave, panics.

use std::time::{Duration, Instant};

use rsvc::{Code, Context, RequestStream, Status};

use crate::clock::Stopped;
use crate::demo::{Demo, Text, number, text};
use crate::setup::{LONG, pair, relay, serve};

const SHORT: Duration = Duration::from_millis(100);

fn soon() -> Context {
    Context::new().with_timeout(SHORT)
}

/// Calls over a bare connection, so that nothing but the server keeps the time.
async fn raw(endpoint: &str, path: &'static str, message: Text, timeout: &'static str) -> Status {
    let stream = tokio::net::TcpStream::connect(endpoint.strip_prefix("http://").unwrap()).await.unwrap();
    let executor = hyper_util::rt::TokioExecutor::new();
    let (sender, connection) =
        hyper::client::conn::http2::handshake(executor, hyper_util::rt::TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let service = tower::service_fn(move |request| sender.clone().send_request(request));
    let mut grpc = tonic::client::Grpc::with_origin(service, endpoint.parse().unwrap());
    let mut request = tonic::Request::new(message);
    request.metadata_mut().insert("grpc-timeout", timeout.parse().unwrap());
    let codec = tonic_prost::ProstCodec::<Text, Text>::new();
    let path = http::uri::PathAndQuery::from_static(path);
    let mut responses = match grpc.server_streaming(request, path, codec).await {
        Ok(response) => response.into_inner(),
        Err(status) => return status,
    };
    loop {
        match responses.message().await {
            Ok(Some(_)) => {}
            Ok(None) => return Status::ok(""),
            Err(status) => return status,
        }
    }
}

#[tokio::test]
async fn the_server_keeps_the_callers_deadline() {
    let (mut server, _) = pair().await;
    let status = raw(&server.endpoint, "/demo.v1.Demo/Say", text("hang"), "100m").await;
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
    server.expect("hanging").await;
    server.expect("dropped").await;
    server.expect("cancelled").await;
    let status = raw(&server.endpoint, "/demo.v1.Demo/Say", text("greedy"), "100m");
    let status = tokio::time::timeout(LONG, status).await.expect("it does not outrun its deadline");
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
}

#[tokio::test]
async fn a_deadline_covers_a_whole_stream() {
    let (mut server, _) = pair().await;
    let status = raw(&server.endpoint, "/demo.v1.Demo/Count", text("silent"), "100m").await;
    assert_eq!(status.code(), Code::DeadlineExceeded);
    server.expect("hanging").await;
    server.expect("dropped").await;
    let status = raw(&server.endpoint, "/demo.v1.Demo/Count", text("endless"), "100m").await;
    assert_eq!(status.code(), Code::DeadlineExceeded);
    server.expect("producer stopped").await;
    let status = raw(&server.endpoint, "/demo.v1.Demo/Count", text("busy"), "100m").await;
    // What stands before the last word is read on the same thread: on a slow machine that takes longer than the second
    // that there is for it, and the stream is reset.
    assert!(matches!(status.code(), Code::DeadlineExceeded | Code::Cancelled), "{status:?}");
}

#[tokio::test]
async fn a_deadline_that_has_passed_or_makes_no_sense() {
    let (mut server, _) = pair().await;
    let status = raw(&server.endpoint, "/demo.v1.Demo/Say", text("hang"), "0n").await;
    assert_eq!(status.code(), Code::DeadlineExceeded);
    let status = raw(&server.endpoint, "/demo.v1.Demo/Say", text("hang"), "1 S").await;
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(server.events.try_recv().is_err(), "the handler was not reached");
}

#[tokio::test]
async fn the_client_keeps_its_deadline_by_itself() {
    // Somebody who takes connections and never says a word.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let client = crate::demo::DemoClient::new(rsvc::Channel::connect_lazy(endpoint).unwrap());
    let started = Instant::now();
    let error = client.say(soon(), text("you")).await.unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded);
    let error = client.sum(soon(), RequestStream::from_iter([])).await.unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded);
    let error = client.say(Context::new().with_timeout(Duration::ZERO), text("you")).await.unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded);
    assert!(started.elapsed() >= SHORT * 2 && started.elapsed() < LONG);
}

#[tokio::test]
async fn a_client_stream_ends_with_its_deadline() {
    let (_server, client) = pair().await;
    let mut responses = client.count(soon(), text("silent")).await.unwrap();
    assert_eq!(responses.message().await.unwrap_err().code(), Code::DeadlineExceeded);
    let (_sender, requests) = RequestStream::channel(1);
    assert_eq!(client.sum(soon(), requests).await.unwrap_err().code(), Code::DeadlineExceeded);
}

#[tokio::test(start_paused = true)]
async fn the_earliest_deadline_wins() {
    let stopped = Stopped::new();
    let server = serve(|server| server.default_timeout(Duration::from_secs(10))).await;
    let client = server.client().await;
    let left = async |ctx: Context| client.say(ctx, text("remaining")).await.unwrap().number;
    assert_eq!(left(Context::new()).await, 10_000);
    assert_eq!(
        left(Context::new().with_timeout(Duration::from_mins(1))).await,
        60_000,
        "the caller's is longer"
    );
    assert_eq!(
        client.hasty(Context::new(), text("remaining")).await.unwrap().number,
        50,
        "that of the method"
    );

    let limited = serve(|server| server.max_timeout(Duration::from_secs(5))).await;
    let of_limited = limited.client().await;
    for ctx in [Context::new(), Context::new().with_timeout(Duration::from_mins(1))] {
        assert_eq!(of_limited.say(ctx, text("remaining")).await.unwrap().number, 5_000);
    }
    drop(stopped);
    let error = client.hasty(Context::new(), text("hang")).await.unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn a_caller_that_leaves_cancels() {
    let (mut server, client) = pair().await;
    let call = tokio::spawn(async move { client.say(Context::new(), text("hang")).await });
    server.expect("hanging").await;
    call.abort();
    server.expect("dropped").await;
    server.expect("cancelled").await;
}

#[tokio::test]
async fn a_dropped_stream_cancels() {
    let (mut server, client) = pair().await;
    let mut responses = client.count(Context::new(), text("endless")).await.unwrap();
    responses.message().await.unwrap();
    drop(responses);
    server.expect("producer stopped").await;

    let responses = client.count(Context::new(), text("silent")).await.unwrap();
    server.expect("hanging").await;
    drop(responses);
    server.expect("dropped").await;
}

#[tokio::test]
async fn a_chat_that_is_left_is_over_though_nothing_is_said() {
    let (mut server, client) = pair().await;
    let (_outer, mut inner, through_a_relay) = relay().await;
    for (client, server) in [(client, &mut server), (through_a_relay, &mut inner)] {
        // Kept open: who has left the answers has said nothing about its side.
        let (sender, requests) = RequestStream::channel(1);
        let mut responses = client.chat(Context::new(), requests).await.unwrap();
        sender.send(text("a")).await.unwrap();
        assert_eq!(responses.message().await.unwrap().unwrap().text, "re: a");
        drop(responses);
        server.expect("chat over").await;
    }
}

#[tokio::test]
async fn an_upload_that_breaks_off_is_no_upload() {
    let (mut server, client) = pair().await;
    let (sender, requests) = RequestStream::channel(1);
    let call = tokio::spawn(async move { client.sum(Context::new(), requests).await });
    sender.send(number(1)).await.unwrap();
    server.expect("summing").await;
    call.abort();
    // Either the handler is dropped first, or it sees the error; it never sees a regular end.
    let next = tokio::time::timeout(Duration::from_millis(300), server.events.recv()).await;
    assert!(matches!(next, Err(_) | Ok(Some("broken off"))), "{next:?}");
}

#[tokio::test]
async fn a_lost_caller_cancels_through_a_relay() {
    let (_outer, mut inner, client) = relay().await;
    let call = tokio::spawn(async move { client.say(Context::new(), text("relay hang")).await });
    inner.expect("hanging").await;
    call.abort();
    inner.expect("dropped").await;
    inner.expect("cancelled").await;
}

#[tokio::test]
async fn a_relay_passes_the_time_that_is_left() {
    let (_outer, mut inner, client) = relay().await;
    let error = client.say(soon(), text("relay hang")).await.unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded);
    inner.expect("hanging").await;
    inner.expect("dropped").await;
}

#[tokio::test]
async fn a_panic_ends_its_call_alone() {
    let (mut server, client) = pair().await;
    let bystander = client.clone();
    let bystander =
        tokio::spawn(async move { bystander.say(Context::new(), text("sleep 1")).await.unwrap() });
    let error = client.say(Context::new(), text("panic")).await.unwrap_err();
    assert_eq!(error.code(), Code::Internal);
    assert!(!error.message().contains("secret"), "{}", error.message());

    let mut responses = client.count(Context::new(), text("panic")).await.unwrap();
    assert_eq!(responses.message().await.unwrap().unwrap().number, 0);
    assert_eq!(responses.message().await.unwrap().unwrap().number, 1);
    let error = responses.message().await.unwrap_err();
    assert_eq!(error.code(), Code::Internal);
    assert!(!error.message().contains("secret"), "{}", error.message());

    assert_eq!(bystander.await.unwrap().text, "hello sleep 1");
    assert_eq!(client.say(Context::new(), text("you")).await.unwrap().text, "hello you");
    assert!(server.events.try_recv().is_err());
}
