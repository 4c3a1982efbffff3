//! What a server does for its connections that hyper-util's has not, with the same service on both and all limits of
//! hyper-util's set. The clock runs by itself.
//!
//! What both do, here or after an update, needs no code of ours: the table in `docs/architecture.md` names the files.

#![allow(clippy::unwrap_used, reason = "what fails here is a test")]

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};
use http::{Request, Response};
use http_body::Frame;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use rsvc::Server;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};
use tower::layer::layer_fn;

/// Longer than any limit.
const HOUR: Duration = Duration::from_hours(1);
const LARGE: usize = 1 << 20;

/// Whose handling of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Handling {
    Ours,
    HyperUtil,
}

/// A connection, and what tells its server to stop.
struct Connection {
    io: DuplexStream,
    stop: oneshot::Sender<()>,
}

/// How often content was made as it was asked for.
static MADE: AtomicUsize = AtomicUsize::new(0);

/// Answers without reading.
async fn answer<B: Send + 'static>(
    request: Request<B>,
) -> Result<Response<BoxBody<Bytes, Infallible>>, Infallible> {
    let content = |size: usize| Bytes::from(vec![b'a'; size]);
    let body = match request.uri().path() {
        "/made" => BoxBody::new(StreamBody::new(stream::iter(0..1).map(move |_| {
            MADE.fetch_add(1, Ordering::Relaxed);
            Ok(Frame::data(content(LARGE)))
        }))),
        "/held" => {
            tokio::spawn(async move {
                sleep(Duration::from_secs(1)).await;
                drop(request);
            });
            Full::new(content(5)).boxed()
        }
        "/large" => Full::new(content(LARGE)).boxed(),
        _ => Full::new(content(5)).boxed(),
    };
    Ok(Response::new(body))
}

impl Handling {
    const BOTH: [Self; 2] = [Self::Ours, Self::HyperUtil];

    fn connect(self) -> Connection {
        let (io, accepted) = tokio::io::duplex(4096);
        let (stop, stopped) = oneshot::channel();
        match self {
            Self::Ours => {
                let server = Server::new().layer(layer_fn(|_| tower::service_fn(answer::<rsvc::Body>)));
                let accepted = stream::iter([Ok::<_, Infallible>(accepted)]);
                let stopped = async { stopped.await.unwrap_or_default() };
                tokio::spawn(server.serve_with_incoming(accepted, stopped));
            }
            Self::HyperUtil => {
                tokio::spawn(hyper_util(accepted, stopped));
            }
        }
        Connection { io, stop }
    }
}

/// Serves a connection with the limits that there are, set as ours are by default.
async fn hyper_util(accepted: DuplexStream, stopped: oneshot::Receiver<()>) {
    let mut server = auto::Builder::new(TokioExecutor::new());
    server.http1().timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(20));
    server
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(200)
        .keep_alive_interval(Duration::from_mins(1))
        .keep_alive_timeout(Duration::from_secs(20));
    let service = TowerToHyperService::new(tower::service_fn(answer::<hyper::body::Incoming>));
    let graceful = GracefulShutdown::new();
    let connection = server.serve_connection_with_upgrades(TokioIo::new(accepted), service);
    let connection = tokio::spawn(graceful.watch(connection.into_owned()));
    drop(stopped.await);
    graceful.shutdown().await;
    drop(connection.await);
}

impl Connection {
    /// Until the server closes the connection, if it does.
    async fn end(&mut self) -> Option<Duration> {
        let start = Instant::now();
        let mut rest = Vec::new();
        // An error is an end as well.
        timeout(HOUR, self.io.read_to_end(&mut rest)).await.ok().map(|_| start.elapsed())
    }

    /// Tells the server to stop.
    fn stop(&mut self) {
        let (unused, _) = oneshot::channel();
        drop(std::mem::replace(&mut self.stop, unused));
    }
}

/// The time for a head: hyper has it, too, at more instructions.
#[tokio::test(start_paused = true)]
async fn half_a_head_has_a_limit() {
    for handling in Handling::BOTH {
        let mut connection = handling.connect();
        connection.io.write_all(b"GET /small HTTP/1.1\r\nho").await.unwrap();
        assert!(connection.end().await.is_some(), "{handling:?}");
    }
}

/// `serve.rs` and `rewind.rs`.
#[tokio::test(start_paused = true)]
async fn silence_has_a_limit() {
    for beginning in ["", "PRI * HTTP/2"] {
        for handling in Handling::BOTH {
            let mut connection = handling.connect();
            connection.io.write_all(beginning.as_bytes()).await.unwrap();
            let ends = connection.end().await.is_some();
            assert_eq!(ends, handling == Handling::Ours, "{handling:?} after {beginning:?}");
        }
    }
}

