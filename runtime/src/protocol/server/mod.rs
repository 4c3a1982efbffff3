//! Serving a call of gRPC, gRPC-Web or streaming Connect: they differ in names of headers, and in how a call ends.

mod requests;

use std::mem::take;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Task, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use http_body::Frame;

use self::requests::Requests;
use super::compression::Compression;
use super::envelope::{self, Envelope, EnvelopeError, codec};
use super::limits::MessageLimits;
use super::service::{Answering, AnyService, answered};
use super::settings::ServerSettings;
use super::timed_reader::TimedReader;
use super::wire::Codec;
use crate::Context;
use crate::bridge::{Code, Status};
use crate::call::aside::{Aside, LARGE, Sizes, Written};
use crate::call::body::Trailers;
use crate::call::dispatch::{self, Admission, Inbound, Responses};
use crate::call::{Body, Call, CallError, Exchange, Outgoing, Responded};
use crate::error;
use crate::json::MessageInfo;
use crate::message::AnyMessage;
use crate::method::MethodKind;
use crate::peer::Peer;
use crate::sight::{Http, Refusal, System};
use crate::stream::Incoming;

/// How much of a handler's messages goes out at once, if it is faster than the connection. In bytes.
const BATCH: usize = 32 * 1024;

/// A call of a method that is known.
pub(crate) struct ServerCall<'a> {
    pub(crate) service: Arc<dyn AnyService>,
    /// The index of the method in its service.
    pub(crate) method: usize,
    /// What the protocol needs of it is taken out.
    pub(crate) parts: &'a mut Parts,
    /// Whether its headers may say something of the protocol, besides the media type: `false` spares looking for that.
    pub(crate) special: bool,
    pub(crate) body: Body,
    pub(crate) peer: Option<Arc<Peer>>,
    pub(crate) settings: Arc<ServerSettings>,
}

/// What is different in each protocol with envelopes.
pub(crate) trait Dialect: Send + Sync {
    /// The header that says how messages are compressed.
    fn encoding(&self) -> HeaderName;

    /// The header that says how they may be compressed, a list without weights.
    fn accept_encoding(&self) -> HeaderName;

    /// The compressions that the protocol has.
    fn compressions(&self) -> &'static [Compression];

    /// The size from which messages are compressed for peers that accept it, if a server does not say.
    fn compress_from(&self) -> Option<usize>;

    /// The code of a request that is not a message.
    fn malformed(&self) -> Code;

    /// The time that the headers of a call leave for it.
    fn timeout(&self, headers: &HeaderMap) -> Result<Option<Duration>, Status>;

    /// What the protocol is called.
    fn system(&self) -> System {
        System::Grpc
    }

    /// The media type of responses.
    fn content_type(&self, codec: Codec) -> HeaderValue;

    /// What follows the messages. The metadata of the status are the trailers, of a call that went well too.
    fn end(&self, status: &Status) -> End;

    /// What follows the messages of a call that went well and has no trailers.
    fn end_of_success(&self) -> End {
        self.end(&Status::ok(""))
    }

    /// The response of a call that failed before there was a message.
    fn refusal(&self, codec: Codec, status: &Status) -> Response<Body>;

    /// Whether bodies are base64.
    fn is_text(&self) -> bool {
        false
    }
}

/// What follows the messages of a response.
pub(crate) enum End {
    Trailers(Trailers),
    /// One more envelope, all of it.
    Data(Vec<u8>),
}

