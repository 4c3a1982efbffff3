//! The messages of a request's body, as they arrive.

use std::mem::take;
use std::sync::Arc;
use std::task::{Context as Task, Poll, ready};

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;

use super::delimited::Records;
use super::format::Format;
use super::media;
use crate::Context;
use crate::bridge::{Code, Status};
use crate::call::aside::{Aside, LARGE};
use crate::call::collect;
use crate::call::idle::{IdleTimeout, IdleTimer};
use crate::call::yield_budget::YieldBudget;
use crate::call::{Body, CallError};
use crate::json::MessageInfo;
use crate::message::AnyMessage;
#[cfg(feature = "multipart")]
use crate::protocol::rest::server::forms::FormMessages;
use crate::protocol::rest::server::options::Options;
use crate::protocol::rest::server::request::{BodyPosition, RequestReader};
use crate::stream::Incoming;
use crate::transcode::split::{Piece, Shape, Splitter};

/// The requests of a call whose client streams, of the type that `table` describes.
pub(crate) fn messages(
    table: &'static MessageInfo,
    reader: RequestReader,
    body: Body,
    ctx: &Context,
    options: &Options,
) -> Result<Box<dyn Incoming>, CallError> {
    let headers: &HeaderMap = ctx.metadata().as_ref();
    if !reader.takes_body() {
        return Ok(Box::new(UrlMessage { reader: Some(reader) }));
    }
    let framing = Framing::of(table, &reader, headers, options.received.size)?;
    let pause = Pause {
        idle_timeout: options.idle_timeout,
        free_between: ctx.method().is_some_and(|method| method.kind.server_streams()),
    };
    // The first part of raw content says what all of it is.
    let media_type = headers.get(CONTENT_TYPE).filter(|_| reader.is_raw(table)).cloned();
    let first = media_type.map(|media_type| (CONTENT_TYPE, media_type)).into_iter().collect();
    let pieces = Pieces::new(body, framing, ctx.clone(), pause);
    let reader = Arc::new(reader);
    Ok(Box::new(BodyMessages { pieces, piece: None, aside: None, reader, headers: first }))
}

/// The one message of a call without a body: its URL.
struct UrlMessage {
    /// `None` once it was read.
    reader: Option<RequestReader>,
}

impl Incoming for UrlMessage {
    fn poll_ready(&mut self, _: &mut Task<'_>) -> Poll<Option<Result<(), Status>>> {
        Poll::Ready(self.reader.is_some().then_some(Ok(())))
    }

    fn poll_read(&mut self, _: &mut Task<'_>, message: &mut dyn AnyMessage) -> Poll<Result<(), Status>> {
        let reader = self.reader.take().expect("there is a message to read");
        let read = reader.read(BodyPosition::WHOLE, &HeaderMap::new(), Bytes::new(), message);
        Poll::Ready(read.map_err(CallError::into_status))
    }
}

/// The messages of a body.
struct BodyMessages {
    pieces: Pieces,
    /// The piece that is there and not read.
    piece: Option<Piece>,
    /// The message that is being read, if it is large.
    aside: Option<Aside>,
    reader: Arc<RequestReader>,
    /// Those of the next message.
    headers: HeaderMap,
}

impl BodyMessages {
    fn end(&mut self, read: Result<(), CallError>) -> Result<(), Status> {
        read.map_err(|error| {
            // What follows a message that is none is not looked at.
            self.pieces.close();
            error.into_status()
        })
    }
}

impl Incoming for BodyMessages {
    fn poll_ready(&mut self, task: &mut Task<'_>) -> Poll<Option<Result<(), Status>>> {
        if self.aside.is_some() {
            return Poll::Ready(Some(Ok(())));
        }
        Poll::Ready(match ready!(self.pieces.poll_next(task)) {
            Some(Ok(piece)) => {
                self.piece = Some(piece);
                Some(Ok(()))
            }
            Some(Err(status)) => Some(Err(status)),
            None => None,
        })
    }

    fn poll_read(&mut self, task: &mut Task<'_>, message: &mut dyn AnyMessage) -> Poll<Result<(), Status>> {
        if let Some(aside) = &mut self.aside {
            let read = ready!(aside.poll(task, message));
            self.aside = None;
            return Poll::Ready(self.end(read));
        }
        let Piece { content, offset, index } = self.piece.take().expect("there is a message to read");
        let position = BodyPosition::part(index, offset);
        let is_form = self.pieces.framing.is_form();
        if content.len() > LARGE && !self.pieces.framing.is_raw() {
            let (reader, headers) = (Arc::clone(&self.reader), take(&mut self.headers));
            self.aside = Some(Aside::new(message, move |message| {
                reader.read_part(is_form, position, &headers, content, message)
            }));
            return self.poll_read(task, message);
        }
        let read = self.reader.read_part(is_form, position, &self.headers, content, message);
        self.headers.clear();
        Poll::Ready(self.end(read))
    }
}

