//! The messages of a client, a frame each.

use std::sync::Arc;
use std::task::{Context as Task, Poll, ready};

use bytes::Bytes;
use http::HeaderMap;
use tokio::sync::mpsc;

use crate::bridge::Status;
use crate::call::CallError;
use crate::call::aside::{Aside, LARGE};
use crate::message::AnyMessage;
use crate::protocol::rest::negotiate::Media;
use crate::protocol::rest::server::request::{BodyPosition, RequestReader};
use crate::stream::Incoming;

/// What a client sent.
pub(crate) enum Frame {
    Text(Bytes),
    Binary(Bytes),
    /// It said that there are no more messages.
    End,
    /// It sent what is not a message.
    Failed(Status),
}

/// The requests of a call.
pub(crate) struct FrameMessages {
    /// `None` once there are no more.
    received: Option<mpsc::Receiver<Frame>>,
    /// The message that is there and not read.
    message: Option<(Media, Bytes)>,
    /// The message that is being read, if it is large.
    aside: Option<Aside>,
    reader: Arc<RequestReader>,
    index: usize,
}

impl FrameMessages {
    pub(crate) fn new(received: mpsc::Receiver<Frame>, reader: RequestReader) -> Self {
        Self { received: Some(received), message: None, aside: None, reader: Arc::new(reader), index: 0 }
    }

    fn end(&mut self, read: Result<(), CallError>) -> Result<(), Status> {
        read.map_err(|error| {
            // What follows a message that is none is not looked at.
            self.received = None;
            error.status
        })
    }

    /// Reads the request of a call that has one.
    pub(crate) fn poll_one(
        &mut self,
        task: &mut Task<'_>,
        message: &mut dyn AnyMessage,
    ) -> Poll<Result<(), CallError>> {
        Poll::Ready(match ready!(self.poll_ready(task)) {
            Some(Ok(())) => ready!(self.poll_read(task, message)).map_err(CallError::from),
            Some(Err(status)) => Err(status.into()),
            None => Err(Status::invalid_argument("the method takes a request message, and none came").into()),
        })
    }
}

impl Incoming for FrameMessages {
    fn poll_ready(&mut self, task: &mut Task<'_>) -> Poll<Option<Result<(), Status>>> {
        if self.aside.is_some() {
            return Poll::Ready(Some(Ok(())));
        }
        let Some(received) = &mut self.received else { return Poll::Ready(None) };
        if !self.reader.takes_body() {
            // Without a body, the URL is the one message.
            self.received = None;
            self.message = Some((Media::Json, Bytes::new()));
            return Poll::Ready(Some(Ok(())));
        }
        let error = match ready!(received.poll_recv(task)) {
            Some(Frame::Text(text)) => {
                self.message = Some((Media::Json, text));
                return Poll::Ready(Some(Ok(())));
            }
            Some(Frame::Binary(bytes)) => {
                self.message = Some((Media::Protobuf, bytes));
                return Poll::Ready(Some(Ok(())));
            }
            Some(Frame::End) => None,
            Some(Frame::Failed(status)) => Some(status),
            None => Some(Status::cancelled("the caller gave the call up")),
        };
        self.received = None;
        Poll::Ready(error.map(Err))
    }

    fn poll_read(&mut self, task: &mut Task<'_>, message: &mut dyn AnyMessage) -> Poll<Result<(), Status>> {
        if let Some(aside) = &mut self.aside {
            let read = ready!(aside.poll(task, message));
            self.aside = None;
            return Poll::Ready(self.end(read));
        }
        let (media, content) = self.message.take().expect("there is a message to read");
        let position = BodyPosition::part(self.index, 0);
        self.index += 1;
        if content.len() > LARGE {
            let reader = Arc::clone(&self.reader);
            self.aside = Some(Aside::new(message, move |message| {
                reader.read_as(media, position, &HeaderMap::new(), content, message)
            }));
            return self.poll_read(task, message);
        }
        let read = self.reader.read_as(media, position, &HeaderMap::new(), content, message);
        Poll::Ready(self.end(read))
    }
}