/// Answers a call.
///
/// What the call is goes into one box, where it is made: a future of an `async fn` would hold its arguments twice.
pub(crate) fn serve(dialect: &'static dyn Dialect, codec: Codec, call: ServerCall<'_>) -> Answering {
    let ServerCall { service, method, parts, special, body, peer, settings } = call;
    let info = &service.info().methods[method];
    let Parts { headers, extensions, uri, version, .. } = parts;
    let http = Http { system: dialect.system(), version: *version, route: None, authority: uri.authority() };
    let negotiated = if special { negotiate(dialect, headers, &settings) } else { Ok((None, None, None)) };
    let (timeout, request_compression, compression) = match negotiated {
        Ok(negotiated) => negotiated,
        Err(status) => {
            let peer = peer.and_then(|peer| peer.addr);
            let refusal = Refusal { method: Some(info), http, headers, peer };
            settings.policy.sight.refused(&refusal, status.code(), StatusCode::OK);
            return answered(refuse_encoding(dialect, codec, &settings, status));
        }
    };
    let body = if dialect.is_text() { super::text::decode(body) } else { body };
    let (headers, extensions) = (take(headers), take(extensions));
    let mut exchange = Enveloped {
        call: Inbound::new(info, headers, extensions, peer, timeout, &settings.policy, http),
        reader: TimedReader::new(body, settings.messages.received.size, settings.timeouts),
        request_compression,
        form: Form { dialect, codec, compression, limits: settings.messages },
        settings,
        has_request: false,
        aside: None,
        written: None,
        answer: None,
    };
    Box::pin(async move {
        let outcome = {
            let ctx = exchange.call.context().clone();
            let settings = Arc::clone(&exchange.settings);
            let handling = service.call(method, Call::new(&mut exchange));
            dispatch::run(info, &ctx, &settings.policy, handling).await
        };
        let answer = outcome.and_then(|()| exchange.take_answer());
        match answer {
            Ok(EnvelopedAnswer::One(data)) => exchange.respond_with(data),
            Ok(EnvelopedAnswer::Many(messages)) => stream(exchange.call, exchange.form, messages),
            Err(failed) => exchange.refuse(failed.status),
        }
    })
}

type Negotiated = (Option<Duration>, Option<Compression>, Option<(Compression, usize)>);

/// The time of a call, how its requests are compressed, and how its responses shall be.
#[inline]
fn negotiate(
    dialect: &dyn Dialect,
    headers: &HeaderMap,
    settings: &ServerSettings,
) -> Result<Negotiated, Status> {
    let timeout = dialect.timeout(headers)?;
    let received = match headers.get(dialect.encoding()) {
        None => None,
        Some(name) => encoding_of(dialect, name, settings)?,
    };
    let from = settings.compress.or(dialect.compress_from());
    let sent = from.and_then(|from| Some((accepted(dialect, headers)?, from)));
    Ok((timeout, received, sent))
}

fn encoding_of(
    dialect: &dyn Dialect,
    name: &HeaderValue,
    settings: &ServerSettings,
) -> Result<Option<Compression>, Status> {
    if name == "identity" {
        return Ok(None);
    }
    let known = name.to_str().ok().and_then(|name| settings.accepted.by_name(name));
    match known.filter(|known| dialect.compressions().contains(known)) {
        Some(known) => Ok(Some(known)),
        None => Err(Status::unimplemented(format!("messages in the encoding {name:?} are not read here"))),
    }
}

/// The first compression of a list that can be done.
fn accepted(dialect: &dyn Dialect, headers: &HeaderMap) -> Option<Compression> {
    let list = headers.get(dialect.accept_encoding())?.to_str().ok()?;
    let known = list.split(',').filter_map(|name| Compression::by_name(name.trim()));
    known.into_iter().find(|known| dialect.compressions().contains(known))
}

/// The answer to a call whose headers cannot be taken, with the encodings that could be.
#[cold]
fn refuse_encoding(
    dialect: &dyn Dialect,
    codec: Codec,
    settings: &ServerSettings,
    status: Status,
) -> Response<Body> {
    let mut response = dialect.refusal(codec, &error::limit::fit(status));
    let names = settings.accepted.header(|known| dialect.compressions().contains(&known));
    response.headers_mut().insert(dialect.accept_encoding(), names);
    response
}

/// How messages are read and written.
#[derive(Clone, Copy)]
struct Form {
    dialect: &'static dyn Dialect,
    codec: Codec,
    compression: Option<(Compression, usize)>,
    limits: MessageLimits,
}

