//! A call over WebSocket as an exchange of messages.

use std::task::{Context as Task, Poll};

use http::Uri;
use tokio::sync::{mpsc, oneshot};

use super::frames::{Frame, FrameMessages};
use super::wire::ServerFrame;
use crate::Context;
use crate::bridge::Status;
use crate::call::dispatch::{Inbound, Responses};
use crate::call::{CallError, Exchange, Outgoing};
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
                ResponseFrames::Stream(writer, Responses::new(self.call, messages))
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

    fn respond(&mut self, message: &mut dyn AnyMessage) -> Result<(), CallError> {
        self.call.release(message)?;
        let frame = frame(&mut self.writer(message.table()), message)?;
        self.answer = Some(SocketAnswer::Single(frame));
        Ok(())
    }

    fn respond_all(&mut self, table: &'static MessageInfo, messages: Box<dyn Outgoing>) {
        self.answer = Some(SocketAnswer::Stream(self.writer(table), messages));
    }
}

/// What a handler has answered, as frames. Dropping it ends the call.
pub(crate) enum ResponseFrames {
    Single(Option<ServerFrame>, #[allow(dead_code, reason = "held until the frame is out")] Inbound),
    Stream(ResponseWriter, Responses),
}

impl ResponseFrames {
    /// The next frame; `None` at the end of a call that went well.
    pub(crate) fn poll_next(&mut self, task: &mut Task<'_>) -> Poll<Option<Result<ServerFrame, Status>>> {
        match self {
            Self::Single(message, _) => Poll::Ready(message.take().map(Ok)),
            Self::Stream(writer, responses) => {
                let mut written = None;
                let polled = responses.poll_next(task, |message: &mut dyn AnyMessage| {
                    written = Some(frame(writer, message)?);
                    Ok(())
                });
                polled.map(|polled| {
                    polled.map(|polled| match polled {
                        Ok(()) => Ok(written.expect("a message was taken")),
                        Err(error) => Err(error.status),
                    })
                })
            }
        }
    }
}

/// A response as a frame: text with JSON, or else binary.
fn frame(writer: &mut ResponseWriter, message: &mut dyn AnyMessage) -> Result<ServerFrame, Status> {
    let mut content = Vec::new();
    writer.write(message, &mut content)?;
    Ok(if writer.format.is_json() { ServerFrame::Text(content) } else { ServerFrame::Binary(content) })
}
