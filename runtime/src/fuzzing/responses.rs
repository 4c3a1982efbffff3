//! Responses over gRPC, gRPC-Web and Connect, as clients read them.

use std::future::ready;
use std::pin::pin;
use std::sync::Mutex;

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use prost_types::Struct;

use super::input::{Input, body, frames};
use crate::bridge::{Code, Status};
use crate::call::Body;
use crate::client::{Channel, Codec, Protocol};
use crate::method::{MethodInfo, MethodKind};
use crate::protocol::client::{ClientSettings, Sent, Transport};
use crate::{Context, ResponseStream, client};

const LIMIT: usize = 4096;
const UNARY: MethodInfo = MethodInfo::new("f.S", "Unary", "/f.S/Unary", MethodKind::Unary);
const STREAM: MethodInfo = MethodInfo::new("f.S", "Stream", "/f.S/Stream", MethodKind::ServerStreaming);

/// A server that answers once.
struct Fixed(Mutex<Option<Response<Body>>>);

impl Transport for Fixed {
    fn send(&self, _: Request<Body>) -> Sent {
        let response = self.0.lock().expect("nobody panics").take();
        Box::pin(ready(response.ok_or_else(|| "there is one response".into())))
    }
}

/// Two bytes steer: the protocol, the form and the kind of method, and the size of the frames. Lines of headers follow up
/// to an empty one, `:status:` among them, and then the body.
pub(super) fn responses(data: &[u8]) {
    let mut input = Input(data);
    let (how, size) = (input.byte(), input.byte());
    let whole = read(how, 0, input.0);
    assert_eq!(read(how, size, input.0), whole, "frames make a difference");
}

/// How many messages there are, and how it ends.
type Outcome = (usize, Code, String);

fn read(how: u8, size: u8, data: &[u8]) -> Outcome {
    let protocol = [Protocol::Grpc, Protocol::GrpcWeb, Protocol::Connect][usize::from(how) % 3];
    let codec = if how & 0x80 == 0 { Codec::Protobuf } else { Codec::Json };
    let streams = how & 0x40 != 0;
    let transport = Box::new(Fixed(Mutex::new(Some(response(protocol, codec, streams, size, data)))));
    let mut settings = ClientSettings { codec, ..ClientSettings::default() };
    settings.messages.received.size = LIMIT;
    let channel = Channel::over(transport, protocol, settings);
    let ctx = Context::new();
    let call = async {
        if streams {
            let stream =
                client::call::server_streaming(&channel, &STREAM, ctx.clone(), Struct::default()).await;
            count(stream).await
        } else {
            let found: Result<Struct, Status> =
                client::call::unary(&channel, &UNARY, ctx.clone(), Struct::default()).await;
            match found {
                Ok(_) => (1, Code::Ok, String::new()),
                Err(status) => (0, status.code(), status.message().to_owned()),
            }
        }
    };
    let outcome = pin!(call).now_or_never().expect("all of the response has arrived");
    assert!(streams || outcome.0 == usize::from(outcome.1 == Code::Ok), "an error that is none");
    outcome
}

async fn count(stream: Result<ResponseStream<Struct, Status>, Status>) -> Outcome {
    let failed = |count, status: Status| (count, status.code(), status.message().to_owned());
    let mut stream = match stream {
        Ok(stream) => stream,
        Err(status) => return failed(0, status),
    };
    let mut count = 0;
    loop {
        match stream.message().await {
            Ok(Some(_)) => count += 1,
            Ok(None) => return (count, Code::Ok, String::new()),
            Err(status) => return failed(count, status),
        }
    }
}

/// A response as it should be, but for what the input says.
fn response(protocol: Protocol, codec: Codec, streams: bool, size: u8, data: &[u8]) -> Response<Body> {
    let media_type = match (protocol, codec, streams) {
        (Protocol::Grpc, Codec::Protobuf, _) => "application/grpc+proto",
        (Protocol::Grpc, ..) => "application/grpc+json",
        (Protocol::GrpcWeb, Codec::Protobuf, _) => "application/grpc-web+proto",
        (Protocol::GrpcWeb, ..) => "application/grpc-web+json",
        (_, Codec::Protobuf, true) => "application/connect+proto",
        (_, Codec::Json, true) => "application/connect+json",
        (_, Codec::Protobuf, false) => "application/proto",
        (_, Codec::Json, false) => "application/json",
    };
    let mut response = Response::new(());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    let mut trailers = http::HeaderMap::new();
    let mut rest = data;
    while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
        let line = &rest[..end];
        rest = &rest[end + 1..];
        if line.is_empty() {
            break;
        }
        // A line that begins with a blank is a trailer.
        let (headers, line) = match line.strip_prefix(b" ") {
            Some(line) => (&mut trailers, line),
            None => (response.headers_mut(), line),
        };
        if let Some(status) = line.strip_prefix(b":status:") {
            *response.status_mut() = StatusCode::from_bytes(status).unwrap_or(StatusCode::OK);
        } else if let Some(colon) = line.iter().position(|&byte| byte == b':')
            && let Ok(name) = HeaderName::from_bytes(&line[..colon])
            && let Ok(value) = HeaderValue::from_bytes(&line[colon + 1..])
        {
            headers.insert(name, value);
        }
    }
    let body = if trailers.is_empty() || size > 0 && rest.len() > usize::from(size) {
        with_trailers(frames(rest, size), trailers)
    } else {
        Body::with_trailers(Bytes::copy_from_slice(rest), trailers)
    };
    response.map(|()| body)
}

fn with_trailers(frames: Vec<Bytes>, trailers: http::HeaderMap) -> Body {
    if trailers.is_empty() {
        return body(frames);
    }
    let frames = frames.into_iter().map(http_body::Frame::data).chain([http_body::Frame::trailers(trailers)]);
    let frames = frames.map(Ok::<_, std::convert::Infallible>);
    Body::new(http_body_util::StreamBody::new(futures_util::stream::iter(frames)))
}
