//! The floor: the service by hand on hyper, with prost's messages and nothing else. Deadlines, limits, compression,
//! metadata and errors are missing; a call that is not as expected is reset.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use futures_util::stream::{self, BoxStream, Stream, StreamExt as _};
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, TE};
use http::{Method, Request, Response, StatusCode, Uri, Version};
use http_body::Frame;
use hyper::body::Incoming;
use hyper::client::conn::http2::SendRequest;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use prost::Message;
use tokio::net::{TcpListener, TcpStream};

use super::Peer;
use super::tonic::messages::{Count, Order};

/// Bytes of a stream that are sent at once, as tonic has it.
const ENOUGH: usize = 32 * 1024;

/// Bytes before a message: whether it is compressed, and its length.
const HEAD: usize = 5;

const GRPC: HeaderValue = HeaderValue::from_static("application/grpc");
const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const OK: HeaderValue = HeaderValue::from_static("0");

pub(super) struct Hyper {
    connection: SendRequest<Body>,
    unary: Uri,
    server_stream: Uri,
    client_stream: Uri,
    both: Uri,
}

/// What is sent: messages in envelopes, and behind those of a server the status.
struct Body {
    messages: Messages,
    status: bool,
}

enum Messages {
    One(Bytes),
    Stream { messages: BoxStream<'static, io::Result<Order>>, buffer: Vec<u8> },
    Sent,
}

impl Body {
    fn one(message: &impl Message, status: bool) -> Self {
        let mut envelope = Vec::with_capacity(HEAD + message.encoded_len());
        encode(message, &mut envelope);
        Self { messages: Messages::One(envelope.into()), status }
    }

    fn stream(messages: impl Stream<Item = io::Result<Order>> + Send + 'static, status: bool) -> Self {
        Self { messages: Messages::Stream { messages: messages.boxed(), buffer: Vec::new() }, status }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let data = match &mut self.messages {
            Messages::One(envelope) => std::mem::take(envelope),
            Messages::Stream { messages, buffer } => loop {
                match messages.poll_next_unpin(context)? {
                    Poll::Ready(Some(message)) => {
                        if buffer.is_empty() {
                            buffer.reserve(ENOUGH + ENOUGH / 8);
                        }
                        encode(&message, buffer);
                        if buffer.len() >= ENOUGH {
                            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(buffer).into()))));
                        }
                    }
                    Poll::Ready(None) => break std::mem::take(buffer).into(),
                    Poll::Pending if buffer.is_empty() => return Poll::Pending,
                    Poll::Pending => {
                        return Poll::Ready(Some(Ok(Frame::data(std::mem::take(buffer).into()))));
                    }
                }
            },
            Messages::Sent => Bytes::new(),
        };
        self.messages = Messages::Sent;
        if !data.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        Poll::Ready(std::mem::take(&mut self.status).then(|| {
            let mut trailers = HeaderMap::with_capacity(1);
            trailers.insert(GRPC_STATUS, OK);
            Ok(Frame::trailers(trailers))
        }))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.messages, Messages::Sent) && !self.status
    }
}

/// Appends a message, whose length is known behind it.
fn encode(message: &impl Message, into: &mut Vec<u8>) {
    let start = into.len();
    into.extend_from_slice(&[0; HEAD]);
    message.encode_raw(into);
    let length = u32::try_from(into.len() - start - HEAD).expect("messages are small");
    into[start + 1..start + HEAD].copy_from_slice(&length.to_be_bytes());
}

/// What is received.
struct Envelopes {
    body: Incoming,
    received: Bytes,
    status: Option<HeaderValue>,
}

impl Envelopes {
    fn new(body: Incoming) -> Self {
        Self { body, received: Bytes::new(), status: None }
    }

