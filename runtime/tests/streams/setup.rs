//! A server, and clients of either version of HTTP.

use std::pin::Pin;
use std::task::{Context as Task, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt as _, combinators::BoxBody};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rsvc::rest::Options;
use rsvc::{Context, Principal, Server, Status};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::demo::Streams;

/// Longer than anything here takes, so that who waits this long waits in vain.
pub(crate) const LONG: Duration = Duration::from_secs(20);

pub(crate) struct Running {
    pub(crate) address: String,
    events: mpsc::UnboundedReceiver<String>,
    pub(crate) stop: Option<oneshot::Sender<()>>,
    pub(crate) serving: tokio::task::JoinHandle<()>,
}

/// Knows whoever says `Bearer ann`.
#[derive(Clone)]
struct Tokens;

impl rsvc::Authenticator for Tokens {
    async fn authenticate(&self, ctx: &Context) -> Result<Option<Principal>, Status> {
        Ok((ctx.metadata_str("authorization") == Some("Bearer ann")).then(|| Principal::new("ann")))
    }
}

pub(crate) async fn serve() -> Running {
    serve_with(|options| options, |server| server).await
}

pub(crate) async fn serve_with(
    options: impl FnOnce(Options) -> Options,
    server: impl FnOnce(Server) -> Server,
) -> Running {
    let (sender, events) = mpsc::unbounded_channel();
    let built = Server::new().add(Streams(sender)).rest(options(Options::new())).authenticator(Tokens);
    let bound = server(built).bind("127.0.0.1:0").await.unwrap();
    let address = bound.local_addr().to_string();
    let (stop, stopped) = oneshot::channel();
    let serving = tokio::spawn(async move {
        bound.serve_with_shutdown(async { stopped.await.unwrap_or_default() }).await.unwrap();
    });
    Running { address, events, stop: Some(stop), serving }
}

impl Running {
    pub(crate) async fn event(&mut self) -> String {
        timeout(LONG, self.events.recv()).await.expect("an event").unwrap()
    }

    /// Waits for an event, whatever comes before it.
    pub(crate) async fn expect(&mut self, event: &str) {
        while self.event().await != event {}
    }

    pub(crate) async fn connect(&self) -> TokioIo<TcpStream> {
        TokioIo::new(TcpStream::connect(&self.address).await.unwrap())
    }

    pub(crate) async fn client(&self) -> Client {
        let (sender, connection) = http1::handshake(self.connect().await).await.unwrap();
        let connection = tokio::spawn(async move { drop(connection.with_upgrades().await) });
        Client { sender: Sender::Http1(sender), connection }
    }

    pub(crate) async fn client2(&self) -> Client {
        let (sender, connection) =
            http2::handshake(TokioExecutor::new(), self.connect().await).await.unwrap();
        let connection = tokio::spawn(async move { drop(connection.await) });
        Client { sender: Sender::Http2(sender), connection }
    }

    pub(crate) async fn get(&self, target: &str, headers: &[(&str, &str)]) -> Answer {
        self.client().await.send("GET", target, headers, body("")).await.all().await
    }

    pub(crate) async fn post(&self, target: &str, headers: &[(&str, &str)], content: &str) -> Answer {
        self.client().await.send("POST", target, headers, body(content)).await.all().await
    }
}

enum Sender {
    Http1(http1::SendRequest<BoxBody<Bytes, Broken>>),
    Http2(http2::SendRequest<BoxBody<Bytes, Broken>>),
}

pub(crate) struct Client {
    sender: Sender,
    pub(crate) connection: tokio::task::JoinHandle<()>,
}

impl Client {
    pub(crate) async fn send(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: BoxBody<Bytes, Broken>,
    ) -> Arriving {
        Arriving(
            timeout(LONG, self.request(method, target, headers, body)).await.expect("a response").unwrap(),
        )
    }

    /// Sends a request that may fail.
    pub(crate) async fn try_send(
        &mut self,
        method: &str,
        target: &str,
        body: BoxBody<Bytes, Broken>,
    ) -> hyper::Result<Response<Incoming>> {
        self.request(method, target, &[], body).await
    }

    async fn request(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: BoxBody<Bytes, Broken>,
    ) -> hyper::Result<Response<Incoming>> {
        let mut request = Request::builder().method(method).uri(format!("http://localhost{target}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.header("host", "localhost").body(body).unwrap();
        match &mut self.sender {
            Sender::Http1(sender) => sender.send_request(request).await,
            Sender::Http2(sender) => sender.send_request(request).await,
        }
    }
}

/// A response whose body is still to come.
pub(crate) struct Arriving(pub(crate) Response<Incoming>);

impl Arriving {
    /// The next part of the body; `None` at its end.
    pub(crate) async fn bytes(&mut self) -> Option<Bytes> {
        loop {
            let frame = timeout(LONG, self.0.body_mut().frame()).await.expect("a frame")?;
            if let Ok(data) = frame.expect("a whole body").into_data() {
                return Some(data);
            }
        }
    }

    /// The next part of the body as text.
    pub(crate) async fn part(&mut self) -> Option<String> {
        self.bytes().await.map(|bytes| String::from_utf8(bytes.into()).unwrap())
    }

    pub(crate) async fn all(self) -> Answer {
        let (parts, body) = self.0.into_parts();
        let collected = timeout(LONG, body.collect()).await.expect("the end");
        let mut answer = Answer {
            status: parts.status,
            headers: parts.headers,
            body: Bytes::new(),
            trailers: HeaderMap::new(),
            broken: collected.is_err(),
        };
        if let Ok(collected) = collected {
            answer.trailers = collected.trailers().cloned().unwrap_or_default();
            answer.body = collected.to_bytes();
        }
        answer
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) trailers: HeaderMap,
    /// The body broke off.
    pub(crate) broken: bool,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {:?}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn trailer(&self, name: &str) -> Option<&str> {
        self.trailers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// The body breaks off here.
#[derive(Debug)]
pub(crate) struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("broken")
    }
}

impl std::error::Error for Broken {}

/// A body that is known.
pub(crate) fn body(content: &str) -> BoxBody<Bytes, Broken> {
    http_body_util::Full::from(content.to_owned()).map_err(|never| match never {}).boxed()
}

/// A body whose parts are sent while it is under way; it breaks off with an error, and ends when the sender is dropped.
pub(crate) fn open_body() -> (mpsc::Sender<Result<&'static str, Broken>>, BoxBody<Bytes, Broken>) {
    struct Open(mpsc::Receiver<Result<&'static str, Broken>>);

    impl http_body::Body for Open {
        type Data = Bytes;
        type Error = Broken;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            task: &mut Task<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
            self.0.poll_recv(task).map(|part| {
                part.map(|part| part.map(|text| Frame::data(Bytes::from_static(text.as_bytes()))))
            })
        }
    }

    let (sender, receiver) = mpsc::channel(1);
    (sender, Open(receiver).boxed())
}