/// How the messages stand in the body.
enum Framing {
    Json(Splitter),
    Protobuf(Records),
    /// Every part of the body is a message, whatever its borders; there is at least one.
    Raw {
        limit: usize,
        part: Bytes,
        offset: usize,
        index: usize,
    },
    /// The parts of a form.
    #[cfg(feature = "multipart")]
    Form(Box<FormMessages>),
}

impl Framing {
    /// That of a body with these headers.
    #[cfg_attr(
        not(feature = "multipart"),
        allow(clippy::unnecessary_wraps, reason = "only the header of a form can be wrong")
    )]
    fn of(
        table: &'static MessageInfo,
        reader: &RequestReader,
        headers: &HeaderMap,
        limit: usize,
    ) -> Result<Self, CallError> {
        #[cfg(feature = "multipart")]
        if let Some(form) = reader.form_messages(table)? {
            return Ok(Self::Form(form.into()));
        }
        Ok(match media::sent(headers) {
            _ if reader.is_raw(table) => Self::raw(limit),
            Some(Format::Protobuf) => Self::protobuf(limit),
            Some(Format::Lines) => Self::json(Shape::Sequence, limit),
            _ => Self::json(Shape::Any, limit),
        })
    }

    fn json(shape: Shape, limit: usize) -> Self {
        Self::Json(Splitter::new(shape, limit))
    }

    fn protobuf(limit: usize) -> Self {
        Self::Protobuf(Records::new(limit))
    }

    fn raw(limit: usize) -> Self {
        Self::Raw { limit: limit.max(1), part: Bytes::new(), offset: 0, index: 0 }
    }

    fn push(&mut self, frame: Bytes) {
        match self {
            Self::Json(splitter) => splitter.push(frame),
            Self::Protobuf(records) => records.push(&frame),
            Self::Raw { part, .. } => *part = frame,
            #[cfg(feature = "multipart")]
            Self::Form(form) => form.push(frame),
        }
    }

    fn next(&mut self) -> Result<Option<Piece>, CallError> {
        match self {
            Self::Json(splitter) => Ok(splitter.next()?),
            Self::Protobuf(records) => Ok(records.next()?),
            #[cfg(feature = "multipart")]
            Self::Form(form) => form.next(),
            Self::Raw { part, .. } if part.is_empty() => Ok(None),
            Self::Raw { limit, part, offset, index } => {
                let content = part.split_to(part.len().min(*limit));
                let piece = Piece { offset: *offset, index: *index, content };
                *offset += piece.content.len();
                *index += 1;
                Ok(Some(piece))
            }
        }
    }

    /// What the end of the body makes of the rest.
    fn finish(&mut self) -> Result<Option<Piece>, CallError> {
        match self {
            Self::Json(splitter) => Ok(splitter.finish()?),
            Self::Protobuf(records) => Ok(records.finish().map(|()| None)?),
            #[cfg(feature = "multipart")]
            Self::Form(form) => {
                form.finish();
                form.next()
            }
            Self::Raw { index: 0, .. } => Ok(Some(Piece { content: Bytes::new(), offset: 0, index: 0 })),
            Self::Raw { .. } => Ok(None),
        }
    }

    fn is_open(&self) -> bool {
        match self {
            Self::Json(splitter) => splitter.is_open(),
            Self::Protobuf(records) => records.is_open(),
            Self::Raw { .. } => false,
            #[cfg(feature = "multipart")]
            Self::Form(form) => !form.is_over(),
        }
    }

    /// Whether there are no more messages, whatever follows.
    fn is_over(&self) -> bool {
        match self {
            #[cfg(feature = "multipart")]
            Self::Form(form) => form.is_over(),
            _ => false,
        }
    }

    /// Whether messages are those of a form: protobuf, whatever the body is called.
    /// Whether parts are kept as they are.
    fn is_raw(&self) -> bool {
        matches!(self, Self::Raw { .. })
    }

    fn is_form(&self) -> bool {
        #[cfg(feature = "multipart")]
        return matches!(self, Self::Form(_));
        #[cfg(not(feature = "multipart"))]
        false
    }
}

/// How long a client may pause.
#[derive(Debug, Clone, Copy)]
struct Pause {
    idle_timeout: IdleTimeout,
    /// Whether it may be silent for as long as it wants where a message has ended: it may wait for an answer.
    free_between: bool,
}

/// The pieces of a body that are a message each, as they arrive.
struct Pieces {
    /// `None` once there are no more.
    body: Option<Body>,
    framing: Framing,
    ctx: Context,
    /// Whether the client may be silent between messages for as long as it wants.
    free_between: bool,
    timer: IdleTimer,
    budget: YieldBudget,
}

/// What a message costs besides its bytes, in as many bytes.
const MESSAGE: usize = 256;

impl Pieces {
    fn new(body: Body, framing: Framing, ctx: Context, pause: Pause) -> Self {
        let Pause { idle_timeout, free_between } = pause;
        let timer = IdleTimer::new(idle_timeout);
        Self { body: Some(body), framing, ctx, free_between, timer, budget: YieldBudget::default() }
    }

