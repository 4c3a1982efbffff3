//! The four kinds of methods.

use rsvc::{Code, Context, RequestStream, Status};

use crate::demo::{Demo, number, text};
use crate::setup::{pair, relay};

#[tokio::test]
async fn unary() {
    let (_server, client) = pair().await;
    assert_eq!(client.say(Context::new(), text("you")).await.unwrap().text, "hello you");
    assert_eq!(client.say(Context::new(), text("method")).await.unwrap().text, "/demo.v1.Demo/Say");
    let peer = client.say(Context::new(), text("peer")).await.unwrap().text;
    assert!(peer.starts_with("Some(127.0.0.1:"), "{peer}");
}

#[tokio::test]
async fn server_streaming() {
    let (_server, client) = pair().await;
    let mut responses = client.count(Context::new(), number(1000)).await.unwrap();
    for expected in 0..1000 {
        assert_eq!(responses.message().await.unwrap().unwrap().number, expected);
    }
    assert_eq!(responses.message().await.unwrap(), None);
    assert_eq!(responses.message().await.unwrap(), None);
}

#[tokio::test]
async fn client_streaming() {
    let (_server, client) = pair().await;
    let requests = RequestStream::from_iter((1..=1000).map(number));
    assert_eq!(client.sum(Context::new(), requests).await.unwrap().number, 500_500);
    let none = RequestStream::from_iter([]);
    assert_eq!(client.sum(Context::new(), none).await.unwrap().number, 0);
}

#[tokio::test]
async fn a_handler_need_not_read_all_requests() {
    let (_server, client) = pair().await;
    let (sender, requests) = RequestStream::channel(1);
    sender.send(text("stop")).await.unwrap();
    assert_eq!(client.sum(Context::new(), requests).await.unwrap().number, -1);
    sender.closed().await;
}

#[tokio::test]
async fn bidi_streaming() {
    let (_server, client) = pair().await;
    let (sender, requests) = RequestStream::channel(1);
    let mut responses = client.chat(Context::new(), requests).await.unwrap();
    for turn in ["a", "b", "c"] {
        sender.send(text(turn)).await.unwrap();
        assert_eq!(responses.message().await.unwrap().unwrap().text, format!("re: {turn}"));
    }
    drop(sender);
    assert_eq!(responses.message().await.unwrap(), None);
}

#[tokio::test]
async fn bidi_streaming_through_a_relay() {
    let (_outer, _inner, client) = relay().await;
    let (sender, requests) = RequestStream::channel(1);
    let mut responses = client.chat(Context::new(), requests).await.unwrap();
    for turn in ["a", "b", "c"] {
        sender.send(text(turn)).await.unwrap();
        assert_eq!(responses.message().await.unwrap().unwrap().text, format!("re: {turn}"));
    }
    drop(sender);
    assert_eq!(responses.message().await.unwrap(), None);
}

#[tokio::test]
async fn errors_arrive_whole() {
    let (_server, client) = pair().await;
    let error = client.say(Context::new(), text("fail")).await.unwrap_err();
    assert_eq!(error.code(), Code::FailedPrecondition);
    assert_eq!(error.message(), "not now");
    assert_eq!(error.details(), b"\x08\x09");
}

#[tokio::test]
async fn an_error_ends_a_stream_after_what_came_before() {
    let (_server, client) = pair().await;
    let mut responses = client.count(Context::new(), text("fail")).await.unwrap();
    assert_eq!(responses.message().await.unwrap().unwrap().number, 1);
    let error = responses.message().await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::Aborted, "enough"));
    assert_eq!(responses.message().await.unwrap(), None);
}

#[tokio::test]
async fn an_error_among_the_requests_is_the_error_of_the_call() {
    let (mut server, client) = pair().await;
    let (sender, requests) = RequestStream::channel(4);
    sender.send(number(1)).await.unwrap();
    sender.fail(Status::data_loss("the disk is gone")).await.unwrap();
    let error = client.sum(Context::new(), requests).await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::DataLoss, "the disk is gone"));
    server.expect("summing").await;

    let (sender, requests) = RequestStream::channel(4);
    let mut responses = client.chat(Context::new(), requests).await.unwrap();
    sender.send(text("a")).await.unwrap();
    assert_eq!(responses.message().await.unwrap().unwrap().text, "re: a");
    sender.fail(Status::data_loss("the disk is gone")).await.unwrap();
    let error = responses.message().await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::DataLoss, "the disk is gone"));
}
