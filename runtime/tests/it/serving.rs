//! The server itself: binding, other protocols, stopping.

use std::error::Error as _;
use std::time::{Duration, Instant};

use rsvc::server::Health;
use rsvc::{Channel, Code, Context, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::demo::{Demo, DemoServer, Text, number, text};
use crate::grpc::grpc::health::v1::HealthServer;
use crate::health::AlwaysServing;
use crate::setup::{LONG, Running, Script, pair, run, serve};

async fn channel(server: &Running) -> tonic::transport::Channel {
    tonic::transport::Endpoint::from_shared(server.endpoint.clone()).unwrap().connect().await.unwrap()
}

#[tokio::test]
async fn an_address_in_use_is_named() {
    let (server, _) = pair().await;
    let addr = server.endpoint.strip_prefix("http://").unwrap();
    let error = Server::new().bind(addr).await.unwrap_err();
    assert!(error.is_bind());
    assert_eq!(error.to_string(), format!("cannot listen on \"{addr}\""));
    let source = error.source().and_then(|source| source.downcast_ref::<std::io::Error>()).unwrap();
    assert_eq!(source.kind(), std::io::ErrorKind::AddrInUse);
}

#[tokio::test]
async fn a_service_is_added_once() {
    let demo = DemoServer::new(Script::new().0);
    let server = Server::new()
        .authenticated_by_layers()
        .add(demo.clone())
        .add(demo)
        .add(HealthServer::new(AlwaysServing));
    let error = server.bind("127.0.0.1:0").await.unwrap_err();
    assert!(error.is_duplicate_service());
    assert_eq!(error.names(), ["demo.v1.Demo", "grpc.health.v1.Health"]);
    assert_eq!(error.to_string(), "added more than once: demo.v1.Demo, grpc.health.v1.Health");
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_named() {
    let error = Channel::connect("http://127.0.0.1:1").await.unwrap_err();
    assert!(!error.is_invalid_endpoint());
    assert_eq!(error.to_string(), "cannot connect to `http://127.0.0.1:1`");
    let mut reason: &dyn std::error::Error = &error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    assert!(reason.to_string().starts_with("Connection refused"), "{reason}");
    for wrong in ["127.0.0.1:80", "ftp://x", "http://x/y", "http://x/?y", "http://", "", "http://a b"] {
        let error = Channel::connect(wrong).await.unwrap_err();
        assert!(error.is_invalid_endpoint(), "{error}");
        // Of a query, which may be secret, nothing is said.
        let shown = wrong.split('?').next().unwrap();
        assert!(error.to_string().starts_with(&format!("`{shown}` is not an endpoint")), "{error}");
    }
}

#[tokio::test]
async fn unknown_methods_and_services() {
    let (server, _) = pair().await;
    for (path, text) in [
        ("/demo.v1.Demo/Nope", "there is no method `demo.v1.Demo/Nope`"),
        ("/demo.v1.Nope/Say", "there is no service `demo.v1.Nope/Say`"),
    ] {
        let mut grpc = tonic::client::Grpc::new(channel(&server).await);
        grpc.ready().await.unwrap();
        let codec = tonic_prost::ProstCodec::<Text, Text>::new();
        let path = http::uri::PathAndQuery::from_static(path);
        let status = grpc.unary(tonic::Request::new(number(1)), path, codec).await.unwrap_err();
        assert_eq!((status.code(), status.message()), (Code::Unimplemented, text));
    }
}

#[tokio::test]
async fn plain_http_gets_an_answer() {
    let (server, _) = pair().await;
    let addr = server.endpoint.strip_prefix("http://").unwrap();
    for (request, expected) in [
        ("GET / HTTP/1.1\r\nhost: x\r\n\r\n", "HTTP/1.1 404 Not Found\r\n"),
        ("GET /demo.v1.Demo/Say HTTP/1.1\r\nhost: x\r\n\r\n", "HTTP/1.1 405 Method Not Allowed\r\n"),
        (
            "POST /demo.v1.Demo/Say HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\n{}",
            "HTTP/1.1 415 Unsupported Media Type\r\n",
        ),
        (
            "POST /demo.v1.Demo/Say HTTP/1.1\r\nhost: x\r\ncontent-type: application/grpc\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 505 HTTP Version Not Supported\r\n",
        ),
    ] {
        let mut connection = tokio::net::TcpStream::connect(addr).await.unwrap();
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut answer = vec![0; expected.len()];
        connection.read_exact(&mut answer).await.unwrap();
        assert_eq!(String::from_utf8(answer).unwrap(), expected);
    }
}

/// The head of a request that is refused before its body is read.
fn refused(size: usize) -> String {
    let head = "POST /demo.v1.Nothing/Say HTTP/1.1\r\nhost: x\r\ncontent-type: application/grpc-web\r\n";
    format!("{head}content-length: {size}\r\n\r\n")
}

/// Sends a body in pieces, with time for the answer in between, and for a reset, were the connection closed with it.
async fn send_slowly(connection: &mut tokio::net::TcpStream, size: usize) {
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        connection.write_all(&vec![0; size / 4]).await.unwrap();
    }
}

#[tokio::test]
async fn a_connection_outlives_a_request_that_is_refused() {
    let (server, _) = pair().await;
    let addr = server.endpoint.strip_prefix("http://").unwrap();
    let mut connection = tokio::net::TcpStream::connect(addr).await.unwrap();
    for _ in 0..2 {
        connection.write_all(refused(4000).as_bytes()).await.unwrap();
        send_slowly(&mut connection, 4000).await;
        let mut answer = vec![0; 1024];
        let size = tokio::time::timeout(LONG, connection.read(&mut answer)).await.unwrap().unwrap();
        let answer = String::from_utf8_lossy(&answer[..size]).into_owned();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("grpc-status: 12"), "{answer}");
        assert!(!answer.contains("connection: close"), "{answer}");
    }
}