impl Form {
    /// Appends the envelope of a message; how long that is before it is compressed.
    fn append(&self, message: &dyn AnyMessage, out: &mut Vec<u8>) -> Result<usize, Status> {
        envelope::append(out, self.compression, self.limits.sent_size, |out| {
            codec::write(self.codec, message, out)
        })
    }

    /// The envelope of a message that is alone, and takes about `length` bytes.
    fn whole(&self, message: &dyn AnyMessage, length: usize) -> Result<Vec<u8>, Status> {
        let mut out = Vec::new();
        if self.codec == Codec::Protobuf && self.compression.is_none() {
            envelope::append_known(&mut out, length, self.limits.sent_size, |out| {
                message.encode_wire(out);
            })?;
        } else {
            self.append(message, &mut out)?;
        }
        Ok(out)
    }

    #[allow(clippy::inline_always, reason = "it is on the way of each message of a stream")]
    #[inline(always)]
    fn read(
        &self,
        envelope: Envelope,
        compression: Option<Compression>,
        message: &mut dyn AnyMessage,
    ) -> Result<(), Status> {
        let limits = self.limits.received;
        let content = envelope.content(compression, limits.size);
        let read = content.and_then(|content| codec::read(self.codec, content, limits.memory, message));
        read.map_err(|status| match status.code() {
            Code::InvalidArgument => Status::new(self.dialect.malformed(), status.message()),
            _ => status,
        })
    }

    /// What follows the messages of a call that went well.
    fn end_of_success(&self, ctx: &Context) -> End {
        // Nearly always there are no trailers, and no status has to be made.
        if ctx.has_answer() {
            self.dialect.end(&dispatch::success(ctx))
        } else {
            self.dialect.end_of_success()
        }
    }

    /// Adds the headers of a response, of which it has none, and the end of its call.
    fn complete(&self, response: &mut Response<Body>, ctx: &Context) {
        response.body_mut().set_deadline(ctx.instant());
        let headers = response.headers_mut();
        if ctx.has_answer() {
            *headers = ctx.answer_headers().into_headers();
        }
        headers.insert(CONTENT_TYPE, self.dialect.content_type(self.codec));
        if let Some((compression, _)) = self.compression {
            headers.insert(self.dialect.encoding(), HeaderValue::from_static(compression.name()));
        }
    }
}

/// A call whose messages stand in envelopes.
struct Enveloped {
    call: Inbound,
    reader: TimedReader,
    request_compression: Option<Compression>,
    form: Form,
    settings: Arc<ServerSettings>,
    /// Whether the one request has been read.
    has_request: bool,
    /// The one request, if it is large.
    aside: Option<Aside>,
    /// The one response, if it is large.
    written: Option<Written<Vec<u8>>>,
    answer: Option<EnvelopedAnswer>,
}

/// What the handler answers.
enum EnvelopedAnswer {
    /// The envelope of the one response.
    One(Vec<u8>),
    Many(Box<dyn Outgoing>),
}

impl Enveloped {
    #[inline]
    fn take_answer(&mut self) -> Result<EnvelopedAnswer, CallError> {
        self.answer.take().ok_or_else(|| Status::internal("the handler gave no answer").into())
    }

    /// The response of a call that has one message, in its envelope.
    #[inline]
    fn respond_with(&mut self, mut data: Vec<u8>) -> Response<Body> {
        let form = &self.form;
        let body = match form.end_of_success(self.call.context()) {
            End::Trailers(trailers) => Body::with_trailers(data.into(), trailers),
            End::Data(end) => {
                data.extend_from_slice(&end);
                if form.dialect.is_text() { super::text::encode(&data).into() } else { data.into() }
            }
        };
        let mut response = Response::new(body);
        self.call.recycle_headers(response.headers_mut());
        form.complete(&mut response, self.call.context());
        response
    }

