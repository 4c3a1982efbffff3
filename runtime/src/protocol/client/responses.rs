//! Responses as they arrive.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context as Task, Poll, ready};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use http_body::Body as _;
use tokio::time::{Instant, Sleep, sleep_until};

use super::call::{failed, in_time, store_headers, store_trailers};
use super::error::{body_error, unreadable};
use super::link::CallerLink;
use super::{ClientCall, ClientSettings, Dialect, Head};
use crate::Context;
use crate::bridge::Status;
use crate::call::Body;
use crate::deadline;
use crate::message::AnyMessage;
use crate::protocol::compression::Compression;
use crate::protocol::envelope::{COMPRESSED, Envelope, EnvelopeError, EnvelopeReader, codec};
use crate::protocol::wire::Codec;
use crate::stream::Incoming;

/// Responses in envelopes.
pub(crate) struct Responses {
    envelopes: EnvelopeReader,
    dialect: &'static dyn Dialect,
    codec: Codec,
    compression: Option<Compression>,
    limit: usize,
    /// The headers of the response, if they tell the outcome and there is nothing else so far.
    head: Option<HeaderMap>,
    /// What the last envelope told, while the end of the body is waited for.
    outcome: Option<Outcome>,
}

/// The trailers of a call that went well, or its error.
type Outcome = Result<HeaderMap, Status>;

/// What arrives of a response.
pub(crate) enum Event {
    /// A message, as it is read.
    Message(Bytes),
    End(Outcome),
}

/// The responses of a call, up to its outcome, as a protocol has them.
pub(crate) trait ResponseSource: Send + Unpin + 'static {
    /// The next message, or the end.
    fn poll_next(&mut self, task: &mut Task<'_>) -> Poll<Event>;

    /// Reads a message into one that is empty.
    fn read(&self, content: Bytes, message: &mut dyn AnyMessage) -> Result<(), Status>;
}

impl Responses {
    /// The responses of a body, if its head is what it should be. What it has for the application goes to the context.
    pub(super) fn new(
        dialect: &'static dyn Dialect,
        head: Head,
        mut body: Body,
        settings: &ClientSettings,
        ctx: &Context,
    ) -> Result<Self, Status> {
        let has_outcome = dialect.has_outcome(&head.headers);
        let mut compression = None;
        let mut outcome = None;
        if has_outcome && (body.is_end_stream() || head.status != StatusCode::OK) {
            // Nothing but headers: they are the trailers, and say more than the HTTP status.
            let read = dialect.read_trailers(None, Some(&head.headers));
            outcome = Some(Ok(read.map_err(|status| failed(ctx, status))?));
            body = Body::empty();
        } else {
            head.check(dialect, settings.codec)?;
            compression = head.compression(&dialect.encoding())?;
            store_headers(ctx, &head.headers);
        }
        let limit = settings.max_response_size;
        Ok(Self {
            envelopes: EnvelopeReader::new(body, limit),
            dialect,
            codec: settings.codec,
            compression,
            limit,
            head: has_outcome.then_some(head.headers),
            outcome,
        })
    }

    /// The message in an envelope, if it is one.
    #[inline]
    fn take(&mut self, envelope: Envelope) -> Result<Option<Bytes>, Status> {
        self.head = None;
        let flags = envelope.flags & !COMPRESSED;
        if flags != 0 || self.outcome.is_some() {
            return self.take_end(flags, envelope).map(|()| None);
        }
        envelope.content(self.compression, self.limit).map(Some).map_err(unreadable)
    }

    #[cold]
    fn take_end(&mut self, flags: u8, envelope: Envelope) -> Result<(), Status> {
        if self.outcome.is_some() {
            return Err(Status::internal("the response goes on after its end"));
        }
        if flags != self.dialect.end_flag() {
            return Err(Status::internal(format!("a message has the flags {:#04x}", envelope.flags)));
        }
        let envelope = Envelope { flags: envelope.flags & COMPRESSED, ..envelope };
        let content = envelope.content(self.compression, self.limit).map_err(unreadable)?;
        self.outcome = Some(self.dialect.read_end(content));
        Ok(())
    }

