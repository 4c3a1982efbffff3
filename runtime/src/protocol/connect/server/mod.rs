//! Connect on a server: unary calls as plain HTTP, and what its streams add to calls with envelopes
//! ([the protocol](https://connectrpc.com/docs/protocol)).

mod respond;

use std::mem::take;
use std::sync::Arc;
use std::task::{Context as Task, Poll, ready};
use std::time::Duration;

use http::header::{ACCEPT_ENCODING, ALLOW, CONTENT_ENCODING, CONTENT_TYPE, HeaderName};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};

use self::respond::{add_metadata, failed, refuse};
use super::get::GetRequest;
use super::{PROTOCOL_VERSION, VERSION, end_stream, timeout};
use crate::Context;
use crate::bridge::{Code, Status};
use crate::call::aside::{Aside, LARGE, Written};
use crate::call::collect::Collect;
use crate::call::dispatch::{self, Inbound};
use crate::call::{Body, Call, CallError, Exchange, Outgoing, Responded};
use crate::etag::{self, EntityTag};
use crate::json::MessageInfo;
use crate::message::AnyMessage;
use crate::method::{Idempotency, MethodInfo};
use crate::protocol::caching::{Caching, Form, add_vary, tag_of};
use crate::protocol::compression::Compression;
use crate::protocol::envelope::{self, COMPRESSED, Envelope, codec};
use crate::protocol::limits::ReceiveLimits;
use crate::protocol::server::{Dialect, End, ServerCall};
use crate::protocol::service::{Answering, answered};
use crate::protocol::settings::ServerSettings;
use crate::protocol::wire::Codec;
use crate::sight::{Http, Refusal as Seen, System};
use crate::stream::Incoming;

/// The size from which messages are compressed for peers that accept it.
const COMPRESS_FROM: usize = 1024;
/// How long the body of a unary request may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Streams of Connect.
pub(crate) static STREAMS: Streams = Streams;

pub(crate) struct Streams;

impl Dialect for Streams {
    fn encoding(&self) -> HeaderName {
        super::ENCODING
    }

    fn accept_encoding(&self) -> HeaderName {
        super::ACCEPT_ENCODING
    }

    fn compressions(&self) -> &'static [Compression] {
        Compression::SUPPORTED
    }

    fn compress_from(&self) -> Option<usize> {
        Some(COMPRESS_FROM)
    }

    fn malformed(&self) -> Code {
        Code::InvalidArgument
    }

    fn timeout(&self, headers: &HeaderMap) -> Result<Option<Duration>, Status> {
        check_version(headers)?;
        timeout::of_caller(headers)
    }

    fn system(&self) -> System {
        System::Connect
    }

    fn content_type(&self, codec: Codec) -> HeaderValue {
        HeaderValue::from_static(super::stream_media_type(codec))
    }

    fn end(&self, status: &Status) -> End {
        let error = (status.code() != Code::Ok).then_some(status);
        let (mut content, mut end) = (Vec::new(), Vec::new());
        end_stream::append(error, status.metadata().as_ref(), &mut content);
        envelope::append_flagged(&mut end, end_stream::END_STREAM, &content);
        End::Data(end)
    }

    fn refusal(&self, codec: Codec, status: &Status) -> Response<Body> {
        let End::Data(end) = self.end(status) else { unreachable!("streams of Connect end in an envelope") };
        let mut response = Response::new(Body::from(end));
        response.headers_mut().insert(CONTENT_TYPE, self.content_type(codec));
        response
    }
}

fn check_version(headers: &HeaderMap) -> Result<(), Status> {
    match headers.get(PROTOCOL_VERSION) {
        Some(version) if version != VERSION => Err(Status::invalid_argument(format!(
            "version {version:?} of Connect is not known: it must be 1"
        ))),
        _ => Ok(()),
    }
}

/// The form of a unary call's messages, by its media type.
pub(crate) fn codec_of(media_type: &HeaderValue) -> Option<Codec> {
    let text = media_type.to_str().ok()?;
    let (essence, parameters) = text.split_once(';').unwrap_or((text, ""));
    let utf8 = parameters.split(';').map(str::trim).all(|parameter| {
        parameter.is_empty()
            || parameter.split_once('=').is_some_and(|(name, value)| {
                name.eq_ignore_ascii_case("charset") && value.trim_matches('"').eq_ignore_ascii_case("utf-8")
            })
    });
    let is = |essence: &str, codec| essence.eq_ignore_ascii_case(super::unary_media_type(codec));
    match essence.trim() {
        essence if is(essence, Codec::Json) && utf8 => Some(Codec::Json),
        essence if is(essence, Codec::Protobuf) && parameters.is_empty() => Some(Codec::Protobuf),
        _ => None,
    }
}

