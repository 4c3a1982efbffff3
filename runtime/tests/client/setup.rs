//! A server without any protocol, and calls to it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rsvc::client::{Builder, HttpVersion, Protocol};
use rsvc::codegen::bytes::Bytes;
use rsvc::codegen::client;
use rsvc::codegen::http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, request};
use rsvc::pb::google::rpc::LocalizedMessage;
use rsvc::{
    Channel, Code, Context, Idempotency, MethodInfo, MethodKind, RequestStream, ResponseStream, Status,
};
use tokio::net::TcpListener;

/// Longer than anything in these tests takes.
pub(crate) const LONG: Duration = Duration::from_secs(20);

/// The message of all methods.
pub(crate) type Text = LocalizedMessage;

pub(crate) fn text(message: &str) -> Text {
    Text { locale: "en".into(), message: message.into() }
}

/// `text("hi")` in its envelope.
pub(crate) fn hi() -> Vec<u8> {
    envelope(0, b"\x0a\x02en\x12\x02hi")
}

pub(crate) fn envelope(flags: u8, data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [&[flags], &length[..], data].concat()
}

const fn method(name: &'static str, path: &'static str, kind: MethodKind) -> MethodInfo {
    MethodInfo::new("a.B", name, path, kind)
}

pub(crate) static UNARY: MethodInfo = method("Unary", "/a.B/Unary", MethodKind::Unary);
pub(crate) static LOOKUP: MethodInfo =
    method("Lookup", "/a.B/Lookup", MethodKind::Unary).idempotency(Idempotency::NoSideEffects);
pub(crate) static UPLOAD: MethodInfo = method("Upload", "/a.B/Upload", MethodKind::ClientStreaming);
pub(crate) static DOWNLOAD: MethodInfo = method("Download", "/a.B/Download", MethodKind::ServerStreaming);
pub(crate) static CHAT: MethodInfo = method("Chat", "/a.B/Chat", MethodKind::BidiStreaming);

/// What a server answers.
#[derive(Clone, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, Vec<u8>)>,
    pub(crate) body: Vec<Part>,
}

#[derive(Clone)]
pub(crate) enum Part {
    Data(Vec<u8>),
    Trailers(Vec<(&'static str, Vec<u8>)>),
    /// The body breaks off.
    Break,
    /// Nothing more comes.
    Silence,
}

/// An answer with HTTP status 200 and a content type.
pub(crate) fn answer(content_type: &str) -> Answer {
    Answer { status: 200, headers: Vec::new(), body: Vec::new() }.header("content-type", content_type)
}

impl Answer {
    pub(crate) fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name, value.as_ref().to_vec()));
        self
    }

    pub(crate) fn data(mut self, data: impl AsRef<[u8]>) -> Self {
        self.body.push(Part::Data(data.as_ref().to_vec()));
        self
    }

    pub(crate) fn trailers<const N: usize>(mut self, trailers: [(&'static str, &str); N]) -> Self {
        let trailers = trailers.map(|(name, value)| (name, value.as_bytes().to_vec()));
        self.body.push(Part::Trailers(trailers.to_vec()));
        self
    }

    pub(crate) fn part(mut self, part: Part) -> Self {
        self.body.push(part);
        self
    }

    fn response(self) -> Response<ServerBody> {
        let parts = stream::iter(self.body).then(|part| async {
            match part {
                Part::Data(data) => Ok(Frame::data(Bytes::from(data))),
                Part::Trailers(trailers) => Ok(Frame::trailers(headers(trailers))),
                Part::Break => {
                    // What was sent before has to be on its way.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    Err("broken".into())
                }
                Part::Silence => std::future::pending().await,
            }
        });
        let mut response = Response::new(StreamBody::new(parts.boxed()));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap();
        *response.headers_mut() = headers(self.headers);
        response
    }
}

fn headers(pairs: Vec<(&'static str, Vec<u8>)>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(HeaderName::from_static(name), HeaderValue::from_bytes(&value).unwrap());
    }
    headers
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;
pub(crate) type ServerBody = StreamBody<stream::BoxStream<'static, Result<Frame<Bytes>, BoxError>>>;

/// What answers requests.
pub(crate) type Handler = Arc<dyn Fn(request::Parts, Incoming) -> BoxFuture<'static, Answer> + Send + Sync>;

/// Serves connections of one version of HTTP for as long as the test runs.
pub(crate) async fn serve(version: HttpVersion, handler: Handler) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((io, _)) = listener.accept().await {
            let handler = Arc::clone(&handler);
            let service = service_fn(move |request: Request<Incoming>| {
                let (parts, body) = request.into_parts();
                let answer = handler(parts, body);
                async { Ok::<_, Infallible>(answer.await.response()) }
            });
            let io = TokioIo::new(io);
            tokio::spawn(async move {
                if version == HttpVersion::Http1 {
                    let _ = hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
                } else {
                    let builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                    let _ = builder.serve_connection(io, service).await;
                }
            });
        }
    });
    address
}

/// A channel to a server that has the same answer for all requests, whose bodies it reads.
pub(crate) async fn channel(protocol: Protocol, version: HttpVersion, answer: Answer) -> Channel {
    build(protocol, version, answer, |builder| builder).await
}

pub(crate) async fn build(
    protocol: Protocol,
    version: HttpVersion,
    answer: Answer,
    settings: impl FnOnce(Builder) -> Builder,
) -> Channel {
    let handler: Handler = Arc::new(move |_, body| {
        let answer = answer.clone();
        Box::pin(async {
            let _ = body.collect().await;
            answer
        })
    });
    let address = serve(version, handler).await;
    let builder = Channel::builder(format!("http://{address}")).protocol(protocol).http_version(version);
    settings(builder.max_response_size(1000)).connect().await.unwrap()
}

pub(crate) async fn unary(channel: &Channel, ctx: &Context) -> Result<Text, Status> {
    client::unary(channel, &UNARY, ctx.clone(), text("ho")).await
}

pub(crate) async fn upload(channel: &Channel, ctx: &Context) -> Result<Text, Status> {
    let requests = RequestStream::from_iter([text("a"), text("b")]);
    client::client_streaming(channel, &UPLOAD, ctx.clone(), requests).await
}

/// All responses, and how the call ended.
pub(crate) async fn download(channel: &Channel, ctx: &Context) -> (Vec<Text>, Result<(), Status>) {
    match client::server_streaming(channel, &DOWNLOAD, ctx.clone(), text("ho")).await {
        Ok(responses) => read(responses).await,
        Err(status) => (Vec::new(), Err(status)),
    }
}

pub(crate) async fn read(mut responses: ResponseStream<Text>) -> (Vec<Text>, Result<(), Status>) {
    let mut texts = Vec::new();
    loop {
        match responses.message().await {
            Ok(Some(text)) => texts.push(text),
            Ok(None) => return (texts, Ok(())),
            Err(status) => return (texts, Err(status)),
        }
    }
}

/// The code of a call with one response.
pub(crate) fn code(outcome: &Result<Text, Status>) -> Code {
    match outcome {
        Ok(response) => {
            assert_eq!(response, &text("hi"));
            Code::Ok
        }
        Err(status) => status.code(),
    }
}

/// The values of a key in metadata.
pub(crate) fn values(metadata: &rsvc::metadata::MetadataMap, key: &str) -> Vec<String> {
    metadata.get_all(key).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
}