/// A client that writes all of its request before it reads must not lose the answer.
#[tokio::test]
async fn who_is_refused_may_finish_sending() {
    let (server, _) = pair().await;
    let addr = server.endpoint.strip_prefix("http://").unwrap();
    let mut connection = tokio::net::TcpStream::connect(addr).await.unwrap();
    connection.write_all(refused(400_000).as_bytes()).await.unwrap();
    send_slowly(&mut connection, 400_000).await;
    let mut answer = Vec::new();
    tokio::time::timeout(LONG, connection.read_to_end(&mut answer)).await.unwrap().unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("grpc-status: 12"), "{answer}");
    assert!(answer.contains("connection: close\r\n"), "{answer}");
}

#[tokio::test]
async fn a_silent_connection_is_closed() {
    let server = serve(|server| server.handshake_timeout(Duration::from_millis(100))).await;
    let addr = server.endpoint.strip_prefix("http://").unwrap();
    let mut connection = tokio::net::TcpStream::connect(addr).await.unwrap();
    let read = tokio::time::timeout(LONG, connection.read(&mut [0; 1])).await.unwrap();
    assert_eq!(read.unwrap_or(0), 0);

    // One that has spoken may be silent for longer.
    let client = server.client().await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(client.say(Context::new(), text("you")).await.unwrap().text, "hello you");
}

#[tokio::test]
async fn connections_have_a_limit() {
    let server = serve(|server| server.max_connections(1)).await;
    let first = server.client().await;
    first.say(Context::new(), text("you")).await.unwrap();
    let second = crate::demo::DemoClient::new(Channel::connect_lazy(&*server.endpoint).unwrap());
    let waiting = tokio::spawn(async move { second.say(Context::new(), text("you")).await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!waiting.is_finished());
    drop(first);
    assert_eq!(waiting.await.unwrap().unwrap().text, "hello you");
}

#[tokio::test]
async fn stopping_lets_calls_finish() {
    let (mut server, client) = pair().await;
    let call = {
        let client = client.clone();
        let request = Text { text: "sleep".into(), number: 300 };
        tokio::spawn(async move { client.say(Context::new(), request).await })
    };
    server.expect("sleeping").await;
    server.stop();
    assert_eq!(call.await.unwrap().unwrap().text, "slept");
    server.serving.await.unwrap().unwrap();
    let error = client.say(Context::new(), text("you")).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable, "{error:?}");
}

