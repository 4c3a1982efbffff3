//! The messages of a request's body, as they arrive.

use std::pin::Pin;
use std::task::{Context as Task, Poll, ready};
use std::time::Duration;

use crate::bridge::{Code, Status};
use bytes::Bytes;
use futures_util::stream::Stream;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use http_body::Body as _;
use tokio::time::{Sleep, sleep};
use tonic::body::Body;

use crate::call::dispatch;
use crate::protocol::rest::server::call::{Reply, Upload};
use crate::protocol::rest::server::error::Failure;
use crate::protocol::rest::server::request::{Place, Source};
use crate::protocol::rest::server::stream::delimited::Records;
use crate::protocol::rest::server::stream::format::Format;
use crate::protocol::rest::server::stream::media;
use crate::transcode::binding::{BodyKind, Fields};
use crate::transcode::httpbody;
use crate::transcode::split::{Piece, Shape, SplitError, Splitter};
use crate::{Context, RequestStream};

/// The requests of a call whose client streams.
pub(crate) fn messages<Req, Res>(
    upload: Upload,
    ctx: &Context,
    fields: Fields<Req, Res>,
) -> Result<RequestStream<Req>, Failure>
where
    Req: prost::Message + Default + dispatch::Request,
    Res: 'static,
{
    let headers: &HeaderMap = ctx.metadata().as_ref();
    let source = Source::new(Req::info(), &upload, headers)?;
    if source.binding.body == BodyKind::None {
        // Without a body, the URL is the one message.
        return Ok(RequestStream::from_iter([source.message(headers, Bytes::new(), fields)?]));
    }
    let Upload { body, reply: Reply { binding, settings, .. }, .. } = upload;
    let limit = settings.options.max_body_size;
    let raw = match binding.body {
        BodyKind::Field(index) => httpbody::is_field(Req::info().field(index.into())),
        _ => httpbody::is(Req::info()),
    };
    let framing = match media::sent(headers) {
        _ if raw => Framing::raw(limit),
        Some(Format::Protobuf) => Framing::protobuf(limit),
        Some(Format::Lines) => Framing::json(Shape::Sequence, limit),
        _ => Framing::json(Shape::Any, limit),
    };
    let pause = Pause {
        limit: settings.options.body_timeout,
        free_between: ctx.method().is_some_and(|method| method.kind.server_streams()),
    };
    // The first part of raw content says what all of it is.
    let media_type = headers.get(CONTENT_TYPE).filter(|_| raw).cloned();
    let mut first: HeaderMap = media_type.map(|media_type| (CONTENT_TYPE, media_type)).into_iter().collect();
    let read = move |Piece { content, offset, index }| {
        let message = source.message_at(Place::part(index, offset), &first, content, fields);
        first.clear();
        message.map_err(Failure::into_status)
    };
    Ok(RequestStream::new(Arriving::new(body, framing, ctx.clone(), pause, read)))
}

/// How the messages stand in the body.
#[derive(Debug)]
pub(crate) enum Framing {
    Json(Splitter),
    Protobuf(Records),
    /// Every part of the body is a message, whatever its borders; there is at least one.
    Raw {
        limit: usize,
        part: Bytes,
        offset: usize,
        index: usize,
    },
}

impl Framing {
    pub(crate) fn json(shape: Shape, limit: usize) -> Self {
        Self::Json(Splitter::new(shape, limit))
    }

    pub(crate) fn protobuf(limit: usize) -> Self {
        Self::Protobuf(Records::new(limit))
    }

    pub(crate) fn raw(limit: usize) -> Self {
        Self::Raw { limit: limit.max(1), part: Bytes::new(), offset: 0, index: 0 }
    }

    fn push(&mut self, frame: Bytes) {
        match self {
            Self::Json(splitter) => splitter.push(frame),
            Self::Protobuf(records) => records.push(&frame),
            Self::Raw { part, .. } => *part = frame,
        }
    }