    fn end(&mut self) -> Outcome {
        let Some(outcome) = self.outcome.take() else {
            let trailers = self.envelopes.take_trailers();
            return self.dialect.read_trailers(trailers, self.head.as_ref());
        };
        outcome
    }

    #[cold]
    fn broken(&mut self, error: EnvelopeError) -> Outcome {
        // Once the outcome is known, the rest of the body does not matter.
        self.outcome.take().unwrap_or_else(|| match error {
            EnvelopeError::Body(status) => Err(body_error(status)),
            error => Err(error.into()),
        })
    }

    /// Reads the one response of a call into `message`, which is empty, and waits for the outcome.
    pub(crate) async fn one(mut self, ctx: &Context, message: &mut dyn AnyMessage) -> Result<(), Status> {
        let mut is_read = false;
        poll_fn(move |task| {
            loop {
                return Poll::Ready(match ready!(self.poll_next(task)) {
                    Event::Message(content) if !is_read => {
                        is_read = true;
                        match self.read(content, message) {
                            Ok(()) => continue,
                            Err(status) => Err(status),
                        }
                    }
                    Event::End(Ok(trailers)) => {
                        store_trailers(ctx, &trailers);
                        if is_read { Ok(()) } else { Err(wrong_number()) }
                    }
                    Event::Message(_) => Err(wrong_number()),
                    Event::End(Err(status)) => Err(failed(ctx, status)),
                });
            }
        })
        .await
    }
}

impl ResponseSource for Responses {
    #[inline]
    fn poll_next(&mut self, task: &mut Task<'_>) -> Poll<Event> {
        loop {
            return Poll::Ready(match ready!(self.envelopes.poll_next(task)) {
                Some(Ok(envelope)) => match self.take(envelope) {
                    Ok(Some(content)) => Event::Message(content),
                    Ok(None) => continue,
                    Err(status) => Event::End(Err(status)),
                },
                None => Event::End(self.end()),
                Some(Err(error)) => Event::End(self.broken(error)),
            });
        }
    }

    fn read(&self, content: Bytes, message: &mut dyn AnyMessage) -> Result<(), Status> {
        codec::read(self.codec, content, message).map_err(unreadable)
    }
}

/// The responses of a call as a stream. `link` is that of its request stream.
pub(crate) fn stream(
    responses: impl ResponseSource,
    call: ClientCall<'_>,
    link: Option<CallerLink>,
) -> Box<dyn Incoming> {
    let ClientCall { ctx, deadline, .. } = call;
    let responses = Some(responses);
    Box::new(ResponseMessages { responses, next: None, ctx, deadline, sleep: None, link, polls: 0 })
}

#[cold]
fn wrong_number() -> Status {
    Status::unimplemented("the method has exactly one response message")
}

/// The responses of a call whose server streams. Its drop gives the call up.
struct ResponseMessages<R> {
    /// `None` once the call is over.
    responses: Option<R>,
    /// The message that waits to be read.
    next: Option<Bytes>,
    ctx: Context,
    deadline: Option<Instant>,
    sleep: Option<Pin<Box<Sleep>>>,
    link: Option<CallerLink>,
    polls: u8,
}

impl<R> ResponseMessages<R> {
    #[cold]
    fn fail(&mut self, status: Status) -> Status {
        let error = self.link.as_ref().and_then(CallerLink::take_error);
        self.close();
        error.unwrap_or_else(|| in_time(self.deadline, status))
    }

    fn close(&mut self) {
        self.responses = None;
        self.link = None;
        self.sleep = None;
    }