#[tokio::test]
async fn stopping_has_an_end() {
    let mut server = serve(|server| server.drain_timeout(Duration::from_millis(200))).await;
    let client = server.client().await;
    let call = tokio::spawn(async move { client.say(Context::new(), text("hang")).await });
    server.expect("hanging").await;
    let started = Instant::now();
    server.stop();
    server.expect("dropped").await;
    server.expect("cancelled").await;
    call.await.unwrap().unwrap_err();
    server.serving.await.unwrap().unwrap();
    assert!(started.elapsed() >= Duration::from_millis(200) && started.elapsed() < LONG / 2);
}

#[tokio::test]
async fn handlers_of_endless_streams_learn_of_the_stop() {
    let (mut server, client) = pair().await;
    let mut responses = client.count(Context::new(), text("until stopping")).await.unwrap();
    assert_eq!(responses.message().await.unwrap().unwrap().number, 1);
    let started = Instant::now();
    server.stop();
    assert_eq!(responses.message().await.unwrap().unwrap().number, 2);
    assert_eq!(responses.message().await.unwrap(), None);
    server.serving.await.unwrap().unwrap();
    assert!(started.elapsed() < LONG);
}

#[tokio::test]
async fn a_drain_delay_keeps_the_doors_open() {
    let health = Health::new();
    let mut server =
        serve(|server| server.health(health.clone()).drain_delay(Duration::from_millis(300))).await;
    server.stop();
    while health.is_serving("") {
        tokio::task::yield_now().await;
    }
    let client = server.client().await;
    assert_eq!(client.say(Context::new(), text("you")).await.unwrap().text, "hello you");
    drop(client);
    server.serving.await.unwrap().unwrap();
}

/// A connection that is too old takes no more calls: a client makes another one and loses none.
#[tokio::test]
async fn connections_change_with_their_age_and_no_call_is_lost() {
    let server = serve(|server| server.max_connection_age(Some(Duration::from_millis(50)))).await;
    let client = server.client().await;
    let long = tokio::spawn({
        let client = client.clone();
        async move { client.say(Context::new(), text("sleep")).await }
    });
    let mut peers = std::collections::BTreeSet::new();
    let started = Instant::now();
    while peers.len() < 4 && started.elapsed() < LONG {
        peers.insert(client.say(Context::new(), text("peer")).await.unwrap().text);
        tokio::task::yield_now().await;
    }
    assert_eq!(peers.len(), 4);
    assert_eq!(long.await.unwrap().unwrap().text, "slept");
}

#[tokio::test]
async fn any_transport_will_do() {
    let (near, far) = tokio::io::duplex(64 * 1024);
    let incoming = tokio_stream::iter([Ok::<_, std::io::Error>(far)]);
    let server = Server::new().authenticated_by_layers().add(DemoServer::new(Script::new().0));
    let serving = tokio::spawn(server.serve_with_incoming(incoming, std::future::pending()));

    let mut near = Some(hyper_util::rt::TokioIo::new(near));
    let connector = tower::service_fn(move |_: http::Uri| {
        std::future::ready(near.take().ok_or(std::io::Error::other("there is one connection")))
    });
    let channel = tonic::transport::Endpoint::from_static("http://nowhere")
        .connect_with_connector(connector)
        .await
        .unwrap();
    let client = crate::demo::DemoClient::new(channel.into());
    assert_eq!(client.say(Context::new(), text("peer")).await.unwrap().text, "None");
    drop(client);
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn layers_surround_all_services() {
    let (script, events) = Script::new();
    let bound = Server::new()
        .authenticated_by_layers()
        .add(DemoServer::new(script))
        .layer(tower::util::MapResponseLayer::new(|mut response: http::Response<rsvc::Body>| {
            response.headers_mut().insert("x-layer", http::HeaderValue::from_static("1"));
            response
        }))
        .bind("127.0.0.1:0")
        .await
        .unwrap();
    let server = run(bound, events);
    let ctx = Context::new();
    server.client().await.say(ctx.clone(), text("you")).await.unwrap();
    assert_eq!(ctx.response_headers().get("x-layer").unwrap(), "1");
}
