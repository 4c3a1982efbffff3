//! A call over WebSocket as an exchange of messages.

use std::task::{Context as Task, Poll, ready};

use http::Uri;
use tokio::sync::{mpsc, oneshot};

use super::frames::{Frame, FrameMessages};
use super::wire::ServerFrame;
use crate::Context;
use crate::bridge::Status;
use crate::call::aside::{LARGE, Sizes, Written};
use crate::call::dispatch::{Inbound, Responses};
use crate::call::{CallError, Exchange, Outgoing, Responded};
use crate::json::MessageInfo;
use crate::message::AnyMessage;
use crate::protocol::rest::server::method::RestMethod;
use crate::protocol::rest::server::request::RequestReader;
use crate::protocol::rest::server::stream::writer::ResponseWriter;
use crate::stream::Incoming;
use crate::transcode::segments::Segments;
use crate::transcode::url::Url;

/// A call whose messages are frames.
pub(crate) struct SocketExchange {
    pub(crate) call: Inbound,
    pub(crate) method: RestMethod,
    pub(crate) uri: Uri,
    pub(crate) segments: Segments,
    /// Whether responses are protobuf.
    pub(crate) protobuf: bool,
    pub(crate) frames: Frames,
    /// The one response, if it is large.
    pub(crate) written: Option<Written<ServerFrame>>,
    pub(crate) answer: Option<SocketAnswer>,
}

/// Where the requests come from.
pub(crate) enum Frames {
    /// Nobody has asked for one.
    Waiting {
        received: mpsc::Receiver<Frame>,
        /// Told when the first is asked for: until then, what fails is an HTTP response.
        begun: oneshot::Sender<()>,
    },
    One(FrameMessages),
    /// The handler has them.
    Taken,
}

/// What a handler has answered.
pub(crate) enum SocketAnswer {
    Single(ServerFrame),
    Stream(ResponseWriter, Box<dyn Outgoing>),
}

impl SocketExchange {
    /// The requests, of the type that `table` describes. It reads the URL, whose faults are known without them.
    fn open(&mut self, table: &'static MessageInfo) -> Result<FrameMessages, CallError> {
        let Self { call, method, uri, segments, frames, .. } = self;
        let Frames::Waiting { received, begun } = std::mem::replace(frames, Frames::Taken) else {
            unreachable!("a handler asks for its requests once")
        };
        let url = Url { path: uri.path(), segments, query: uri.query().unwrap_or_default() };
        let reader = RequestReader::new(table, call, method, url)?;
        // If nobody waits for that, the call is over anyway.
        let _ = begun.send(());
        Ok(FrameMessages::new(received, reader))
    }

    fn writer(&self, table: &'static MessageInfo) -> ResponseWriter {
        ResponseWriter::for_frames(self.protobuf, table, self.method.clone())
    }

    /// The answer as it goes out.
    pub(crate) fn into_frames(self) -> ResponseFrames {
        match self.answer.expect("a handler that ends well has answered") {
            SocketAnswer::Single(frame) => ResponseFrames::Single(Some(frame), self.call),
            SocketAnswer::Stream(writer, messages) => {
                let responses = Responses::new(self.call, messages);
                ResponseFrames::Stream(FrameStream {
                    writer,
                    responses,
                    sizes: Sizes::default(),
                    written: None,
                })
            }
        }
    }
}

impl Exchange for SocketExchange {
    fn context(&self) -> &Context {
        self.call.context()
    }

    fn poll_request(
        &mut self,
        task: &mut Task<'_>,
        message: &mut dyn AnyMessage,
    ) -> Poll<Result<(), CallError>> {
        if let Frames::Waiting { .. } = self.frames {
            self.frames = Frames::One(self.open(message.table())?);
        }
        match &mut self.frames {
            Frames::One(messages) => messages.poll_one(task, message),
            _ => unreachable!("a handler has one request or a stream of them"),
        }
    }

    fn requests(&mut self, table: &'static MessageInfo) -> Result<Box<dyn Incoming>, CallError> {
        Ok(Box::new(self.open(table)?))
    }

    fn respond(&mut self, message: &mut dyn AnyMessage) -> Result<Responded, CallError> {
        self.call.release(message)?;
        let (mut writer, length) = (self.writer(message.table()), message.wire_len());
        if length > LARGE {
            let write = move |message: &mut dyn AnyMessage| Ok(frame(&mut writer, message)?.0);
            self.written = Some(Written::alone(self.call.context(), message, length, write)?);
            return Ok(Responded::Aside);
        }
        self.answer = Some(SocketAnswer::Single(frame(&mut writer, message)?.0));
        Ok(Responded::There)
    }

    fn poll_responded(&mut self, task: &mut Task<'_>) -> Poll<Result<(), CallError>> {
        let written = self.written.as_mut().expect("a response that is waited for");
        self.answer = Some(SocketAnswer::Single(ready!(written.poll(task))?));
        Poll::Ready(Ok(()))
    }

    fn respond_all(&mut self, table: &'static MessageInfo, messages: Box<dyn Outgoing>) {
        self.answer = Some(SocketAnswer::Stream(self.writer(table), messages));
    }
}

/// What a handler has answered, as frames. Dropping it ends the call.
pub(crate) enum ResponseFrames {
    Single(Option<ServerFrame>, #[allow(dead_code, reason = "held until the frame is out")] Inbound),
    Stream(FrameStream),
}

impl ResponseFrames {
    /// The next frame; `None` at the end of a call that went well.
    pub(crate) fn poll_next(&mut self, task: &mut Task<'_>) -> Poll<Option<Result<ServerFrame, Status>>> {
        match self {
            Self::Single(message, _) => Poll::Ready(message.take().map(Ok)),
            Self::Stream(stream) => {
                stream.poll_next(task).map(|polled| polled.map(|polled| polled.map_err(|error| error.status)))
            }
        }
    }
}

/// The frames of a stream.
pub(crate) struct FrameStream {
    writer: ResponseWriter,
    responses: Responses,
    sizes: Sizes,
    /// The frame that is being written, if it is large.
    written: Option<Written<ServerFrame>>,
}

impl FrameStream {
    fn poll_next(&mut self, task: &mut Task<'_>) -> Poll<Option<Result<ServerFrame, CallError>>> {
        let Self { writer, responses, sizes, written } = self;
        if let Some(at_work) = written {
            let done = ready!(responses.poll_written(task, at_work));
            *written = None;
            return Poll::Ready(Some(done));
        }
        let (mut small, mut large) = (None, None);
        let polled = responses.poll_next(task, |message: &mut dyn AnyMessage| {
            if writer.is_large(sizes, message) {
                large = Some(message.take());
                return Ok(());
            }
            let (frame, length) = frame(writer, message)?;
            sizes.note(length);
            small = Some(frame);
            Ok(())
        });
        let Some(message) = large else {
            return polled
                .map(|polled| polled.map(|polled| polled.map(|()| small.expect("a message was taken"))));
        };
        let mut writer = writer.clone();
        *written = Some(Written::new(message, move |message| Ok(frame(&mut writer, message)?.0)));
        self.poll_next(task)
    }
}

/// A response as a frame, text with JSON or else binary, and how many bytes it has.
fn frame(writer: &mut ResponseWriter, message: &mut dyn AnyMessage) -> Result<(ServerFrame, usize), Status> {
    let mut content = Vec::new();
    writer.write(message, &mut content)?;
    let length = content.len();
    let frame =
        if writer.format.is_json() { ServerFrame::Text(content) } else { ServerFrame::Binary(content) };
    Ok((frame, length))
}