    fn next(&mut self) -> Result<Option<Piece>, SplitError> {
        match self {
            Self::Json(splitter) => splitter.next(),
            Self::Protobuf(records) => records.next(),
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

    fn finish(&mut self) -> Result<Option<Piece>, SplitError> {
        match self {
            Self::Json(splitter) => splitter.finish(),
            Self::Protobuf(records) => records.finish().map(|()| None),
            Self::Raw { index: 0, .. } => Ok(Some(Piece { content: Bytes::new(), offset: 0, index: 0 })),
            Self::Raw { .. } => Ok(None),
        }
    }

    fn is_open(&self) -> bool {
        match self {
            Self::Json(splitter) => splitter.is_open(),
            Self::Protobuf(records) => records.is_open(),
            Self::Raw { .. } => false,
        }
    }
}

/// How long a client may pause.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pause {
    pub(crate) limit: Duration,
    /// Whether it may be silent for as long as it wants where a message has ended: it may wait for an answer.
    pub(crate) free_between: bool,
}

/// The requests of a body, read as they arrive.
pub(crate) struct Arriving<F> {
    /// `None` once there are no more.
    body: Option<Body>,
    framing: Framing,
    read: F,
    ctx: Context,
    pause: Pause,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl<F> Arriving<F> {
    /// `read` makes messages of their texts.
    pub(crate) fn new(body: Body, framing: Framing, ctx: Context, pause: Pause, read: F) -> Self {
        Self { body: Some(body), framing, read, ctx, pause, alarm: None }
    }

    /// The next part of the body, `None` at its end.
    fn poll_data(&mut self, task: &mut Task<'_>) -> Poll<Result<Option<Bytes>, Status>> {
        loop {
            let Some(body) = &mut self.body else { return Poll::Ready(Ok(None)) };
            return match Pin::new(body).poll_frame(task) {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => {
                        self.alarm = None;
                        Poll::Ready(Ok(Some(data)))
                    }
                    // Trailers of a request say nothing that anyone asked for.
                    Err(_) => continue,
                },
                Poll::Ready(Some(Err(error))) => Poll::Ready(Err(self.broken(error))),
                Poll::Ready(None) => Poll::Ready(Ok(None)),
                Poll::Pending => {
                    ready!(self.poll_alarm(task));
                    let limit = self.pause.limit;
                    let text = format!("the body of the request paused for more than {limit:?}");
                    let status = Status::deadline_exceeded(text);
                    Poll::Ready(Err(Failure::with_http(StatusCode::REQUEST_TIMEOUT, status).into_status()))
                }
            };
        }
    }

    fn poll_piece(&mut self, task: &mut Task<'_>) -> Poll<Result<Option<Piece>, Status>> {
        loop {
            if let Some(piece) = self.framing.next().map_err(refused)? {
                return Poll::Ready(Ok(Some(piece)));
            }
            let Some(data) = ready!(self.poll_data(task))? else {
                self.body = None;
                return Poll::Ready(self.framing.finish().map_err(refused));
            };
            self.framing.push(data);
        }
    }

    /// The body broke off. Unless what it is read through found a fault in it, the client is gone and the call over.
    fn broken(&self, status: Status) -> Status {
        if status.code() == Code::InvalidArgument {
            return status;
        }
        self.ctx.cancellation().cancel();
        Status::cancelled("the caller gave the call up")
    }

    fn poll_alarm(&mut self, task: &mut Task<'_>) -> Poll<()> {
        if self.pause.free_between && !self.framing.is_open() {
            return Poll::Pending;
        }
        let limit = self.pause.limit;
        self.alarm.get_or_insert_with(|| Box::pin(sleep(limit))).as_mut().poll(task)
    }
}

impl<T, F> Stream for Arriving<F>
where
    F: FnMut(Piece) -> Result<T, Status> + Unpin,
{
    type Item = Result<T, Status>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if this.body.is_none() {
            return Poll::Ready(None);
        }
        let piece = ready!(this.poll_piece(task));
        let message = match piece {
            Ok(None) => return Poll::Ready(None),
            Ok(Some(piece)) => (this.read)(piece),
            Err(status) => Err(status),
        };
        if message.is_err() {
            this.body = None;
        }
        Poll::Ready(Some(message))
    }
}

#[allow(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
fn refused(error: SplitError) -> Status {
    match error {
        SplitError::Syntax { .. } => Status::invalid_argument(format!("the body: {error}")),
        SplitError::TooLarge { .. } => {
            let status = Status::resource_exhausted(error.to_string());
            Failure::with_http(StatusCode::PAYLOAD_TOO_LARGE, status).into_status()
        }
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

    const PAUSE: Pause = Pause { limit: Duration::from_mins(1), free_between: true };

    type Outcome = (Vec<(Vec<u8>, usize, usize)>, Option<String>);

    /// The messages of a body that arrives in these frames, with nothing to read between them.
    fn read(framing: Framing, frames: &[&[u8]]) -> Outcome {
        let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
        let receiver = futures_util::stream::unfold(receiver, |mut receiver| async {
            let bytes: Bytes = receiver.recv().await?;
            Some((Ok::<_, Status>(Frame::data(bytes)), receiver))
        });
        let body = Body::new(StreamBody::new(receiver.boxed()));
        let whole = |Piece { content, offset, index }| Ok((content.to_vec(), offset, index));
        let mut arriving = Arriving::new(body, framing, Context::new(), PAUSE, whole);
        let mut sender = Some(sender);
        let mut frames = frames.iter();
        let (mut messages, mut error) = (Vec::new(), None);
        loop {
            match arriving.next().now_or_never() {
                None => match frames.next() {
                    Some(frame) => sender.as_ref().unwrap().send(Bytes::copy_from_slice(frame)).unwrap(),
                    None => drop(sender.take().expect("an end")),
                },
                Some(Some(Ok(message))) => messages.push(message),
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