    /// The response of a call that failed.
    #[cold]
    fn refuse(&self, status: Status) -> Response<Body> {
        let mut response = self.form.dialect.refusal(self.form.codec, &self.call.refuse(status));
        response.body_mut().set_deadline(self.call.context().instant());
        response
    }

    /// Reads the one request that is due.
    #[inline]
    fn poll_take_request(
        &mut self,
        task: &mut Task<'_>,
        mut envelope: Envelope,
        message: &mut dyn AnyMessage,
    ) -> Poll<Result<(), CallError>> {
        if self.has_request {
            return Poll::Ready(Err(wrong_number()));
        }
        self.has_request = true;
        let compression = self.request_compression;
        if envelope.is_large(compression, LARGE.min(self.form.limits.received.size)) {
            let aside = aside(self.form, self.call.admission(), envelope, compression, message);
            return self.aside.insert(aside).poll(task, message);
        }
        self.form.read(envelope, compression, message)?;
        Poll::Ready(Ok(self.call.admit(message)?))
    }
}

/// Reads a large message on another thread.
#[cold]
fn aside(
    form: Form,
    admission: Admission,
    envelope: Envelope,
    compression: Option<Compression>,
    message: &dyn AnyMessage,
) -> Aside {
    Aside::new(message, move |message| {
        form.read(envelope, compression, message)?;
        Ok(admission.admit(message)?)
    })
}

/// The response of a call whose server streams.
fn stream(call: Inbound, form: Form, messages: Box<dyn Outgoing>) -> Response<Body> {
    let ctx = call.context().clone();
    let responses = Responses::new(call, messages);
    let body = Streamed { responses, form, sizes: Sizes::default(), written: None, end: None };
    let mut response = Response::new(Body::new(body));
    form.complete(&mut response, &ctx);
    response
}

#[cold]
fn wrong_number() -> CallError {
    Status::unimplemented("the method takes exactly one request message").into()
}

/// An error of the body of requests: a caller that goes away ends the call, one whose text is not base64 made a mistake.
#[cold]
fn broken(ctx: &Context, error: EnvelopeError) -> Status {
    match error {
        EnvelopeError::Body(status) if status.code() == Code::InvalidArgument => status,
        EnvelopeError::Body(_) => {
            ctx.cancellation().cancel();
            Status::cancelled("the caller gave the call up")
        }
        error => error.into(),
    }
}

impl Exchange for Enveloped {
    fn context(&self) -> &Context {
        self.call.context()
    }

    fn poll_request(
        &mut self,
        task: &mut Task<'_>,
        message: &mut dyn AnyMessage,
    ) -> Poll<Result<(), CallError>> {
        loop {
            let taken = if let Some(aside) = &mut self.aside {
                ready!(aside.poll(task, message))
            } else {
                match ready!(self.reader.poll_next(task)) {
                    None if self.has_request => return Poll::Ready(Ok(())),
                    None => return Poll::Ready(Err(wrong_number())),
                    Some(Ok(envelope)) => ready!(self.poll_take_request(task, envelope, message)),
                    Some(Err(error)) => return Poll::Ready(Err(broken(self.call.context(), error).into())),
                }
            };
            self.aside = None;
            if taken.is_err() || self.reader.is_at_end() {
                return Poll::Ready(taken);
            }
        }
    }

    fn requests(&mut self, _: &'static MessageInfo) -> Result<Box<dyn Incoming>, CallError> {
        let timeouts = self.settings.timeouts;
        let empty = TimedReader::new(Body::empty(), 0, timeouts);
        let reader = std::mem::replace(&mut self.reader, empty);
        // Where both sides stream it may be the client that waits.
        let is_bidi = self.call.method().kind == MethodKind::BidiStreaming;
        Ok(Box::new(Requests {
            reader: reader.into_stream(timeouts.between_messages.filter(|_| !is_bidi)),
            ctx: self.call.context().clone(),
            compression: self.request_compression,
            form: self.form,
            admission: self.call.admission(),
            next: None,
            aside: None,
        }))
    }