/// Answers a unary call.
pub(crate) fn serve_unary(call: ServerCall<'_>) -> Answering {
    let ServerCall { service, method, parts, body, peer, settings, .. } = call;
    let info = &service.info().methods[method];
    let request = match Request::of(info, parts, body, &settings) {
        Ok(request) => request,
        Err(refusal) => {
            let code = refusal.code();
            let response = refusal.into_response(&settings);
            let http = Http {
                system: System::Connect,
                version: parts.version,
                route: None,
                authority: parts.uri.authority(),
            };
            let peer = peer.and_then(|peer| peer.addr);
            let refusal = Seen { method: Some(info), http, headers: &parts.headers, peer };
            settings.policy.sight.refused(&refusal, code, response.status());
            return answered(response);
        }
    };
    let Parts { headers, extensions, uri, version, .. } = parts;
    let http = Http { system: System::Connect, version: *version, route: None, authority: uri.authority() };
    let from = settings.compress.or(Some(COMPRESS_FROM));
    let compression = from.and_then(|from| Some((Compression::wanted(headers, ACCEPT_ENCODING)?, from)));
    let timeout = request.timeout;
    let caching = if request.is_get { Caching::of(info, &Method::GET, headers) } else { None };
    let (headers, extensions) = (take(headers), take(extensions));
    let mut exchange = Unary {
        call: Inbound::new(info, headers, extensions, peer, timeout, &settings.policy, http),
        request,
        settings: Arc::clone(&settings),
        caching,
        compression,
        aside: None,
        written: None,
        answer: None,
    };
    Box::pin(async move {
        let ctx = exchange.call.context().clone();
        let handling = service.call(method, Call::new(&mut exchange));
        let outcome = dispatch::run(info, &ctx, &settings.policy, handling).await;
        exchange.finish(outcome)
    })
}

/// A request of a unary call, before its message is read.
struct Request {
    codec: Codec,
    compression: Option<Compression>,
    timeout: Option<Duration>,
    is_get: bool,
    body: Body,
    collect: Collect,
}

/// Why a request is not that of a call.
enum Refusal {
    /// By the words of HTTP, without a body.
    Http(StatusCode),
    /// `GET` of a method that may have side effects.
    NotGet,
    Status(Status),
}

impl From<Status> for Refusal {
    fn from(status: Status) -> Self {
        Self::Status(status)
    }
}

impl Refusal {
    /// The code of a call that could not be understood.
    fn code(&self) -> Code {
        match self {
            Self::Http(_) | Self::NotGet => Code::Unimplemented,
            Self::Status(status) => status.code(),
        }
    }

    #[cold]
    fn into_response(self, settings: &ServerSettings) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        match self {
            Self::Http(status) => {
                *response.status_mut() = status;
                if status == StatusCode::UNSUPPORTED_MEDIA_TYPE {
                    let accepted = HeaderValue::from_static("application/json, application/proto");
                    response.headers_mut().insert("accept-post", accepted);
                }
            }
            Self::NotGet => {
                *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
                response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
            }
            Self::Status(status) => {
                response = failed(&status);
                if status.code() == Code::Unimplemented {
                    response.headers_mut().insert(ACCEPT_ENCODING, settings.accepted.header(|_| true));
                }
            }
        }
        response
    }
}

