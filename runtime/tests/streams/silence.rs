//! How long a connection of HTTP/1.1 may wait for the head of a request. The clock runs by itself.

use std::convert::Infallible;
use std::time::Duration;

use futures_util::stream;
use rsvc::Server;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use crate::demo::Streams;

const LIMIT: Duration = Duration::from_secs(20);
/// How much later than the limit the end may come.
const LATE: Duration = Duration::from_secs(6);

/// A connection to a server of its own.
fn connect() -> DuplexStream {
    connect_to(Server::new(), std::future::pending())
}

/// A connection to this server, until `stop` resolves.
fn connect_to(server: Server, stop: impl Future<Output = ()> + Send + 'static) -> DuplexStream {
    let (client, io) = tokio::io::duplex(16);
    let streams = Streams(mpsc::unbounded_channel().0);
    let server = server.authenticated_by_layers().add(streams).handshake_timeout(LIMIT);
    tokio::spawn(server.serve_with_incoming(stream::iter([Ok::<_, Infallible>(io)]), stop));
    client
}

/// Sends a request and reads its answer to where it says `last`.
async fn ask(client: &mut DuplexStream, request: &str, last: &str) -> String {
    client.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(last.as_bytes()) {
        let read = client.read_buf(&mut answer).await.unwrap();
        assert_ne!(read, 0, "{}", String::from_utf8_lossy(&answer));
    }
    String::from_utf8(answer).unwrap()
}

/// Expects the end of the connection when nothing came for as long as the limit.
async fn expect_end(client: &mut (impl AsyncRead + Unpin), start: Instant) {
    let read = timeout(LIMIT * 10, client.read(&mut [0; 64])).await.expect("an end");
    assert_eq!(read.unwrap_or(0), 0);
    let waited = start.elapsed();
    assert!(waited >= LIMIT && waited <= LIMIT + LATE, "{waited:?}");
}

/// A stream of 50 messages.
const COUNT: &[u8] = b"GET /v1/count/50 HTTP/1.1\r\nhost: a\r\n\r\n";
const NOWHERE: &str = "GET /nowhere HTTP/1.1\r\nhost: a\r\n\r\n";

#[tokio::test(start_paused = true)]
async fn one_that_says_nothing_ends() {
    let start = Instant::now();
    expect_end(&mut connect(), start).await;
}

#[tokio::test(start_paused = true)]
async fn one_that_sends_a_head_byte_by_byte_ends() {
    for head in [format!("GET /a HTTP/1.1\r\nlong: {}", "x".repeat(100)), "PRI * HTTP/2.0\r\n".to_owned()] {
        let start = Instant::now();
        let (mut reader, mut writer) = tokio::io::split(connect());
        let slow = tokio::spawn(async move {
            for byte in head.bytes() {
                if writer.write_all(&[byte]).await.is_err() {
                    break;
                }
                sleep(LIMIT / 15).await;
            }
            std::future::pending::<()>().await;
        });
        expect_end(&mut reader, start).await;
        slow.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_waits_too_long_with_its_next_request_ends() {
    let mut client = connect();
    for pause in [0, 7, 19] {
        sleep(Duration::from_secs(pause)).await;
        let answer = ask(&mut client, NOWHERE, "}").await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    }
    let start = Instant::now();
    expect_end(&mut client, start).await;
}

#[tokio::test(start_paused = true)]
async fn the_next_head_has_its_own_time() {
    let mut client = connect();
    ask(&mut client, NOWHERE, "}").await;
    sleep(LIMIT * 3 / 4).await;
    client.write_all(b"GET /nowhere HTTP/1.1\r\nho").await.unwrap();
    sleep(LIMIT / 5).await;
    ask(&mut client, "st: a\r\n\r\n", "}").await;
}

#[tokio::test(start_paused = true)]
async fn a_call_may_take_longer() {
    let mut client = connect();
    client.write_all(b"GET /v1/count/1?id=hang HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let all = async { while client.read(&mut [0; 64]).await.unwrap() != 0 {} };
    assert!(timeout(LIMIT * 5, all).await.is_err(), "the connection ended");
}

#[tokio::test(start_paused = true)]
async fn a_client_may_take_its_time_to_read() {
    let mut client = connect_to(Server::new().send_timeout(None), std::future::pending());
    client.write_all(COUNT).await.unwrap();
    sleep(LIMIT * 5).await;
    let answer = ask(&mut client, "", "0\r\n\r\n").await;
    assert!(answer.contains("item 49"), "{answer}");
    let start = Instant::now();
    expect_end(&mut client, start).await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_ends_with_the_send_timeout() {
    let mut client = connect();
    client.write_all(COUNT).await.unwrap();
    sleep(Duration::from_secs(59)).await;
    // What it takes is not enough to begin anew.
    client.read_exact(&mut [0; 64]).await.unwrap();
    sleep(Duration::from_secs(2)).await;
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).await.unwrap();
    assert!(!rest.ends_with(b"0\r\n\r\n"), "the connection went on");
}

/// A server that is told to stop lets a response reach its client, however slow that is.
#[tokio::test(start_paused = true)]
async fn a_response_that_is_being_read_outlives_the_word_to_stop() {
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let stopped = async move { stopped.await.unwrap_or_default() };
    let mut client = connect_to(Server::new(), stopped);
    client.write_all(NOWHERE.as_bytes()).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    drop(stop);
    sleep(Duration::from_secs(10)).await;
    let answer = ask(&mut client, "", "}").await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
}

/// The same over HTTP/2, where it may be the window of the stream that is full.
#[tokio::test(start_paused = true)]
async fn a_response_over_http2_outlives_the_word_to_stop() {
    use http_body_util::BodyExt as _;

    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let stopped = async move { stopped.await.unwrap_or_default() };
    let io = hyper_util::rt::TokioIo::new(connect_to(Server::new(), stopped));
    let (mut sender, connection) =
        hyper::client::conn::http2::Builder::new(hyper_util::rt::TokioExecutor::new())
            .initial_stream_window_size(10)
            .handshake(io)
            .await
            .unwrap();
    tokio::spawn(connection);
    let request = http::Request::get("http://a/nowhere").body(String::new()).unwrap();
    let response = sender.send_request(request).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    drop(stop);
    sleep(Duration::from_secs(3)).await;
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert!(body.ends_with(b"}"), "{body:?}");
}

#[tokio::test(start_paused = true)]
async fn http2_may_be_silent() {
    let (mut sender, connection) = {
        let io = hyper_util::rt::TokioIo::new(connect());
        hyper::client::conn::http2::handshake(hyper_util::rt::TokioExecutor::new(), io).await.unwrap()
    };
    tokio::spawn(connection);
    sleep(LIMIT * 5).await;
    let request = http::Request::get("http://a/nowhere").body(String::new()).unwrap();
    assert_eq!(sender.send_request(request).await.unwrap().status(), 404);
}

#[cfg(feature = "websocket")]
#[tokio::test(start_paused = true)]
async fn a_websocket_may_be_silent() {
    use futures_util::{SinkExt as _, StreamExt as _};
    use tokio_tungstenite::tungstenite::Message;

    let (mut socket, _) = tokio_tungstenite::client_async("ws://a/v1/chat", connect()).await.unwrap();
    // Nobody answers its pings meanwhile, so that this is shorter than the time for an answer.
    sleep(LIMIT + LATE).await;
    socket.send(Message::text(r#"{"id":"1"}"#)).await.unwrap();
    loop {
        match socket.next().await.unwrap().unwrap() {
            Message::Ping(_) => {}
            message => break assert_eq!(message, Message::text(r#"{"id":"re: 1"}"#)),
        }
    }
}
