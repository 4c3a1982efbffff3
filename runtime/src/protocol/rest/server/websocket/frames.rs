//! The messages of a client, a frame each.

use std::pin::Pin;
use std::task::{Context as Task, Poll, ready};

use crate::bridge::Status;
use bytes::Bytes;
use futures_util::stream::{Stream, StreamExt as _};
use http::HeaderMap;
use tokio::sync::mpsc;

use crate::call::dispatch;
use crate::protocol::rest::negotiate::Media;
use crate::protocol::rest::server::request::{Place, Source};
use crate::transcode::binding::{BodyKind, Fields};

/// What a client sent.
pub(crate) enum Frame {
    Text(Bytes),
    Binary(Bytes),
    /// It said that there are no more messages.
    End,
    /// It sent what is no message.
    Failed(Status),
}

/// The requests of a call.
pub(crate) struct Frames<Req, Res> {
    /// `None` once there are no more.
    received: Option<mpsc::Receiver<Frame>>,
    source: Source,
    fields: Fields<Req, Res>,
    index: usize,
}

impl<Req, Res> Frames<Req, Res>
where
    Req: prost::Message + Default + dispatch::Request,
{
    pub(crate) fn new(received: mpsc::Receiver<Frame>, source: Source, fields: Fields<Req, Res>) -> Self {
        Self { received: Some(received), source, fields, index: 0 }
    }

    /// The request of a call that has one.
    pub(crate) async fn one(mut self) -> Result<Req, Status> {
        let none = || Status::invalid_argument("the method takes a request message, and none came");
        self.next().await.ok_or_else(none)?
    }

    fn message(&mut self, media: Media, content: Bytes) -> Result<Req, Status> {
        let place = Place::part(self.index, 0);
        self.index += 1;
        self.source.media = media;
        let message = self.source.message_at(place, &HeaderMap::new(), content, self.fields);
        message.map_err(|failure| failure.status)
    }
}

impl<Req, Res> Stream for Frames<Req, Res>
where
    Req: prost::Message + Default + dispatch::Request,
{
    type Item = Result<Req, Status>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some(received) = &mut this.received else { return Poll::Ready(None) };
        if this.source.binding.body == BodyKind::None {
            // Without a body, the URL is the one message.
            this.received = None;
            return Poll::Ready(Some(this.message(Media::Json, Bytes::new())));
        }
        let message = match ready!(received.poll_recv(task)) {
            Some(Frame::End) => None,
            None => Some(Err(Status::cancelled("the caller gave the call up"))),
            Some(Frame::Text(text)) => Some(this.message(Media::Json, text)),
            Some(Frame::Binary(bytes)) => Some(this.message(Media::Protobuf, bytes)),
            Some(Frame::Failed(status)) => Some(Err(status)),
        };
        if !matches!(message, Some(Ok(_))) {
            this.received = None;
        }
        Poll::Ready(message)
    }
}