impl Request {
    fn of(
        info: &MethodInfo,
        parts: &mut Parts,
        body: Body,
        settings: &ServerSettings,
    ) -> Result<Self, Refusal> {
        let limit = settings.messages.received.size;
        if parts.method == Method::GET {
            if info.idempotency != Idempotency::NoSideEffects {
                return Err(Refusal::NotGet);
            }
            let get = GetRequest::read(parts.uri.query().unwrap_or_default())?;
            let Some(codec) = get.codec else {
                return Err(Refusal::Http(StatusCode::UNSUPPORTED_MEDIA_TYPE));
            };
            return Ok(Self {
                codec,
                compression: compression_of(get.compression.as_deref(), settings)?,
                timeout: timeout::of_caller(&parts.headers)?,
                is_get: true,
                body: Body::from(get.message),
                collect: Collect::new(limit, BODY_TIMEOUT, settings.timeouts.within_message),
            });
        }
        let codec = parts.headers.get(CONTENT_TYPE).and_then(codec_of);
        let Some(codec) = codec else { return Err(Refusal::Http(StatusCode::UNSUPPORTED_MEDIA_TYPE)) };
        check_version(&parts.headers)?;
        let encoding = parts.headers.get(CONTENT_ENCODING).map(|name| name.to_str().unwrap_or("?"));
        Ok(Self {
            codec,
            compression: compression_of(encoding, settings)?,
            timeout: timeout::of_caller(&parts.headers)?,
            is_get: false,
            body,
            collect: Collect::new(limit, BODY_TIMEOUT, settings.timeouts.within_message),
        })
    }
}

fn compression_of(name: Option<&str>, settings: &ServerSettings) -> Result<Option<Compression>, Status> {
    let Some(name) = name.filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("identity")) else {
        return Ok(None);
    };
    match settings.accepted.by_name(name) {
        Some(known) => Ok(Some(known)),
        None => Err(Status::unimplemented(format!("messages in the encoding {name:?} are not read here"))),
    }
}

/// A unary call.
struct Unary {
    call: Inbound,
    request: Request,
    settings: Arc<ServerSettings>,
    /// What caches are told, where the method says something and is called by `GET`.
    caching: Option<Box<Caching>>,
    /// How the response is compressed, and from which size on.
    compression: Option<(Compression, usize)>,
    /// The request, if it is large.
    aside: Option<Aside>,
    /// The response, if it is large.
    written: Option<Written<Content>>,
    answer: Option<Content>,
}

/// A response message as it goes out.
struct Content {
    data: Vec<u8>,
    coding: Option<Compression>,
    /// The tag of what was not compressed yet, where caches get one.
    tag: Option<EntityTag>,
}

/// How a response message is written.
#[derive(Clone, Copy)]
struct Writer {
    codec: Codec,
    limit: usize,
    compression: Option<(Compression, usize)>,
    is_tagged: bool,
}

impl Writer {
    fn write(self, message: &dyn AnyMessage) -> Result<Content, CallError> {
        let mut data = Vec::new();
        codec::write(self.codec, message, &mut data)?;
        if data.len() > self.limit {
            return Err(envelope::too_large(self.limit).into());
        }
        let tag = self.is_tagged.then(|| tag_of(&media_type(self.codec), &data));
        Ok(match self.compression {
            Some((coding, from)) if data.len() >= from => {
                Content { data: coding.compress(&data), coding: Some(coding), tag }
            }
            _ => Content { data, coding: None, tag },
        })
    }
}

fn media_type(codec: Codec) -> HeaderValue {
    HeaderValue::from_static(super::unary_media_type(codec))
}

impl Unary {
    /// The response of the call, which is of no use after its deadline, be it an answer or an error.
    fn finish(self, outcome: Result<(), CallError>) -> Response<Body> {
        let deadline = self.call.context().instant();
        let mut response = self.respond_with(outcome);
        response.body_mut().set_deadline(deadline);
        response
    }

    fn respond_with(mut self, outcome: Result<(), CallError>) -> Response<Body> {
        let answer = outcome
            .and_then(|()| self.answer.ok_or_else(|| Status::internal("the handler gave no answer").into()));
        let ctx = self.call.context();
        let Content { data, coding, tag } = match answer {
            Ok(content) => content,
            Err(error) => return refuse(error.status, self.caching.as_deref(), ctx),
        };
        let mut response = Response::new(Body::empty());
        let headers = response.headers_mut();
        add_metadata(ctx, headers);
        headers.insert(CONTENT_TYPE, media_type(self.request.codec));
        if self.request.is_get {
            // What is cached for one client must not go to one that cannot read it.
            add_vary(headers, "accept-encoding");
        }
        if let Some(caching) = &mut self.caching {
            caching.content(tag);
            caching.describe(headers, ctx, &self.settings.policy);
        }
        if let Some(coding) = coding {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
            etag::add_form(headers, coding.name());
        }
        *response.body_mut() = Body::from(data);
        if let Some(caching) = &self.caching
            && let Err(error) = caching.conclude(&mut response)
        {
            return refuse(error.status, Some(caching), ctx);
        }
        response
    }
}

