//! The messages of a response, as they come.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::task::{Context as Task, Poll};
use std::time::Duration;

use crate::bridge::{Code, Status};
use bytes::Bytes;
use futures_util::stream::{Stream, StreamExt};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, TE, TRAILER};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use http_body::Frame;
use tokio::time::{Instant, Sleep, sleep, timeout};
use tonic::body::Body;

use crate::call::body::Payload;
use crate::call::dispatch;
use crate::call::dispatch::{Answer, Inbound};
use crate::error::{MethodError, http_status};
use crate::json::Json;
use crate::protocol::accept;
use crate::protocol::rest::headers;
use crate::protocol::rest::server::Options;
use crate::protocol::rest::server::call::Reply;
use crate::protocol::rest::server::error;
use crate::protocol::rest::server::error::Failure;
use crate::protocol::rest::server::stream::format::{Encoder, Format};
use crate::protocol::rest::server::stream::writing::Writing;
use crate::transcode::binding::Fields;
use crate::{Context, ResponseStream};

/// How much is gathered from a handler that is faster than the client, before it goes out.
const BATCH: usize = 16 * 1024;

/// How long the head of a response waits for the first message. No longer: its client may wait for the head before it
/// sends, or before it makes happen what the stream would tell of.
const PATIENCE: Duration = Duration::from_secs(1);

/// What browsers send when they call again after a stream has ended: how many messages they have.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The response of a call whose server streams: its status is that of the first message, or of its absence.
pub(crate) async fn respond<Req, Res, E>(
    call: Inbound,
    messages: ResponseStream<Res, E>,
    reply: Reply,
    fields: Fields<Req, Res>,
) -> Result<Response<Payload>, Failure>
where
    Req: 'static,
    Res: prost::Message + dispatch::Response,
    E: MethodError,
{
    let ctx = call.context().clone();
    let request: &HeaderMap = ctx.metadata().as_ref();
    let writing = Writing::new(request, reply, fields);
    let settings = Arc::clone(&writing.reply.settings);
    let style = Style::of(&ctx, &writing);
    let noted = Noted { messages, http: Arc::default() };
    let http = Arc::clone(&noted.http);
    let body = match Outgoing::start(style, Answer::new(call, noted), writing).await {
        Ok(body) => body,
        Err(status) => return Err(failure(status, &http)),
    };
    let media_type = body.writing.media_type.clone();
    let mut response = Response::new(Body::new(body).into());
    headers::send(&ctx, &HeaderMap::new(), &settings.options, response.headers_mut());
    let headers = response.headers_mut();
    if let Some(media_type) = media_type {
        headers.insert(CONTENT_TYPE, media_type);
    }
    if style.trailers {
        headers.insert(TRAILER, HeaderValue::from_static("grpc-status, grpc-message"));
    }
    if style.format == Format::Events {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
    Ok(response)
}

/// The messages of a handler, and the HTTP status that belongs to its error.
struct Noted<S> {
    messages: S,
    http: Arc<AtomicU16>,
}

impl<T, E, S> Stream for Noted<S>
where
    S: Stream<Item = Result<T, E>> + Unpin,
    E: MethodError,
{
    type Item = Result<T, E>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Option<Self::Item>> {
        let polled = self.messages.poll_next_unpin(task);
        if let Poll::Ready(Some(Err(error))) = &polled {
            self.http.store(error.http_status(), Ordering::Relaxed);
        }
        polled
    }
}

/// An error that came up before there was a message.
fn failure(status: Status, http: &AtomicU16) -> Failure {
    match StatusCode::from_u16(http.load(Ordering::Relaxed)) {
        Ok(http) if http.as_u16() != http_status(status.code()) => Failure::with_http(http, status),
        _ => status.into(),
    }
}

/// How a stream goes out.
#[derive(Debug, Clone, Copy)]
struct Style {
    format: Format,
    /// How long the head of the response waits for the first message, so that an error until then is a plain one.
    patience: Duration,
    /// How long nothing may be said.
    keep_alive: Duration,
    /// How many messages the client has from an earlier call.
    seen: u64,
    /// Whether the status follows as a trailer.
    trailers: bool,
}

impl Style {
    fn of<Req, Res>(ctx: &Context, writing: &Writing<Req, Res>) -> Self {
        let Writing { format, reply, .. } = writing;
        let request: &HeaderMap = ctx.metadata().as_ref();
        let keep_alive = reply.settings.options.keep_alive;
        let seen = request.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok()?.parse().ok());
        Self {
            format: *format,
            patience: PATIENCE.min(keep_alive),
            keep_alive,
            seen: seen.unwrap_or(0),
            // Where the body itself cannot tell an error, only a client that looks at trailers gets to know.
            trailers: *format != Format::Raw || accept::lists(request, TE, "trailers"),
        }
    }
}

/// The messages of a call as a body.
struct Outgoing<S, Req, Res> {
    /// `None` once the call is over.
    messages: Option<S>,
    writing: Writing<Req, Res>,
    encoder: Encoder,
    /// What is written and not sent.
    out: Vec<u8>,
    end: End,
    trailers: bool,
    keep_alive: Duration,
    alarm: Option<Pin<Box<Sleep>>>,
}