    /// Waits for what ends the call early.
    fn poll_limits(&mut self, task: &mut Task<'_>) -> Poll<Status> {
        if let Some(link) = &self.link
            && let Poll::Ready(status) = link.poll_error(task)
        {
            return Poll::Ready(status);
        }
        let Some(deadline) = self.deadline else { return Poll::Pending };
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        sleep.as_mut().poll(task).map(|()| deadline::exceeded())
    }
}

impl<R: ResponseSource> Incoming for ResponseMessages<R> {
    fn poll_ready(&mut self, task: &mut Task<'_>) -> Poll<Option<Result<(), Status>>> {
        // Responses that are always there must not outrun the limits either.
        self.polls = self.polls.wrapping_add(1);
        if self.polls == 0
            && self.responses.is_some()
            && let Poll::Ready(status) = self.poll_limits(task)
        {
            return Poll::Ready(Some(Err(self.fail(status))));
        }
        let Some(responses) = &mut self.responses else { return Poll::Ready(None) };
        match responses.poll_next(task) {
            Poll::Ready(Event::Message(content)) => {
                self.next = Some(content);
                Poll::Ready(Some(Ok(())))
            }
            Poll::Ready(Event::End(Ok(trailers))) => {
                store_trailers(&self.ctx, &trailers);
                self.close();
                Poll::Ready(None)
            }
            Poll::Ready(Event::End(Err(status))) => {
                let status = failed(&self.ctx, status);
                Poll::Ready(Some(Err(self.fail(status))))
            }
            Poll::Pending => self.poll_limits(task).map(|status| Some(Err(self.fail(status)))),
        }
    }

    fn read(&mut self, message: &mut dyn AnyMessage) -> Result<(), Status> {
        let content = self.next.take().expect("it was ready");
        let responses = self.responses.as_ref().expect("a message that is ready is one of a call");
        responses.read(content, message).map_err(|status| self.fail(status))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use http::{HeaderName, HeaderValue};
    use proptest::prelude::*;

    use super::*;
    use crate::protocol::connect::client::ConnectStream;
    use crate::protocol::grpc::client::{Grpc, GrpcWeb};

    const DIALECTS: [&dyn Dialect; 3] = [&Grpc, &GrpcWeb, &ConnectStream];

    /// Reads a response to its end.
    fn read(dialect: &'static dyn Dialect, headers: HeaderMap, body: Body) -> Result<(), Status> {
        let (ctx, settings) = (Context::new(), ClientSettings::default());
        let head = Head { status: StatusCode::OK, headers };
        let responses = Responses::new(dialect, head, body, &settings, &ctx)?;
        responses.one(&ctx, &mut ()).now_or_never().expect("all of the response is there")
    }

    fn headers(dialect: &dyn Dialect) -> HeaderMap {
        let media_type = HeaderValue::from_static(dialect.media_type(Codec::Protobuf));
        HeaderMap::from_iter([(http::header::CONTENT_TYPE, media_type)])
    }

    proptest! {
        #[test]
        fn any_body_is_read(
            dialect in 0..DIALECTS.len(),
            envelopes in prop::collection::vec((any::<u8>(), any::<Vec<u8>>()), 0..4),
            rest: Vec<u8>,
        ) {
            let mut body = Vec::new();
            for (flags, data) in &envelopes {
                crate::protocol::envelope::append_flagged(&mut body, *flags, data);
            }
            body.extend_from_slice(&rest);
            let dialect = DIALECTS[dialect];
            let _ = read(dialect, headers(dialect), body.into());
        }

        #[test]
        fn any_trailers_are_read(
            pairs in prop::collection::vec(("grpc-(status|message|status-details-bin)|x", any::<Vec<u8>>()), 0..6),
        ) {
            let mut trailers = HeaderMap::new();
            for (name, value) in &pairs {
                if let Ok(value) = HeaderValue::from_bytes(value) {
                    trailers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), value);
                }
            }
            let body = Body::with_trailers(Bytes::from_static(&[0; 5]), trailers);
            let _ = read(&Grpc, headers(&Grpc), body);
        }
    }
}
