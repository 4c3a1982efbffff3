//! Requests on their way out: one message, or a stream of them as the body of an HTTP request.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Task, Poll};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http_body::Frame;

use super::ClientSettings;
use super::call::check;
use super::limits::over;
use super::link::{CallerLink, RequestLink, link};
use crate::Context;
use crate::bridge::Status;
use crate::call::{Body, Outgoing};
use crate::message::AnyMessage;
use crate::method::MethodInfo;
use crate::protocol::compression::Compression;
use crate::protocol::envelope::{self, HEADER, codec};
use crate::protocol::wire::Codec;

/// How much of a request stream goes out at once, if it is faster than the connection. In bytes.
const BATCH: usize = 32 * 1024;

/// How the messages of a request stream stand in the body of an HTTP request.
pub(crate) trait WriteRequest: Send + 'static {
    /// Appends a message, which may be taken out of `message`.
    fn append(&self, message: &mut dyn AnyMessage, out: &mut Vec<u8>) -> Result<(), Status>;
}

/// How requests are written in envelopes.
#[derive(Clone, Copy)]
pub(super) struct EnvelopeForm {
    codec: Codec,
    compression: Option<Compression>,
    limit: usize,
}

impl EnvelopeForm {
    pub(super) fn of(settings: &ClientSettings) -> Self {
        let ClientSettings { codec, compression, messages, .. } = *settings;
        Self { codec, compression, limit: messages.sent_size }
    }

    /// Appends a message in its envelope.
    fn append(self, message: &dyn AnyMessage, out: &mut Vec<u8>) -> Result<(), Status> {
        if self.codec == Codec::Protobuf && self.compression.is_none() {
            // Room for the first message is made exactly. To count each one's length costs more than room for those behind
            // it that is found as it is needed.
            if out.is_empty() {
                out.reserve_exact(HEADER + message.wire_len());
            }
            return envelope::append(out, None, self.limit, |out| {
                message.encode_wire(out);
                Ok(())
            })
            .map(drop);
        }
        let compression = self.compression.map(|compression| (compression, 0));
        envelope::append(out, compression, self.limit, |out| codec::write(self.codec, message, out)).map(drop)
    }
}

impl WriteRequest for EnvelopeForm {
    fn append(&self, message: &mut dyn AnyMessage, out: &mut Vec<u8>) -> Result<(), Status> {
        Self::append(*self, message, out)
    }
}

/// The one request of a call, in its envelope.
pub(crate) fn one(
    method: &MethodInfo,
    settings: &ClientSettings,
    message: &dyn AnyMessage,
) -> Result<Bytes, Status> {
    check(method, settings, message)?;
    let mut out = Vec::new();
    EnvelopeForm::of(settings).append(message, &mut out)?;
    Ok(out.into())
}

/// The requests of a call whose client streams, in their envelopes: the body of the HTTP request, and the link to it.
pub(crate) fn many(
    method: &'static MethodInfo,
    ctx: &Context,
    settings: &ClientSettings,
    messages: Box<dyn Outgoing>,
) -> (Body, CallerLink) {
    Requests::body(messages, EnvelopeForm::of(settings), method, ctx, settings)
}

/// The one request of a call without an envelope.
pub(crate) fn bare(
    method: &MethodInfo,
    settings: &ClientSettings,
    message: &dyn AnyMessage,
) -> Result<Vec<u8>, Status> {
    check(method, settings, message)?;
    let mut out = Vec::new();
    codec::write(settings.codec, message, &mut out)?;
    let limit = settings.messages.sent_size;
    if out.len() > limit {
        return Err(envelope::too_large(limit));
    }
    Ok(match settings.compression {
        Some(compression) => compression.compress(&out),
        None => out,
    })
}

/// The requests of a call whose client streams. Between messages it holds no buffer.
pub(crate) struct Requests<W> {
    /// `None` after the last.
    messages: Option<Box<dyn Outgoing>>,
    form: W,
    link: RequestLink,
    method: &'static MethodInfo,
    ctx: Context,
    settings: ClientSettings,
    /// The end of the call that arrived here and makes this one: whoever waits for its responses may be busy.
    arrived: Option<BoxFuture<'static, ()>>,
}

impl<W: WriteRequest + Unpin> Requests<W> {
    /// The body of the HTTP request, and the link to it.
    pub(crate) fn body(
        messages: Box<dyn Outgoing>,
        form: W,
        method: &'static MethodInfo,
        ctx: &Context,
        settings: &ClientSettings,
    ) -> (Body, CallerLink) {
        let (caller, link) = link();
        let (messages, settings) = (Some(messages), settings.clone());
        let arrived = ctx.end_of_arrived();
        let requests = Self { messages, form, link, method, ctx: ctx.clone(), settings, arrived };
        (Body::new(requests), caller)
    }

    /// Appends the messages that are there; `Pending` if there are none.
    fn poll_gather(&mut self, task: &mut Task<'_>, out: &mut Vec<u8>) -> Poll<Result<(), Status>> {
        let (method, form, settings) = (self.method, &self.form, &self.settings);
        while out.len() < BATCH
            && let Some(messages) = &mut self.messages
        {
            let polled = messages.poll_next(task, &self.ctx, &mut |message| {
                check(method, settings, message)?;
                form.append(message, out)
            });
            match polled {
                Poll::Ready(Some(Ok(()))) => {}
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(error.status)),
                Poll::Ready(None) => self.messages = None,
                Poll::Pending if out.is_empty() => return Poll::Pending,
                Poll::Pending => break,
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_data(&mut self, task: &mut Task<'_>) -> Poll<Result<Vec<u8>, Status>> {
        if self.link.is_abandoned(task) {
            return Poll::Ready(Err(Status::cancelled("the caller gave the call up")));
        }
        if let Some(arrived) = &mut self.arrived
            && arrived.as_mut().poll(task).is_ready()
        {
            self.arrived = None;
            let status = over(self.ctx.instant());
            self.link.fail(status.clone());
            return Poll::Ready(Err(status));
        }
        let mut out = Vec::new();
        match self.poll_gather(task, &mut out) {
            // It ends since the caller has left: that is not the end of a whole stream.
            Poll::Ready(Ok(())) if self.messages.is_none() && self.link.is_abandoned(task) => {
                Poll::Ready(Err(Status::cancelled("the caller gave the call up")))
            }
            Poll::Ready(Ok(())) => Poll::Ready(Ok(out)),
            Poll::Ready(Err(status)) => {
                self.link.fail(status);
                Poll::Ready(Err(Status::cancelled("the request stream failed")))
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<W: WriteRequest + Unpin> http_body::Body for Requests<W> {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.messages.is_none() {
            return Poll::Ready(None);
        }
        match std::task::ready!(self.poll_data(task)) {
            Ok(data) if data.is_empty() => Poll::Ready(None),
            Ok(data) => Poll::Ready(Some(Ok(Frame::data(data.into())))),
            Err(mut status) => {
                self.messages = None;
                // What HTTP/2 tells the server.
                status.set_source(Arc::new(h2::Error::from(h2::Reason::CANCEL)));
                Poll::Ready(Some(Err(status)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.messages.is_none()
    }
}