/// What comes after the data.
enum End {
    /// Nothing is known yet, or nothing comes.
    Nothing,
    Trailers(HeaderMap),
    /// The connection breaks off: the only way to say that the body is not complete.
    Break(Status),
}

impl<S, Req, Res> Outgoing<S, Req, Res>
where
    S: Stream<Item = Result<Res, Status>> + Unpin,
    Res: prost::Message + Json + 'static,
{
    /// Waits for the first message, or for what takes its place; an error is still that of the whole call.
    async fn start(style: Style, mut messages: S, writing: Writing<Req, Res>) -> Result<Self, Status> {
        let first = timeout(style.patience, messages.next()).await;
        let mut this = Self {
            messages: Some(messages),
            writing,
            encoder: Encoder::new(style.format, style.seen),
            out: Vec::new(),
            end: End::Nothing,
            trailers: style.trailers,
            keep_alive: style.keep_alive,
            alarm: None,
        };
        match first {
            Ok(Some(Ok(message))) => this.item(message)?,
            Ok(Some(Err(status))) if status.code() != Code::Ok => return Err(status),
            Ok(Some(Err(trailers))) => this.finish(&trailers),
            Ok(None) => this.finish(&Status::ok("")),
            Err(_) => this.out.extend_from_slice(style.format.keep_alive().unwrap_or_default()),
        }
        Ok(this)
    }

    fn item(&mut self, message: Res) -> Result<(), Status> {
        let message = self.writing.write(message)?;
        self.encoder.item(&message, &mut self.out);
        Ok(())
    }

    /// Ends the call with this status, which is OK if it went well.
    fn finish(&mut self, status: &Status) {
        self.messages = None;
        self.alarm = None;
        let format = self.encoder.format;
        if status.code() == Code::Ok {
            self.encoder.end(&mut self.out);
        } else if format.is_json() {
            self.encoder.fail(&error::status_json(status), &mut self.out);
        } else if format == Format::Protobuf {
            self.encoder.fail(&error::status_protobuf(status), &mut self.out);
        } else if !self.trailers {
            self.end = End::Break(status.clone());
            return;
        }
        if self.trailers {
            self.end = End::Trailers(trailers(status, &self.writing.reply.settings.options));
        }
    }

    /// Gathers what is there; `Pending` if there is nothing, and the call goes on.
    fn poll_gather(&mut self, task: &mut Task<'_>) -> Poll<()> {
        while self.out.len() < BATCH {
            let Some(messages) = &mut self.messages else { break };
            match messages.poll_next_unpin(task) {
                Poll::Ready(Some(Ok(message))) => {
                    if let Err(status) = self.item(message) {
                        self.finish(&status);
                    }
                }
                Poll::Ready(Some(Err(status))) => self.finish(&status),
                Poll::Ready(None) => self.finish(&Status::ok("")),
                Poll::Pending if self.out.is_empty() => return self.poll_alarm(task),
                Poll::Pending => break,
            }
        }
        Poll::Ready(())
    }

    /// Says nothing, aloud, when it was silent for too long.
    fn poll_alarm(&mut self, task: &mut Task<'_>) -> Poll<()> {
        let Some(nothing) = self.encoder.format.keep_alive() else { return Poll::Pending };
        let after = self.keep_alive;
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep(after)));
        if alarm.as_mut().poll(task).is_pending() {
            return Poll::Pending;
        }
        self.out.extend_from_slice(nothing);
        Poll::Ready(())
    }
}

impl<S, Req, Res> http_body::Body for Outgoing<S, Req, Res>
where
    S: Stream<Item = Result<Res, Status>> + Unpin,
    Res: prost::Message + Json + 'static,
{
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        if this.poll_gather(task).is_pending() {
            return Poll::Pending;
        }
        if !this.out.is_empty() {
            if let Some(alarm) = &mut this.alarm {
                alarm.as_mut().reset(Instant::now() + this.keep_alive);
            }
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut this.out).into()))));
        }
        Poll::Ready(match std::mem::replace(&mut this.end, End::Nothing) {
            End::Nothing => None,
            End::Trailers(trailers) => Some(Ok(Frame::trailers(trailers))),
            End::Break(status) => Some(Err(status)),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.messages.is_none() && self.out.is_empty() && matches!(self.end, End::Nothing)
    }
}

/// The end of a call for a client that looks at trailers: its code, its text, and what the handler had to say.
fn trailers(status: &Status, options: &Options) -> HeaderMap {
    let mut trailers = HeaderMap::new();
    let bare = Status::new(status.code(), status.message());
    // A text that cannot stand in a trailer is missing there; the code never is.
    if bare.add_header(&mut trailers).is_err() {
        trailers.insert("grpc-status", i32::from(status.code()).into());
    }
    headers::send_trailers(status.metadata().as_ref(), options, &mut trailers);
    trailers
}
