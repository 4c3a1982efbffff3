//! Metadata both ways.

use rsvc::client::Protocol;
use rsvc::{Channel, Code, Context};

use crate::demo::{Demo, DemoClient, number, text};
use crate::setup::{FOREIGN, pair, relay, serve};

fn request() -> Context {
    Context::new()
        .with_metadata("x-request", "first")
        .unwrap()
        .with_metadata("x-request-bin", b"\xff\x00")
        .unwrap()
}

fn header(ctx: &Context, key: &str) -> Option<String> {
    ctx.response_headers().get(key).map(|value| value.to_str().unwrap().to_owned())
}

fn trailer(ctx: &Context, key: &str) -> Option<String> {
    ctx.response_trailers().get(key).map(|value| value.to_str().unwrap().to_owned())
}

#[tokio::test]
async fn both_ways() {
    let (_server, client) = pair().await;
    let ctx = request();
    let response = client.say(ctx.clone(), text("metadata")).await.unwrap();
    assert_eq!(response.text, "Some([255, 0])");
    assert_eq!(header(&ctx, "x-header").as_deref(), Some("first"));
    assert_eq!(trailer(&ctx, "x-trailer").as_deref(), Some("last"));
    assert_eq!(trailer(&ctx, "x-header"), None);
    assert_eq!(trailer(&ctx, "grpc-status"), None);
    let headers = ctx.response_headers();
    assert_eq!(headers.get_bin("x-header-bin").unwrap().to_bytes().unwrap().as_ref(), b"\x00\x01");
}

#[tokio::test]
async fn of_a_stream() {
    let (_server, client) = pair().await;
    let ctx = Context::new();
    let mut responses = client.count(ctx.clone(), number(1)).await.unwrap();
    assert_eq!(header(&ctx, "x-header").as_deref(), Some("1"));
    assert_eq!(trailer(&ctx, "x-trailer"), None);
    while responses.message().await.unwrap().is_some() {}
    assert_eq!(trailer(&ctx, "x-trailer").as_deref(), Some("2"));
}

#[tokio::test]
async fn of_a_failed_call() {
    let (_server, client) = pair().await;
    let ctx = Context::new();
    let error = client.say(ctx.clone(), text("fail")).await.unwrap_err();
    for (key, value) in [("x-header", "1"), ("x-trailer", "2")] {
        assert_eq!(error.metadata().get(key).unwrap(), value);
        assert_eq!(trailer(&ctx, key).as_deref(), Some(value));
    }

    let ctx = Context::new();
    let mut responses = client.count(ctx.clone(), text("fail")).await.unwrap();
    responses.message().await.unwrap();
    responses.message().await.unwrap_err();
    assert_eq!(trailer(&ctx, "x-trailer").as_deref(), Some("2"));
}

#[tokio::test]
async fn a_relay_is_transparent() {
    let (_outer, _inner, client) = relay().await;
    let ctx = request();
    let response = client.say(ctx.clone(), text("relay")).await.unwrap();
    assert_eq!(response.text, "Some([255, 0])");
    assert_eq!(header(&ctx, "x-header").as_deref(), Some("first"));
    assert_eq!(trailer(&ctx, "x-trailer").as_deref(), Some("last"));
    // What belongs to HTTP and to the protocol is not metadata.
    for key in ["content-type", "date", "grpc-status"] {
        assert!(ctx.response_headers().get(key).is_none(), "{key}");
    }
}

#[tokio::test]
async fn a_child_brings_nothing_along() {
    let (_outer, _inner, client) = relay().await;
    let ctx = request();
    let response = client.say(ctx.clone(), text("relay child")).await.unwrap();
    assert_eq!(response.text, "None");
    assert_eq!(header(&ctx, "x-header"), None);
    assert_eq!(trailer(&ctx, "x-trailer"), None);
}

#[tokio::test]
async fn a_relay_passes_errors_on() {
    let (outer, _inner, _) = relay().await;
    for protocol in [Protocol::Grpc, Protocol::GrpcWeb, Protocol::Connect] {
        let channel = Channel::builder(&*outer.endpoint).protocol(protocol).connect().await.unwrap();
        let error = DemoClient::new(channel).say(Context::new(), text("relay fail")).await.unwrap_err();
        assert_eq!(error.code(), Code::FailedPrecondition);
        // Connect has a form of its own for details, and these are none.
        assert_eq!(error.details(), if protocol == Protocol::Connect { &b""[..] } else { b"\x08\x09" });
        for (key, value) in [("x-header", "1"), ("x-trailer", "2")] {
            // The relay has it twice, in its context and in the error.
            let values: Vec<_> = error.metadata().get_all(key).iter().collect();
            assert_eq!(values, [value], "{protocol:?}: {key}");
        }
    }
}

/// A relay hands on what its backend answered; of that the application's metadata travels and nothing else.
#[tokio::test]
async fn of_an_error_only_what_is_the_applications() {
    let server = serve(|server| server).await;
    for protocol in [Protocol::Grpc, Protocol::GrpcWeb, Protocol::Connect] {
        let channel = Channel::builder(&*server.endpoint).protocol(protocol).connect().await.unwrap();
        let client = DemoClient::new(channel);
        for request in ["unary", "foreign", "foreign at the end"] {
            let ctx = Context::new();
            let outcome = match request {
                "unary" => client.say(ctx.clone(), text("foreign")).await.map(drop),
                _ => match client.count(ctx.clone(), text(request)).await {
                    Ok(mut responses) => loop {
                        match responses.message().await {
                            Ok(Some(_)) => {}
                            Ok(None) => break Ok(()),
                            Err(error) => break Err(error),
                        }
                    },
                    Err(error) => Err(error),
                },
            };
            let error = outcome.unwrap_err();
            let place = format!("{protocol:?}, {request}");
            assert_eq!((error.code(), error.message()), (Code::FailedPrecondition, "not now"), "{place}");
            for metadata in [error.metadata(), &ctx.response_trailers()] {
                assert_eq!(metadata.get("x-own").expect(&place), "1", "{place}");
                assert_eq!(metadata.get_bin("x-own-bin").unwrap().to_bytes().unwrap().as_ref(), b"\x00\xff");
                for (key, _) in FOREIGN {
                    assert!(metadata.get(key).is_none(), "{place}: {key}");
                }
            }
        }
    }
}