    fn respond(&mut self, message: &mut dyn AnyMessage) -> Result<Responded, CallError> {
        self.call.release(message)?;
        let (form, length) = (self.form, message.wire_len());
        if length > LARGE {
            let write = move |message: &mut dyn AnyMessage| Ok(form.whole(message, length)?);
            self.written = Some(Written::alone(self.call.context(), message, length, write)?);
            return Ok(Responded::Aside);
        }
        self.answer = Some(EnvelopedAnswer::One(form.whole(message, length)?));
        Ok(Responded::There)
    }

    fn poll_responded(&mut self, task: &mut Task<'_>) -> Poll<Result<(), CallError>> {
        let written = self.written.as_mut().expect("a response that is waited for");
        self.answer = Some(EnvelopedAnswer::One(ready!(written.poll(task))?));
        Poll::Ready(Ok(()))
    }

    fn respond_all(&mut self, _: &'static MessageInfo, messages: Box<dyn Outgoing>) {
        self.answer = Some(EnvelopedAnswer::Many(messages));
    }
}

/// The responses of a call whose server streams, as a body.
struct Streamed {
    responses: Responses,
    form: Form,
    sizes: Sizes,
    /// The response that is being written, if it is large.
    written: Option<Written<Vec<u8>>>,
    /// Trailers that are still to be sent.
    end: Option<Trailers>,
}

impl Streamed {
    /// Appends the next message; one that is large is appended the next time.
    #[inline]
    fn poll_message(
        &mut self,
        task: &mut Task<'_>,
        out: &mut Vec<u8>,
    ) -> Poll<Option<Result<(), CallError>>> {
        let Self { responses, form, sizes, .. } = self;
        let mut large = None;
        let polled = responses.poll_next(task, |message| {
            if let Some(length) = sizes.of_large(message) {
                large = Some((message.take(), length));
                return Ok(());
            }
            sizes.note(form.append(message, out)?);
            Ok(())
        });
        let Some((message, length)) = large else { return polled };
        let form = *form;
        self.written = Some(Written::new(message, move |message| Ok(form.whole(message, length)?)));
        polled
    }

    /// Appends what is there to `out`; `Pending` if there is nothing.
    fn poll_gather(&mut self, task: &mut Task<'_>, out: &mut Vec<u8>) -> Poll<()> {
        let form = self.form;
        while out.len() < BATCH && !self.responses.is_over() {
            let polled = match &mut self.written {
                None => self.poll_message(task, out),
                Some(written) => self.responses.poll_written(task, written).map(|bytes| {
                    self.written = None;
                    Some(bytes.map(|bytes| if out.is_empty() { *out = bytes } else { out.extend(bytes) }))
                }),
            };
            let end = match polled {
                Poll::Ready(Some(Ok(()))) => continue,
                Poll::Ready(Some(Err(failed))) => form.dialect.end(&failed.status),
                Poll::Ready(None) => form.end_of_success(self.responses.context()),
                Poll::Pending if out.is_empty() => return Poll::Pending,
                Poll::Pending => break,
            };
            match end {
                End::Trailers(trailers) => self.end = Some(trailers),
                End::Data(end) => out.extend_from_slice(&end),
            }
        }
        Poll::Ready(())
    }
}

impl http_body::Body for Streamed {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        let mut out = Vec::new();
        ready!(this.poll_gather(task, &mut out));
        if !out.is_empty() {
            let out = if this.form.dialect.is_text() { super::text::encode(&out) } else { out };
            return Poll::Ready(Some(Ok(Frame::data(out.into()))));
        }
        Poll::Ready(take(&mut this.end).map(|trailers| Ok(Frame::trailers(trailers.into_headers()))))
    }

    fn is_end_stream(&self) -> bool {
        self.responses.is_over() && self.end.is_none()
    }
}

#[cfg(test)]
mod tests;