impl Exchange for Unary {
    fn context(&self) -> &Context {
        self.call.context()
    }

    fn poll_request(
        &mut self,
        task: &mut Task<'_>,
        message: &mut dyn AnyMessage,
    ) -> Poll<Result<(), CallError>> {
        if let Some(aside) = &mut self.aside {
            return aside.poll(task, message);
        }
        let Request { codec, compression, body, collect, .. } = &mut self.request;
        let (codec, compression) = (*codec, *compression);
        let limits = self.settings.messages.received;
        let flags = if compression.is_some() { COMPRESSED } else { 0 };
        let mut content = Envelope { flags, data: ready!(collect.poll(body, task))? };
        if content.is_large(compression, LARGE.min(limits.size)) {
            let admission = self.call.admission();
            let aside = self.aside.insert(Aside::new(message, move |message| {
                read(content, compression, codec, limits, message)?;
                Ok(admission.admit(message)?)
            }));
            return aside.poll(task, message);
        }
        read(content, compression, codec, limits, message)?;
        Poll::Ready(self.call.admit(message).map_err(CallError::from))
    }

    fn requests(&mut self, _: &'static MessageInfo) -> Result<Box<dyn Incoming>, CallError> {
        Err(streams_only())
    }

    fn respond(&mut self, message: &mut dyn AnyMessage) -> Result<Responded, CallError> {
        self.call.release(message)?;
        let codec = self.request.codec;
        if let Some(caching) = &mut self.caching {
            // The form is a part of the URL.
            let name = (codec == Codec::Protobuf).then_some(etag::PROTOBUF);
            caching.message(message, Form { name, chosen_by: None });
        }
        let writer = Writer {
            codec,
            limit: self.settings.messages.sent_size,
            compression: self.compression,
            is_tagged: self.caching.as_ref().is_some_and(|caching| caching.wants_content()),
        };
        let length = message.wire_len();
        if length > LARGE {
            let write = move |message: &mut dyn AnyMessage| writer.write(message);
            self.written = Some(Written::alone(self.call.context(), message, length, write)?);
            return Ok(Responded::Aside);
        }
        self.answer = Some(writer.write(message)?);
        Ok(Responded::There)
    }

    fn poll_responded(&mut self, task: &mut Task<'_>) -> Poll<Result<(), CallError>> {
        let written = self.written.as_mut().expect("a response that is waited for");
        self.answer = Some(ready!(written.poll(task))?);
        Poll::Ready(Ok(()))
    }

    fn respond_all(&mut self, _: &'static MessageInfo, _: Box<dyn Outgoing>) {}
}

/// Reads a request, whose body stands here as an envelope.
#[inline]
fn read(
    body: Envelope,
    compression: Option<Compression>,
    codec: Codec,
    limits: ReceiveLimits,
    message: &mut dyn AnyMessage,
) -> Result<(), CallError> {
    let content = body.content(compression, limits.size)?;
    // A message of JSON is at least `{}`, but nothing at all is as good as an empty message.
    if codec == Codec::Protobuf || !content.is_empty() {
        codec::read(codec, content, limits.memory, message)?;
    }
    Ok(())
}

/// Calls with streams never come here: the kind of the method was looked at before.
#[cold]
fn streams_only() -> CallError {
    Status::internal("a call with streams is not unary").into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::compression::AcceptedCompressions;

    #[test]
    fn an_encoding_is_none_or_known() {
        let settings = ServerSettings::default();
        let of = |name| compression_of(name, &settings).map_err(|status| status.code());
        for name in [None, Some(""), Some("identity"), Some("Identity")] {
            assert_eq!(of(name), Ok(None), "{name:?}");
        }
        for (name, known) in
            [("gzip", Compression::Gzip), ("br", Compression::Brotli), ("zstd", Compression::Zstd)]
        {
            assert_eq!(of(Some(name)), Ok(Some(known)));
        }
        assert_eq!(of(Some("snappy")), Err(Code::Unimplemented));
        let none = ServerSettings { accepted: AcceptedCompressions::of([]), ..ServerSettings::default() };
        assert!(compression_of(Some("gzip"), &none).is_err());
    }
}
