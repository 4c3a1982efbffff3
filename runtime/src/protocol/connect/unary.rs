//! Connect's unary calls: one message is the body of the request, another that of the response, without envelopes.

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};

use super::{PROTOCOL_VERSION, TRAILER_PREFIX, VERSION, error, get, timeout, unary_media_type};
use crate::bridge::{Code, MetadataMap, Status};
use crate::call::Body;
use crate::error::not_modified;
use crate::metadata;
use crate::method::Idempotency;
use crate::protocol::client::{
    ClientCall, Head, Limits, MAX_ERROR_SIZE, code_of_http, collect, http_error, unexpected, unreadable,
    write_form,
};
use crate::protocol::envelope::decompress;
use crate::protocol::wire::Codec;

/// Calls a method with one request and one response. `request` is the message as it is sent; what comes back is the
/// message as it was sent, without its compression.
pub(crate) async fn call(call: ClientCall<'_>, request: Vec<u8>) -> Result<Bytes, Status> {
    let mut limits = Limits::new(&call.ctx, call.deadline, None);
    let response = async {
        let request = http_request(&call, request);
        let is_get = request.method() == Method::GET;
        let (parts, body) = call.send(request).await?.into_parts();
        let mut head = Head { status: parts.status, headers: parts.headers };
        if is_get {
            call.drop_validity(&mut head.headers);
        }
        let metadata = ResponseMetadata::of(&head.headers);
        let read = read(&call, &head, body).await;
        metadata.keep(&call, read)
    };
    limits.hold(response).await
}

fn http_request(call: &ClientCall<'_>, content: Vec<u8>) -> Request<Body> {
    let settings = call.settings();
    let mut headers = call.headers();
    if let Some(time) = call.remaining() {
        headers.insert(timeout::HEADER, timeout::format(time));
    }
    if settings.use_get
        && call.info.idempotency == Idempotency::NoSideEffects
        && let Some(path) = get::write(call.info.path, settings.codec, settings.compression, &content)
    {
        call.drop_conditions(&mut headers);
        if let Some(accept) = &settings.accept {
            headers.insert(ACCEPT_ENCODING, accept.clone());
        }
        return call.request(Method::GET, path, headers, Body::empty());
    }
    headers.insert(PROTOCOL_VERSION, HeaderValue::from_static(VERSION));
    let media_type = unary_media_type(settings.codec);
    write_form(settings, media_type, CONTENT_ENCODING, ACCEPT_ENCODING, &mut headers);
    call.request(Method::POST, PathAndQuery::from_static(call.info.path), headers, content.into())
}

async fn read(call: &ClientCall<'_>, head: &Head, body: Body) -> Result<Bytes, Status> {
    let settings = call.settings();
    let limit = settings.messages.received.size;
    if head.status == StatusCode::NOT_MODIFIED {
        return Err(not_modified());
    }
    if head.status != StatusCode::OK {
        return Err(read_error(head, body).await);
    }
    check_media_type(head.media_type(), settings.codec)?;
    read_content(head, body, limit).await
}

fn check_media_type(media_type: &str, codec: Codec) -> Result<(), Status> {
    let is = |codec| media_type.eq_ignore_ascii_case(unary_media_type(codec));
    if is(codec) {
        return Ok(());
    }
    let is_related = is(Codec::Protobuf) || is(Codec::Json);
    Err(unexpected(if is_related { Code::Internal } else { Code::Unknown }, media_type))
}

/// The error that a response is. A body that cannot be read as one leaves what the HTTP status says.
#[cold]
async fn read_error(head: &Head, body: Body) -> Status {
    let is_json = head.media_type().eq_ignore_ascii_case(unary_media_type(Codec::Json));
    let content = if is_json { read_content(head, body, MAX_ERROR_SIZE).await.ok() } else { None };
    let error = content.and_then(|content| error::read(&content, code_of_http(head.status)));
    error.unwrap_or_else(|| http_error(head.status))
}

/// All of a body, decompressed.
async fn read_content(head: &Head, body: Body, limit: usize) -> Result<Bytes, Status> {
    let compression = head.compression(&CONTENT_ENCODING)?;
    let content = collect(body, limit).await?;
    match compression {
        None => Ok(content),
        Some(compression) => decompress(compression, content, limit).map_err(unreadable),
    }
}

/// What a response has for the application besides its message.
struct ResponseMetadata {
    headers: HeaderMap,
    trailers: HeaderMap,
}

impl ResponseMetadata {
    fn of(head: &HeaderMap) -> Self {
        let (mut headers, mut trailers) = (HeaderMap::new(), HeaderMap::new());
        for (key, value) in head {
            let (to, key) = match key.as_str().strip_prefix(TRAILER_PREFIX) {
                None => (&mut headers, Ok(key.clone())),
                Some(key) => (&mut trailers, HeaderName::from_bytes(key.as_bytes())),
            };
            if let Ok(key) = key
                && metadata::is_application(key.as_str())
            {
                to.append(key, value.clone());
            }
        }
        Self { headers, trailers }
    }

    /// Hands it to the context, and with an error to whoever gets that.
    fn keep<T>(self, call: &ClientCall<'_>, outcome: Result<T, Status>) -> Result<T, Status> {
        let outcome = outcome.map_err(|mut status| {
            for part in [&self.headers, &self.trailers] {
                metadata::extend(status.metadata_mut(), part);
            }
            status
        });
        if !self.headers.is_empty() {
            call.ctx.store_headers(MetadataMap::from_headers(self.headers));
        }
        if !self.trailers.is_empty() {
            call.ctx.store_trailers(MetadataMap::from_headers(self.trailers));
        }
        outcome
    }
}
