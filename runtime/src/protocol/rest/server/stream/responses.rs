//! The messages of a response, as they come.

use std::pin::Pin;
use std::task::{Context as Task, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, TE, TRAILER, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue, Response};
use http_body::Frame;
use tokio::time::{Instant, Sleep, sleep, timeout};

use super::format::{Encoder, Format};
use super::writer::ResponseWriter;
use crate::Context;
use crate::bridge::{Code, Status};
use crate::call::aside::{Sizes, Written};
use crate::call::dispatch::{Inbound, Responses, success};
use crate::call::{Body, CallError, Outgoing};
use crate::json::MessageInfo;
use crate::message::AnyMessage;
use crate::protocol::accept;
use crate::protocol::rest::server::method::RestMethod;
use crate::protocol::rest::server::options::Options;
use crate::protocol::rest::server::respond::NOSNIFF;
use crate::protocol::rest::server::{error, headers};

/// How much is gathered from a handler that is faster than the client, before it goes out.
const BATCH: usize = 16 * 1024;

/// How long the head of a response waits for the first message. No longer: its client may wait for the head before it
/// sends, or before it makes happen what the stream would tell of.
const FIRST_MESSAGE: Duration = Duration::from_secs(1);

/// What browsers send when they call again after a stream has ended: how many messages they have.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The response of a call whose server streams messages of the type that `table` describes: its status is that of the
/// first message, or of its absence.
pub(crate) async fn respond(
    call: Inbound,
    messages: Box<dyn Outgoing>,
    table: &'static MessageInfo,
    method: RestMethod,
) -> Result<Response<Body>, CallError> {
    let ctx = call.context().clone();
    let settings = method.settings.clone();
    let writer = ResponseWriter::new(ctx.metadata().as_ref(), table, method);
    let style = Style::of(&ctx, &writer);
    let body = ResponseBody::start(style, Responses::new(call, messages), writer).await?;
    let media_type = body.writer.media_type.clone();
    let mut response = Response::new(Body::new(body));
    headers::send(&ctx, &HeaderMap::new(), &settings.options, response.headers_mut());
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
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

/// How a stream goes out.
#[derive(Debug, Clone, Copy)]
struct Style {
    format: Format,
    /// How long the head of the response waits for the first message, so that an error until then is a plain one.
    first_message: Duration,
    /// How long nothing may be said.
    keep_alive: Duration,
    /// How many messages the client has from an earlier call.
    seen: u64,
    /// Whether the status follows as a trailer.
    trailers: bool,
}

impl Style {
    fn of(ctx: &Context, writer: &ResponseWriter) -> Self {
        let ResponseWriter { format, method, .. } = writer;
        let request: &HeaderMap = ctx.metadata().as_ref();
        let keep_alive = method.settings.options.keep_alive;
        let seen = request.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok()?.parse().ok());
        Self {
            format: *format,
            first_message: FIRST_MESSAGE.min(keep_alive),
            keep_alive,
            seen: seen.unwrap_or(0),
            // Where the body itself cannot tell an error, only a client that looks at trailers gets to know.
            trailers: *format != Format::Raw || accept::lists(request, TE, "trailers"),
        }
    }
}

/// The messages of a call as a body.
struct ResponseBody {
    /// `None` once the call is over.
    responses: Option<Responses>,
    writer: ResponseWriter,
    encoder: Encoder,
    /// The message that is being written.
    message: Vec<u8>,
    sizes: Sizes,
    /// The same, if it is large.
    written: Option<Written<Vec<u8>>>,
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

impl ResponseBody {
    /// Waits for the first message, or for what takes its place; an error is still that of the whole call.
    async fn start(style: Style, responses: Responses, writer: ResponseWriter) -> Result<Self, CallError> {
        let mut this = Self {
            responses: Some(responses),
            writer,
            encoder: Encoder::new(style.format, style.seen),
            message: Vec::new(),
            sizes: Sizes::default(),
            written: None,
            out: Vec::new(),
            end: End::Nothing,
            trailers: style.trailers,
            keep_alive: style.keep_alive,
            alarm: None,
        };
        match timeout(style.first_message, std::future::poll_fn(|task| this.poll_message(task))).await {
            Ok(Some(Ok(()))) => {}
            Ok(Some(Err(error))) if error.status.code() == Code::Ok => this.finish(&error.status),
            Ok(Some(Err(error))) => return Err(error),
            Ok(None) => this.finish_well(),
            Err(_) => this.out.extend_from_slice(style.format.keep_alive().unwrap_or_default()),
        }
        Ok(this)
    }

    /// Adds the next message, if the call goes on.
    fn poll_message(&mut self, task: &mut Task<'_>) -> Poll<Option<Result<(), CallError>>> {
        let Self { responses, writer, encoder, message: text, sizes, written, out, .. } = self;
        let Some(responses) = responses else { return Poll::Ready(None) };
        if let Some(at_work) = written {
            let done = ready!(responses.poll_written(task, at_work));
            *written = None;
            return Poll::Ready(Some(done.map(|text| encoder.item(&text, out))));
        }
        let mut large = None;
        let polled = responses.poll_next(task, |message: &mut dyn AnyMessage| {
            if writer.is_large(sizes, message) {
                large = Some(message.take());
                return Ok(());
            }
            text.clear();
            writer.write(message, text)?;
            sizes.note(text.len());
            encoder.item(text, out);
            Ok(())
        });
        let Some(message) = large else { return polled };
        let mut writer = writer.clone();
        *written = Some(Written::new(message, move |message| {
            let mut text = Vec::new();
            writer.write(message, &mut text)?;
            Ok(text)
        }));
        self.poll_message(task)
    }

    /// Ends a call that went well.
    fn finish_well(&mut self) {
        if let Some(responses) = &self.responses {
            let status = success(responses.context());
            self.finish(&status);
        }
    }

    /// Ends the call with this status, which is OK if it went well.
    fn finish(&mut self, status: &Status) {
        self.alarm = None;
        let format = self.encoder.format;
        let responses = self.responses.take();
        if status.code() == Code::Ok {
            self.encoder.end(&mut self.out);
        } else if format.is_json() {
            let options = &self.writer.method.settings.options;
            let responses = responses.expect("a call ends once");
            self.encoder.fail(&error::json_in_stream(status, responses.context(), options), &mut self.out);
        } else if format == Format::Protobuf {
            self.encoder.fail(&error::status_protobuf(status), &mut self.out);
        } else if !self.trailers {
            self.end = End::Break(status.clone());
            return;
        }
        if self.trailers {
            self.end = End::Trailers(trailers(status, &self.writer.method.settings.options));
        }
    }

    /// Gathers what is there; `Pending` if there is nothing, and the call goes on.
    fn poll_gather(&mut self, task: &mut Task<'_>) -> Poll<()> {
        while self.out.len() < BATCH && self.responses.is_some() {
            match self.poll_message(task) {
                Poll::Ready(Some(Ok(()))) => {}
                Poll::Ready(Some(Err(error))) => self.finish(&error.status),
                Poll::Ready(None) => self.finish_well(),
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

impl http_body::Body for ResponseBody {
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
        self.responses.is_none() && self.out.is_empty() && matches!(self.end, End::Nothing)
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
