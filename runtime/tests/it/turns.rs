//! What one connection may have at once: calls that run, and responses that it does not read.

use std::time::Duration;

use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rsvc::codegen::bytes::Bytes;
use rsvc::{Code, Context, Server};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::demo::{Demo as _, number, text};
use crate::setup::{LONG, Running, serve};

const SOON: Duration = Duration::from_millis(200);

#[tokio::test]
async fn a_call_waits_for_its_turn_among_those_of_its_connection() {
    let mut server = serve(|server| server.max_running_calls_per_connection(1)).await;
    let (client, other) = (server.client().await, server.client().await);
    let hanging = {
        let client = client.clone();
        tokio::spawn(async move { client.say(Context::new(), text("hang")).await })
    };
    server.expect("hanging").await;
    // Its deadline ends the wait.
    let late = client.say(Context::new().with_timeout(SOON), text("you")).await.unwrap_err();
    assert_eq!(late.code(), Code::DeadlineExceeded);
    // Neither streams wait nor other connections.
    let mut stream = client.count(Context::new(), number(1)).await.unwrap();
    assert_eq!(stream.message().await.unwrap(), Some(number(0)));
    assert_eq!(other.say(Context::new(), text("you")).await.unwrap(), text("hello you"));
    let waiting = client.say(Context::new(), text("you"));
    hanging.abort();
    assert_eq!(timeout(LONG, waiting).await.expect("its turn").unwrap(), text("hello you"));
    server.expect("dropped").await;
}

#[tokio::test]
async fn large_responses_pass_those_who_look_at_messages() {
    let server = serve(Server::access_log).await;
    let response = server.client().await.say(Context::new(), text(&"x".repeat(100_000))).await.unwrap();
    assert_eq!(response.text.len(), "hello ".len() + 100_000);
}

/// A client that reads of no response more than its head.
struct Idle(http2::SendRequest<Full<Bytes>>);

impl Idle {
    async fn connect(server: &Running) -> Self {
        let addr = server.endpoint.strip_prefix("http://").unwrap();
        let io = TokioIo::new(TcpStream::connect(addr).await.unwrap());
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.initial_stream_window_size(1 << 16).initial_connection_window_size(1 << 16);
        let (sender, connection) = builder.handshake(io).await.unwrap();
        tokio::spawn(connection);
        Self(sender)
    }

    /// Asks for a response of this size.
    async fn ask(&self, size: usize) -> Result<Response<Incoming>, hyper::Error> {
        let body = format!(r#"{{"text":"size","number":{size}}}"#);
        let request = Request::post("http://localhost/demo.v1.Demo/Say")
            .header("content-type", "application/json")
            .body(Full::from(body))
            .unwrap();
        timeout(LONG, self.0.clone().send_request(request)).await.expect("an answer")
    }

    /// The status of a response of this size, which is held from now on.
    async fn status(&self, size: usize, held: &mut Vec<Response<Incoming>>) -> u16 {
        let response = self.ask(size).await.unwrap();
        let status = response.status().as_u16();
        held.push(response);
        status
    }
}

#[tokio::test]
async fn who_does_not_read_gets_no_more() {
    const MIB: usize = 1 << 20;

    let server = serve(|server| server.max_unsent_size(8 * MIB)).await;
    let (client, mut held) = (Idle::connect(&server).await, Vec::new());
    assert_eq!(client.status(5 * MIB, &mut held).await, 200);
    // It is refused before it is written.
    assert_eq!(client.status(5 * MIB, &mut held).await, 429);
    assert_eq!(client.status(2 * MIB, &mut held).await, 200);
    assert_eq!(client.status(1000, &mut held).await, 200);
    // What is dropped makes room.
    held.clear();
    let start = Instant::now();
    while client.status(5 * MIB, &mut Vec::new()).await != 200 {
        assert!(start.elapsed() < LONG, "there is no room");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_request_that_waits_in_vain_is_refused_before_it_begins() {
    const MIB: usize = 1 << 20;

    let server = serve(|server| server.max_running_calls_per_connection(1)).await;
    let (client, mut held) = (Idle::connect(&server).await, Vec::new());
    for _ in 0..4 {
        assert_eq!(client.status(5 * MIB, &mut held).await, 200);
    }
    let start = Instant::now();
    let error = client.ask(1).await.unwrap_err();
    assert!(start.elapsed() > Duration::from_millis(900), "it waits a while: {:?}", start.elapsed());
    let reason = std::error::Error::source(&error).unwrap().downcast_ref::<h2::Error>().unwrap().reason();
    assert_eq!(reason, Some(h2::Reason::REFUSED_STREAM));
    held.clear();
    assert_eq!(client.status(1, &mut held).await, 200);
}

#[tokio::test]
async fn calls_that_came_together_learn_that_nobody_reads() {
    const MIB: usize = 1 << 20;

    let server = serve(|server| server.max_running_calls_per_connection(1)).await;
    let client = Idle::connect(&server).await;
    let calls = futures_util::future::join_all((0..8).map(|_| client.ask(5 * MIB)));
    let answers: Vec<_> = calls.await.into_iter().map(Result::unwrap).collect();
    let count = |status: u16| answers.iter().filter(|answer| answer.status() == status).count();
    // With the fourth there is much, and the others wait for a second.
    assert_eq!((count(200), count(429)), (4, 4));
}
