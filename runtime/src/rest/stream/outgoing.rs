//! The messages of a response, as they come.

use std::pin::Pin;
use std::task::{Context as Task, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{Stream, StreamExt};
use http::HeaderMap;
use http_body::Frame;
use tokio::time::{Instant, Sleep, sleep, timeout};
use tonic::{Code, Status};

use super::format::{Encoder, Format};

/// How much is gathered from a handler that is faster than the client, before it goes out.
const BATCH: usize = 16 * 1024;

/// How long the head of a response waits for the first message if its client may wait for the head before it sends.
const BIDI_PATIENCE: Duration = Duration::from_secs(1);

/// What browsers send when they call again after a stream has ended: how many messages they have.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The response of a call whose server streams: its status is that of the first message, or of its absence.
pub(crate) async fn respond<Req, Res, E>(
    call: Inbound,
    messages: ResponseStream<Res, E>,
    reply: Reply,
    fields: Fields<Req, Res>,
) -> Result<Response<Body>, Failure>
where
    Res: prost::Message + Json + crate::dispatch::Response,
    E: MethodError,
{
    let ctx = call.context().clone();
    let headers: &HeaderMap = ctx.metadata().as_ref();
    let writing = Writing::new(headers, &reply, fields);
    let (media_type, format) = writing.form();
    let keep_alive = reply.settings.options.keep_alive;
    let waits_for_head = ctx.method().is_some_and(|method| method.kind.client_streams());
    let seen = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok()?.parse().ok()).unwrap_or(0);
    let style = Style {
        format,
        patience: if waits_for_head { BIDI_PATIENCE.min(keep_alive) } else { keep_alive },
        keep_alive,
        seen,
        trailers: format != Format::Raw || accept::lists(headers, TE, "trailers"),
    };
    let (messages, http) = noting_http(messages);
    let answer = Answer::new(call, messages);
    let body = match Outgoing::start(style, answer, writing).await {
        Ok(body) => body,
        Err(failure) => return Err(http.of(failure)),
    };
    let media_type = body.writing.media_type().or(media_type);
    let mut response = Response::new(Body::new(body));
    headers::send(&ctx, &HeaderMap::new(), &reply.settings.options, response.headers_mut());
    let headers = response.headers_mut();
    if let Some(media_type) = media_type {
        headers.insert(CONTENT_TYPE, media_type);
    }
    if style.trailers {
        headers.insert(TRAILER, HeaderValue::from_static("grpc-status, grpc-message"));
    }
    if format == Format::Events {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
    Ok(response)
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

/// The messages of a call as a body.
pub(crate) struct Outgoing<S, W> {
    /// `None` once the call is over.
    messages: Option<S>,
    write: W,
    encoder: Encoder,
    /// The message that is being written.
    message: Vec<u8>,
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

impl<T, S, W> Outgoing<S, W>
where
    S: Stream<Item = Result<T, Status>> + Unpin,
    W: FnMut(T, &mut Vec<u8>) -> Result<(), Status> + Unpin,
{
    /// Waits for the first message, or for what takes its place; an error is still that of the whole call.
    ///
    /// `write` writes a message in the style's format, into a buffer that is empty.
    pub(crate) async fn start(style: Style, mut messages: S, write: W) -> Result<Self, Status> {
        let first = timeout(style.patience, messages.next()).await;
        let mut this = Self {
            messages: Some(messages),
            write,
            encoder: Encoder::new(style.format, style.seen),
            message: Vec::new(),
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

    fn item(&mut self, message: T) -> Result<(), Status> {
        self.message.clear();
        (self.write)(message, &mut self.message)?;
        self.encoder.item(&self.message, &mut self.out);
        Ok(())
    }

    /// Ends the call with this status, which is OK if it went well.
    fn finish(&mut self, status: &Status) {
        self.messages = None;
        self.alarm = None;
        if status.code() == Code::Ok {
            self.encoder.end(&mut self.out);
        } else if let Some(text) = super::status(self.encoder.format, status) {
            self.encoder.fail(&text, &mut self.out);
        } else if !self.trailers {
            self.end = End::Break(status.clone());
            return;
        }
        if self.trailers {
            self.end = End::Trailers(super::trailers(status));
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

impl<T, S, W> http_body::Body for Outgoing<S, W>
where
    S: Stream<Item = Result<T, Status>> + Unpin,
    W: FnMut(T, &mut Vec<u8>) -> Result<(), Status> + Unpin,
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