    fn poll_message<M: Message + Default>(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<Option<M>>> {
        loop {
            if let Some((head, rest)) = self.received.split_first_chunk::<HEAD>() {
                let [compressed, length @ ..] = *head;
                let length = u32::from_be_bytes(length) as usize;
                if compressed != 0 {
                    return Poll::Ready(Err(io::Error::other("compressed")));
                }
                if let Some(message) = rest.get(..length) {
                    let message = M::decode(message).map_err(io::Error::other)?;
                    self.received.advance(HEAD + length);
                    return Poll::Ready(Ok(Some(message)));
                }
            }
            match ready!(http_body::Body::poll_frame(Pin::new(&mut self.body), context)) {
                None if self.received.is_empty() => return Poll::Ready(Ok(None)),
                None => return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
                Some(frame) => match frame.map_err(io::Error::other)?.into_data() {
                    Ok(data) if self.received.is_empty() => self.received = data,
                    Ok(data) => self.received = [&*self.received, &*data].concat().into(),
                    Err(trailers) => {
                        let trailers = trailers.into_trailers().unwrap_or_default();
                        self.status = trailers.get(GRPC_STATUS).cloned();
                    }
                },
            }
        }
    }

    async fn message<M: Message + Default>(&mut self) -> io::Result<Option<M>> {
        std::future::poll_fn(|context| self.poll_message(context)).await
    }

    /// The only message.
    async fn only<M: Message + Default>(&mut self) -> io::Result<M> {
        let message = self.message().await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        match self.message::<M>().await? {
            None => Ok(message),
            Some(_) => Err(io::Error::other("more than one message")),
        }
    }

    fn into_stream(self) -> impl Stream<Item = io::Result<Order>> + Send {
        let mut envelopes = self;
        stream::poll_fn(move |context| envelopes.poll_message(context).map(Result::transpose))
    }
}

async fn answer(request: Request<Incoming>) -> io::Result<Response<Body>> {
    let (head, body) = request.into_parts();
    let mut requests = Envelopes::new(body);
    let body = match head.uri.path() {
        "/rpc.Calls/Unary" => {
            let request: Order = requests.only().await?;
            Body::one(&request, true)
        }
        "/rpc.Calls/ServerStream" => {
            let request: Count = requests.only().await?;
            let order = Hyper::order(1);
            Body::stream(stream::iter((0..request.count).map(move |_| Ok(order.clone()))), true)
        }
        "/rpc.Calls/ClientStream" => {
            let mut count = 0;
            while requests.message::<Order>().await?.is_some() {
                count += 1;
            }
            Body::one(&Count { count }, true)
        }
        "/rpc.Calls/Both" => Body::stream(requests.into_stream(), true),
        _ => return Err(io::ErrorKind::NotFound.into()),
    };
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, GRPC);
    Ok(response)
}

impl Hyper {
    async fn send(&self, uri: &Uri, body: Body) -> Envelopes {
        let mut request = Request::new(body);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri.clone();
        *request.version_mut() = Version::HTTP_2;
        request.headers_mut().insert(TE, HeaderValue::from_static("trailers"));
        request.headers_mut().insert(CONTENT_TYPE, GRPC);
        let response = self.connection.clone().send_request(request).await.expect("answers");
        assert_eq!(response.status(), StatusCode::OK);
        Envelopes::new(response.into_body())
    }

    async fn call_for<M: Message + Default>(&self, uri: &Uri, body: Body) -> M {
        let mut responses = self.send(uri, body).await;
        let message = responses.only().await.expect("a message");
        assert_eq!(responses.status, Some(OK));
        message
    }

    async fn count_all(mut responses: Envelopes) -> u32 {
        let mut count = 0;
        while responses.message::<Order>().await.expect("a message").is_some() {
            count += 1;
        }
        assert_eq!(responses.status, Some(OK));
        count
    }
}

impl Peer for Hyper {
    type Order = Order;

    async fn serve(listener: TcpListener) {
        let mut server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        server
            .timer(TokioTimer::new())
            .keep_alive_interval(Duration::from_mins(1))
            .keep_alive_timeout(Duration::from_secs(20));
        loop {
            let (stream, _) = listener.accept().await.expect("accepts");
            stream.set_nodelay(true).expect("a socket");
            let service = hyper::service::service_fn(answer);
            tokio::spawn(server.serve_connection(TokioIo::new(stream), service));
        }
    }

    async fn connect(server: SocketAddr) -> Self {
        let stream = TcpStream::connect(server).await.expect("connects");
        stream.set_nodelay(true).expect("a socket");
        let mut client = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
        client.timer(TokioTimer::new()).keep_alive_interval(Duration::from_mins(2));
        let (connection, driver) = client.handshake(TokioIo::new(stream)).await.expect("connects");
        tokio::spawn(driver);
        let uri = |method| format!("http://{server}/rpc.Calls/{method}").parse().expect("an address");
        Self {
            connection,
            unary: uri("Unary"),
            server_stream: uri("ServerStream"),
            client_stream: uri("ClientStream"),
            both: uri("Both"),
        }
    }

    fn order(items: u32) -> Order {
        super::prost_order(items)
    }

    async fn call(&self, order: Order) {
        drop(self.call_for::<Order>(&self.unary, Body::one(&order, false)).await);
    }

    async fn server_stream(&self, count: u32) {
        let responses = self.send(&self.server_stream, Body::one(&Count { count }, false)).await;
        assert_eq!(Self::count_all(responses).await, count);
    }

    async fn client_stream(&self, order: Order, count: u32) {
        let requests = stream::iter((0..count).map(move |_| Ok(order.clone())));
        let done: Count = self.call_for(&self.client_stream, Body::stream(requests, false)).await;
        assert_eq!(done.count, count);
    }

    async fn both(&self, order: Order, count: u32) {
        let requests = stream::iter((0..count).map(move |_| Ok(order.clone())));
        let responses = self.send(&self.both, Body::stream(requests, false)).await;
        assert_eq!(Self::count_all(responses).await, count);
    }
}
