//! Generated services in a plain tonic server, and tonic's in ours.

use rsvc::client::Protocol;
use rsvc::{Channel, Code, Context, RequestStream, Server};
use tokio_stream::wrappers::TcpListenerStream;

use crate::demo::{Demo, DemoClient, DemoServer, number, text};
use crate::grpc::grpc::health::v1::{Health as _, HealthClient, HealthServer};
use crate::health::{AlwaysServing, SERVING, of};
use crate::setup::{LONG, Script, run};

#[tokio::test]
async fn in_a_plain_tonic_server() {
    let (script, _events) = Script::new();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let server = tonic::transport::Server::builder().add_service(DemoServer::new(script));
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));

    let client = DemoClient::new(Channel::connect(endpoint).await.unwrap());
    let ctx = Context::new().with_metadata("x-request", "1").unwrap();
    client.say(ctx.clone(), text("metadata")).await.unwrap();
    assert_eq!(ctx.response_headers().get("x-header").unwrap(), "1");
    assert_eq!(ctx.response_trailers().get("x-trailer").unwrap(), "last");
    let peer = client.say(Context::new(), text("peer")).await.unwrap().text;
    assert!(peer.starts_with("Some(127.0.0.1:"), "{peer}");
    let mut responses = client.count(Context::new(), number(2)).await.unwrap();
    assert_eq!(responses.message().await.unwrap().unwrap().number, 0);
    assert_eq!(client.private(Context::new(), text("")).await.unwrap_err().code(), Code::Unauthenticated);
    assert_eq!(client.say(Context::new(), text("panic")).await.unwrap_err().code(), Code::Internal);
}

/// A generated service has the shape of tonic's.
#[tokio::test]
async fn tonics_services_in_ours() {
    let (script, events) = Script::new();
    let bound = Server::new()
        .without_health()
        .authenticated_by_layers()
        .add(DemoServer::new(script))
        .add_tonic(HealthServer::new(AlwaysServing))
        .bind("127.0.0.1:0")
        .await
        .unwrap();
    let server = run(bound, events);
    let client = HealthClient::connect(server.endpoint.clone()).await.unwrap();
    assert_eq!(client.check(Context::new(), of("anything")).await.unwrap(), SERVING);
}

/// Calls pass all that they pass over a network, but for the network.
#[tokio::test]
async fn a_server_without_a_socket() {
    for protocol in [Protocol::Grpc, Protocol::GrpcWeb, Protocol::Connect] {
        let (script, _events) = Script::new();
        let server =
            Server::new().add(DemoServer::new(script)).authenticated_by_layers().into_service().unwrap();
        let channel =
            Channel::builder("http://in.process").protocol(protocol).with_transport(server).unwrap();
        let client = DemoClient::new(channel);
        assert_eq!(client.say(Context::new(), text("you")).await.unwrap().text, "hello you", "{protocol:?}");
        let mut responses = client.count(Context::new(), number(2)).await.unwrap();
        for expected in [0, 1] {
            assert_eq!(responses.message().await.unwrap().unwrap().number, expected, "{protocol:?}");
        }
        assert_eq!(responses.message().await.unwrap(), None, "{protocol:?}");
        let numbers = RequestStream::from_iter([number(2), number(3)]);
        assert_eq!(client.sum(Context::new(), numbers).await.unwrap().number, 5, "{protocol:?}");
        let refused = client.private(Context::new(), text("")).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unauthenticated, "{protocol:?}");
        let failed = client.say(Context::new(), text("panic")).await.unwrap_err();
        assert_eq!((failed.code(), failed.message()), (Code::Internal, "the handler failed"), "{protocol:?}");
    }
    let settings = Channel::builder("http://in.process/path");
    let (script, _events) = Script::new();
    let server = Server::new().add(DemoServer::new(script)).authenticated_by_layers().into_service().unwrap();
    assert!(settings.with_transport(server).unwrap_err().is_invalid_endpoint());
}

/// Endless streams of a server that has no connections are told by whoever has mounted it.
#[tokio::test]
async fn a_server_without_a_socket_is_told_to_stop() {
    let (script, _events) = Script::new();
    let server = Server::new().add(DemoServer::new(script)).authenticated_by_layers().into_service().unwrap();
    let channel = Channel::builder("http://in.process").with_transport(server.clone()).unwrap();
    let client = DemoClient::new(channel);
    let mut responses = client.count(Context::new(), text("until stopping")).await.unwrap();
    assert_eq!(responses.message().await.unwrap(), Some(number(1)));
    let next = tokio::time::timeout(std::time::Duration::from_millis(50), responses.message()).await;
    assert!(next.is_err(), "nobody has told it to stop");
    server.stop();
    let next = tokio::time::timeout(LONG, responses.message()).await.expect("it was told");
    assert_eq!(next.unwrap(), Some(number(2)));
}