/// `connection_timer.rs`.
#[tokio::test(start_paused = true)]
async fn a_response_over_http1_that_is_not_read_has_a_limit() {
    for handling in Handling::BOTH {
        let mut connection = handling.connect();
        connection.io.write_all(b"GET /large HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        sleep(HOUR).await;
        let mut answer = Vec::new();
        drop(timeout(Duration::from_secs(1), connection.io.read_to_end(&mut answer)).await);
        assert_eq!(answer.len() < LARGE, handling == Handling::Ours, "{handling:?}");
    }
}

/// A client over HTTP/2 that takes little of each response before it reads it.
async fn client_of_small_windows(io: DuplexStream) -> hyper::client::conn::http2::SendRequest<String> {
    let (sender, driver) = hyper::client::conn::http2::Builder::new(TokioExecutor::new())
        .initial_stream_window_size(10_000)
        .handshake(TokioIo::new(io))
        .await
        .unwrap();
    tokio::spawn(driver);
    sender
}

/// `sending.rs`.
#[tokio::test(start_paused = true)]
async fn a_response_over_http2_that_is_not_read_has_a_limit() {
    for handling in Handling::BOTH {
        let Connection { io, stop: _stop } = handling.connect();
        let mut sender = client_of_small_windows(io).await;
        let request = Request::get("http://a/large").body(String::new()).unwrap();
        let response = sender.send_request(request).await.unwrap();
        sleep(HOUR).await;
        let was_reset = response.into_body().collect().await.is_err();
        assert_eq!(was_reset, handling == Handling::Ours, "{handling:?}");
    }
}

/// `control_frames.rs`.
#[tokio::test(start_paused = true)]
async fn pings_have_a_limit() {
    const PING: [u8; 17] = [0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
    const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    const COUNT: usize = 10_000;
    for handling in Handling::BOTH {
        let Connection { io, stop: _stop } = handling.connect();
        let (mut reader, mut writer) = tokio::io::split(io);
        let writing = tokio::spawn(async move {
            writer.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await?;
            writer.write_all(&SETTINGS).await?;
            writer.write_all(&PING.repeat(COUNT)).await?;
            // The connection stays open.
            std::future::pending::<std::io::Result<()>>().await
        });
        let mut received = Vec::new();
        let reading = async {
            while received.len() < COUNT * PING.len() {
                if reader.read_buf(&mut received).await.unwrap_or(0) == 0 {
                    return true;
                }
            }
            false
        };
        let ended = timeout(Duration::from_secs(30), reading).await.unwrap();
        writing.abort();
        assert_eq!(ended, handling == Handling::Ours, "{handling:?}");
    }
}

/// `linger.rs`, and `session.rs` for the rest of a body.
#[tokio::test(start_paused = true)]
async fn a_connection_outlives_a_request_that_is_answered_early() {
    for handling in Handling::BOTH {
        let mut connection = handling.connect();
        connection
            .io
            .write_all(b"POST /small HTTP/1.1\r\nhost: a\r\ncontent-length: 40000\r\n\r\n")
            .await
            .unwrap();
        let (mut reader, mut writer) = tokio::io::split(connection.io);
        let writing = tokio::spawn(async move {
            for _ in 0..4 {
                sleep(Duration::from_millis(50)).await;
                writer.write_all(&[0; 10_000]).await?;
            }
            writer.write_all(b"GET /small HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await?;
            std::io::Result::Ok(writer)
        });
        let mut answers = Vec::new();
        // Whether it is an error or an end does not matter.
        drop(reader.read_to_end(&mut answers).await);
        drop(writing.await);
        let answers = String::from_utf8(answers).unwrap();
        let count = if handling == Handling::Ours { 2 } else { 1 };
        assert_eq!(answers.matches("aaaaa").count(), count, "{handling:?}: {answers}");
    }
}

/// `session.rs`, again: as it is where the body is another request's by then, which a gateway sends.
#[tokio::test(start_paused = true)]
async fn a_body_that_is_let_go_behind_its_answer_does_not_hold_the_connection() {
    for handling in Handling::BOTH {
        let Connection { mut io, stop: _stop } = handling.connect();
        io.write_all(b"POST /held HTTP/1.1\r\nhost: a\r\ncontent-length: 40000\r\n\r\nbegin").await.unwrap();
        let began = Instant::now();
        let mut answers = Vec::new();
        timeout(HOUR, io.read_to_end(&mut answers)).await.expect("an end").unwrap();
        assert!(String::from_utf8(answers).unwrap().ends_with("aaaaa"), "{handling:?}");
        assert!(began.elapsed() < Duration::from_secs(10), "{handling:?}: {:?}", began.elapsed());
    }
}

/// `session.rs`: whether a connection is in use.
#[tokio::test(start_paused = true)]
async fn nobody_waits_for_half_a_request_once_the_server_stops() {
    for handling in Handling::BOTH {
        let mut connection = handling.connect();
        connection.io.write_all(b"GET /small HTTP/1.1\r\nho").await.unwrap();
        sleep(Duration::from_secs(1)).await;
        connection.stop();
        let end = connection.end().await.unwrap();
        assert_eq!(end < Duration::from_secs(2), handling == Handling::Ours, "{handling:?}: {end:?}");
    }
}

/// `unsent.rs`: messages that are made as they are asked for are not asked for without end.
#[tokio::test(start_paused = true)]
async fn what_is_made_for_a_connection_has_a_limit() {
    const STREAMS: usize = 100;
    for handling in Handling::BOTH {
        MADE.store(0, Ordering::Relaxed);
        let Connection { io, stop: _stop } = handling.connect();
        let mut sender = client_of_small_windows(io).await;
        let responses: Vec<_> = (0..STREAMS)
            .map(|_| {
                let request = Request::get("http://a/made").body(String::new()).unwrap();
                tokio::spawn(sender.send_request(request))
            })
            .collect();
        // Less than responses may be held up.
        sleep(Duration::from_secs(10)).await;
        let made = MADE.load(Ordering::Relaxed);
        assert_eq!(made < 20, handling == Handling::Ours, "{handling:?}: {made} MiB");
        drop(responses);
    }
}