    /// The next piece. An error is the last item.
    fn poll_next(&mut self, task: &mut Task<'_>) -> Poll<Option<Result<Piece, Status>>> {
        if self.body.is_none() {
            return Poll::Ready(None);
        }
        let piece = ready!(self.poll_piece(task)).transpose();
        if matches!(piece, Some(Err(_))) {
            self.close();
        }
        Poll::Ready(piece)
    }

    /// Gives the body up.
    fn close(&mut self) {
        self.body = None;
    }

    /// The next part of the body, `None` at its end.
    fn poll_data(&mut self, task: &mut Task<'_>) -> Poll<Result<Option<Bytes>, Status>> {
        let Some(body) = &mut self.body else { return Poll::Ready(Ok(None)) };
        let polled = if self.free_between && !self.framing.is_open() {
            body.poll_data(task)
        } else {
            self.timer.poll_data(body, task)
        };
        polled.map(|data| data.transpose().map_err(|error| self.broken(error)))
    }

    fn poll_piece(&mut self, task: &mut Task<'_>) -> Poll<Result<Option<Piece>, Status>> {
        let mut has_arrived = false;
        loop {
            ready!(self.budget.poll_proceed(task));
            if let Some(piece) = self.framing.next().map_err(CallError::into_status)? {
                self.budget.spend(MESSAGE + piece.content.len());
                // The pieces of a file are not messages that its sender has made: its rate counts.
                if !self.framing.is_form() {
                    self.timer.reset();
                }
                return Poll::Ready(Ok(Some(piece)));
            }
            // What is behind a form is not read.
            if self.framing.is_over() {
                self.close();
                return Poll::Ready(Ok(None));
            }
            // Between messages any byte is a sign of life.
            if has_arrived && !self.framing.is_open() {
                self.timer.reset();
            }
            let Some(data) = ready!(self.poll_data(task))? else {
                self.body = None;
                return Poll::Ready(self.framing.finish().map_err(CallError::into_status));
            };
            self.budget.spend(data.len());
            self.framing.push(data);
            has_arrived = true;
        }
    }

    /// The body broke off. Unless that is for a fault that was found in it, for its slowness or for the memory that it
    /// takes, the client is gone and the call over.
    fn broken(&self, status: Status) -> Status {
        if matches!(status.code(), Code::InvalidArgument | Code::DeadlineExceeded | Code::ResourceExhausted) {
            return status;
        }
        if let Some(status) = collect::misframed(&status) {
            return status;
        }
        self.ctx.cancellation().cancel();
        Status::cancelled("the caller gave the call up")
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use futures_util::stream::StreamExt as _;
    use http_body::Frame;
    use http_body_util::StreamBody;
    use proptest::prelude::*;

    use super::*;

    fn pause() -> Pause {
        Pause { idle_timeout: IdleTimeout::default(), free_between: true }
    }

    type Outcome = (Vec<(Vec<u8>, usize, usize)>, Option<String>);

    /// The messages of a body that arrives in these frames, with nothing to read between them.
    fn read(framing: Framing, frames: &[&[u8]]) -> Outcome {
        let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
        let receiver = futures_util::stream::unfold(receiver, |mut receiver| async {
            let bytes: Bytes = receiver.recv().await?;
            Some((Ok::<_, Status>(Frame::data(bytes)), receiver))
        });
        let body = Body::new(StreamBody::new(receiver.boxed()));
        let mut pieces = Pieces::new(body, framing, Context::new(), pause());
        let mut sender = Some(sender);
        let mut frames = frames.iter();
        let (mut messages, mut error) = (Vec::new(), None);
        loop {
            match std::future::poll_fn(|task| pieces.poll_next(task)).now_or_never() {
                None => match frames.next() {
                    Some(frame) => sender.as_ref().unwrap().send(Bytes::copy_from_slice(frame)).unwrap(),
                    None => drop(sender.take().expect("an end")),
                },
                Some(Some(Ok(Piece { content, offset, index }))) => {
                    messages.push((content.to_vec(), offset, index));
                }
                Some(Some(Err(status))) => error = Some(status.message().to_owned()),
                Some(None) => return (messages, error),
            }
        }
    }

    proptest! {
        #[test]
        fn pauses_make_no_difference(
            tokens in prop::collection::vec(prop::sample::select(vec![
                "{", "}", "[", "]", ",", "\"", "\\", " ", "\n", "1", "{\"a\":[1,\"]\"]}", "\x0a\x02", "\x7a", "\0",
            ]), 0..20),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
            limit in 4..40_usize,
            form in 0..3,
        ) {
            let body = tokens.concat().into_bytes();
            let framing = || match form {
                0 => Framing::json(Shape::Any, limit),
                1 => Framing::json(Shape::Sequence, limit),
                _ => Framing::protobuf(limit),
            };
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(body.len() + 1)).collect();
            cuts.extend([0, body.len()]);
            cuts.sort_unstable();
            let frames: Vec<&[u8]> = cuts.windows(2).map(|cut| &body[cut[0]..cut[1]]).collect();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            let _context = runtime.enter();
            prop_assert_eq!(read(framing(), &frames), read(framing(), &[&body]));
        }
    }
}
