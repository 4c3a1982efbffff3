//! What one connection may have at once: calls that run, and responses that it does not read.

use std::time::Duration;

use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
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
        Self::with_window(server, 1 << 16).await
    }

    async fn with_window(server: &Running, window: u32) -> Self {
        let addr = server.endpoint.strip_prefix("http://").unwrap();
        let io = TokioIo::new(TcpStream::connect(addr).await.unwrap());
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.initial_stream_window_size(window).initial_connection_window_size(1 << 16);
        let (sender, connection) = builder.handshake(io).await.unwrap();
        tokio::spawn(connection);
        Self(sender)
    }

    /// Asks for a response of this size.
    async fn ask(&self, size: usize) -> Result<Response<Incoming>, hyper::Error> {
        self.call(&format!(r#"{{"text":"size","number":{size}}}"#), ("x-own", "1")).await
    }

    /// A call with one more header.
    async fn call(
        &self,
        body: &str,
        (name, value): (&str, &str),
    ) -> Result<Response<Incoming>, hyper::Error> {
        let request = Request::post("http://localhost/demo.v1.Demo/Say")
            .header("content-type", "application/json")
            .header(name, value)
            .body(Full::from(body.to_owned()))
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

/// What is answered late, or never.
const HANG: &str = r#"{"text":"hang"}"#;

fn reason_of(error: &hyper::Error) -> Option<h2::Reason> {
    std::error::Error::source(error)?.downcast_ref::<h2::Error>()?.reason()
}

#[tokio::test]
async fn an_error_that_nobody_reads_is_over_with_its_call() {
    let server = serve(|server| server).await;
    let client = Idle::with_window(&server, 0).await;
    let start = Instant::now();
    let mut response = client.call(HANG, ("connect-timeout-ms", "200")).await.unwrap();
    assert_eq!(response.status(), 504);
    let end = timeout(LONG, response.frame()).await.expect("its end").unwrap().unwrap_err();
    assert_eq!(reason_of(&end), Some(h2::Reason::CANCEL));
    // A second is for the last word.
    assert!(start.elapsed() < SOON + Duration::from_secs(3), "it ends late: {:?}", start.elapsed());
}

#[tokio::test]
async fn the_time_that_a_request_waits_counts_for_its_call() {
    const MIB: usize = 1 << 20;

    let server = serve(|server| server).await;
    let (client, mut held) = (Idle::connect(&server).await, Vec::new());
    for _ in 0..4 {
        assert_eq!(client.status(5 * MIB, &mut held).await, 200);
    }
    let wait = Duration::from_millis(700);
    let start = Instant::now();
    let makes_room = async {
        tokio::time::sleep(wait).await;
        held.clear();
    };
    let (response, ()) = tokio::join!(client.call(HANG, ("connect-timeout-ms", "2000")), makes_room);
    assert_eq!(response.unwrap().status(), 504);
    assert!(
        start.elapsed() < Duration::from_secs(2) + wait / 2,
        "its deadline was late: {:?}",
        start.elapsed()
    );
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
    assert_eq!(reason_of(&error), Some(h2::Reason::REFUSED_STREAM));
    // Nor does it wait longer than its caller.
    for soon in [("connect-timeout-ms", "200"), ("grpc-timeout", "200m"), ("x-request-timeout", "0.2")] {
        let start = Instant::now();
        let error = client.call(HANG, soon).await.unwrap_err();
        assert!(start.elapsed() < Duration::from_millis(700), "{soon:?}: it waits {:?}", start.elapsed());
        assert_eq!(reason_of(&error), Some(h2::Reason::REFUSED_STREAM));
    }
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
