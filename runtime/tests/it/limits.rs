//! Sizes and compression.

use rsvc::client::Compression;
use rsvc::{Channel, Code, Context, RequestStream};

use crate::demo::{Demo, DemoClient, Text, number, text};
use crate::setup::{pair, serve};

fn big(size: usize) -> Text {
    text(&"x".repeat(size))
}

#[tokio::test]
async fn requests_have_a_limit_of_four_mebibytes() {
    let (_server, client) = pair().await;
    let size = client.say(Context::new(), big(4 * 1024 * 1024 - 100)).await.unwrap().text.len();
    assert_eq!(size, 4 * 1024 * 1024 - 100 + "hello ".len());
    let error = client.say(Context::new(), big(4 * 1024 * 1024 + 1)).await.unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted, "{error:?}");
}

#[tokio::test]
async fn limits_can_be_set() {
    let server = serve(|server| server.max_request_size(1000).max_response_size(2000)).await;
    let client = server.client().await;
    let error = client.say(Context::new(), big(1000)).await.unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted);
    let requests = RequestStream::from_iter([number(1), big(1000)]);
    let error = client.sum(Context::new(), requests).await.unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted);
    let size = |number| Text { text: "size".into(), number };
    assert_eq!(client.say(Context::new(), size(1900)).await.unwrap().text.len(), 1900);
    client.say(Context::new(), size(2000)).await.unwrap_err();

    let channel = Channel::builder(&*server.endpoint).max_response_size(500).connect().await.unwrap();
    let client = DemoClient::new(channel);
    assert_eq!(client.say(Context::new(), size(400)).await.unwrap().text.len(), 400);
    client.say(Context::new(), size(501)).await.unwrap_err();
}

#[tokio::test]
async fn gzip_both_ways() {
    let server = serve(|server| server.compress_from(Some(0))).await;
    let channel = Channel::builder(&*server.endpoint)
        .send_compression(Compression::Gzip)
        .accept_compression([Compression::Gzip])
        .connect()
        .await
        .unwrap();
    let client = DemoClient::new(channel);
    let response = client.say(Context::new(), big(100_000)).await.unwrap();
    assert_eq!(response.text.len(), 100_006);

    let server = serve(|server| server.accept_compression([])).await;
    let channel =
        Channel::builder(&*server.endpoint).send_compression(Compression::Gzip).connect().await.unwrap();
    let error = DemoClient::new(channel).say(Context::new(), text("x")).await.unwrap_err();
    assert_eq!(error.code(), Code::Unimplemented);
}
