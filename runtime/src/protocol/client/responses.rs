//! Responses as they arrive.

use std::mem::take;
use std::task::{Context as Task, Poll, ready};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use http_body::Body as _;

use super::call::{failed, store_headers, store_trailers};
use super::error::{body_error, unreadable};
use super::limits::Limits;
use super::{ClientSettings, Dialect, Head, MAX_ERROR_SIZE};
use crate::Context;
use crate::bridge::Status;
use crate::call::Body;
use crate::message::AnyMessage;
use crate::protocol::compression::Compression;
use crate::protocol::envelope::{COMPRESSED, Envelope, EnvelopeError, EnvelopeReader, codec, too_large};
use crate::protocol::limits::ReceiveLimits;
use crate::protocol::wire::Codec;
use crate::stream::{Incoming, poll_each};

/// Responses in envelopes.
pub(crate) struct Responses {
    envelopes: EnvelopeReader,
    dialect: &'static dyn Dialect,
    codec: Codec,
    compression: Option<Compression>,
    limits: ReceiveLimits,
    end: End,
}

/// What is known of the end of the responses.
#[derive(Default)]
enum End {
    #[default]
    Unknown,
    /// The headers of the response, as long as there is nothing else: they may tell the outcome then.
    Head(HeaderMap),
    /// What the last envelope told, while the end of the body is waited for.
    Told(Outcome),
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
        let mut compression = None;
        let may_be_all = body.is_end_stream() || head.status != StatusCode::OK;
        let end = if may_be_all && dialect.has_outcome(&head.headers) {
            // Nothing but headers: they are the trailers, and say more than the HTTP status.
            let outcome = dialect.read_trailers(None, Some(&head.headers));
            body = Body::empty();
            End::Told(Ok(outcome.map_err(|status| failed(ctx, status))?))
        } else {
            head.check(dialect, settings.codec)?;
            compression = head.compression(&dialect.encoding())?;
            store_headers(ctx, &head.headers);
            End::Head(head.headers)
        };
        let limits = settings.messages.received;
        let envelopes = EnvelopeReader::new(body, limits.size);
        Ok(Self { envelopes, dialect, codec: settings.codec, compression, limits, end })
    }

    /// The message in an envelope, if it is one.
    #[inline]
    fn take(&mut self, envelope: Envelope) -> Result<Option<Bytes>, Status> {
        match self.end {
            End::Unknown => {}
            End::Head(_) => self.end = End::Unknown,
            End::Told(_) => return Err(Status::internal("the response goes on after its end")),
        }
        if envelope.flags & !COMPRESSED != 0 {
            return self.take_end(envelope).map(|()| None);
        }
        envelope.content(self.compression, self.limits.size).map(Some).map_err(unreadable)
    }

    /// An envelope that is not a message.
    #[cold]
    fn take_end(&mut self, mut envelope: Envelope) -> Result<(), Status> {
        if envelope.flags & !COMPRESSED != self.dialect.end_flag() {
            return Err(Status::internal(format!("a message has the flags {:#04x}", envelope.flags)));
        }
        envelope.flags &= COMPRESSED;
        let limit = self.limits.size.min(MAX_ERROR_SIZE);
        if envelope.data.len() > limit {
            return Err(too_large(limit));
        }
        let content = envelope.content(self.compression, limit).map_err(unreadable)?;
        self.end = End::Told(self.dialect.read_end(content));
        Ok(())
    }

    /// The outcome at the end of the body.
    fn outcome(&mut self) -> Outcome {
        match take(&mut self.end) {
            End::Told(outcome) => outcome,
            End::Unknown => self.dialect.read_trailers(self.envelopes.take_trailers(), None),
            End::Head(head) => self.dialect.read_trailers(self.envelopes.take_trailers(), Some(&head)),
        }
    }

    #[cold]
    fn broken(&mut self, error: EnvelopeError) -> Outcome {
        match (take(&mut self.end), error) {
            // Once the outcome is known, the rest of the body does not matter.
            (End::Told(outcome), _) => outcome,
            (_, EnvelopeError::Body(status)) => Err(body_error(status)),
            (_, error) => Err(error.into()),
        }
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
                None => Event::End(self.outcome()),
                Some(Err(error)) => Event::End(self.broken(error)),
            });
        }
    }

    fn read(&self, content: Bytes, message: &mut dyn AnyMessage) -> Result<(), Status> {
        codec::read(self.codec, content, self.limits.memory, message).map_err(unreadable)
    }
}

/// The responses of a call as a stream.
pub(crate) fn stream(responses: impl ResponseSource, ctx: Context, limits: Limits) -> Box<dyn Incoming> {
    Box::new(ResponseMessages { responses: Some(responses), next: None, ctx, limits, burst: 0 })
}

#[cold]
pub(super) fn wrong_number() -> Status {
    Status::unimplemented("the method has exactly one response message")
}

/// The responses of a call whose server streams. Its drop gives the call up.
struct ResponseMessages<R> {
    /// `None` once the call is over.
    responses: Option<R>,
    /// The message that waits to be read.
    next: Option<Bytes>,
    ctx: Context,
    limits: Limits,
    /// What came since the task yielded last, in bytes.
    burst: usize,
}

/// How much is read before the task yields and the limits are looked at, in bytes: responses that are always there
/// must outrun neither.
const MAX_BURST: usize = 256 << 10;
/// What a message counts besides its bytes.
const MESSAGE: usize = 256;

impl<R> ResponseMessages<R> {
    #[cold]
    fn fail(&mut self, status: Status) -> Status {
        let status = self.limits.explain(status);
        self.close();
        status
    }

    fn close(&mut self) {
        self.responses = None;
        self.limits = Limits::none();
    }
}

impl<R: ResponseSource> ResponseMessages<R> {
    /// The next message, as it is read.
    #[inline]
    fn poll_content(&mut self, task: &mut Task<'_>) -> Poll<Option<Result<Bytes, Status>>> {
        let Some(responses) = &mut self.responses else { return Poll::Ready(None) };
        if self.burst > MAX_BURST {
            self.burst = 0;
            task.waker().wake_by_ref();
            return self.limits.poll(task).map(|status| Some(Err(self.fail(status))));
        }
        match responses.poll_next(task) {
            Poll::Ready(Event::Message(content)) => {
                self.burst += MESSAGE + content.len();
                Poll::Ready(Some(Ok(content)))
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
            Poll::Pending => {
                self.burst = 0;
                self.limits.poll(task).map(|status| Some(Err(self.fail(status))))
            }
        }
    }

    #[inline]
    fn read(&mut self, content: Bytes, message: &mut dyn AnyMessage) -> Result<(), Status> {
        let responses = self.responses.as_ref().expect("a message that is ready is one of a call");
        responses.read(content, message).map_err(|status| self.fail(status))
    }
}

impl<R: ResponseSource> Incoming for ResponseMessages<R> {
    fn poll_ready(&mut self, task: &mut Task<'_>) -> Poll<Option<Result<(), Status>>> {
        if self.next.is_some() {
            return Poll::Ready(Some(Ok(())));
        }
        let next = ready!(self.poll_content(task));
        Poll::Ready(next.map(|content| content.map(|content| self.next = Some(content))))
    }

    fn poll_read(&mut self, _: &mut Task<'_>, message: &mut dyn AnyMessage) -> Poll<Result<(), Status>> {
        let content = self.next.take().expect("it was ready");
        Poll::Ready(self.read(content, message))
    }

    fn poll_next(
        &mut self,
        task: &mut Task<'_>,
        message: &mut dyn AnyMessage,
    ) -> Poll<Option<Result<(), Status>>> {
        if self.next.is_some() {
            return poll_each(self, task, message);
        }
        Poll::Ready(match ready!(self.poll_content(task)) {
            Some(Ok(content)) => Some(self.read(content, message)),
            Some(Err(status)) => Some(Err(status)),
            None => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use http::{HeaderName, HeaderValue};
    use proptest::prelude::*;
    use tokio::time::Instant;

    use super::*;
    use crate::protocol::connect::client::ConnectStream;
    use crate::protocol::grpc::client::{Grpc, GrpcWeb};

    const DIALECTS: [&dyn Dialect; 3] = [&Grpc, &GrpcWeb, &ConnectStream];

    /// Reads a response to its end.
    fn read(dialect: &'static dyn Dialect, headers: HeaderMap, body: Body) -> Result<(), Status> {
        let (ctx, settings) = (Context::new(), ClientSettings::default());
        let head = Head { status: StatusCode::OK, headers };
        let mut responses = Responses::new(dialect, head, body, &settings, &ctx)?;
        let mut task = Task::from_waker(std::task::Waker::noop());
        loop {
            match responses.poll_next(&mut task) {
                Poll::Ready(Event::Message(content)) => responses.read(content, &mut ())?,
                Poll::Ready(Event::End(outcome)) => return outcome.map(drop),
                Poll::Pending => unreachable!("all of the response is there"),
            }
        }
    }

    fn headers(dialect: &dyn Dialect) -> HeaderMap {
        let media_type = HeaderValue::from_static(dialect.media_type(Codec::Protobuf));
        HeaderMap::from_iter([(http::header::CONTENT_TYPE, media_type)])
    }

    /// Responses that are always there.
    struct Endless(Bytes);

    impl ResponseSource for Endless {
        fn poll_next(&mut self, _: &mut Task<'_>) -> Poll<Event> {
            Poll::Ready(Event::Message(self.0.clone()))
        }

        fn read(&self, _: Bytes, _: &mut dyn AnyMessage) -> Result<(), Status> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn responses_that_are_always_there_outrun_nobody() {
        for length in [0, 100, 1 << 20] {
            let deadline = Instant::now() + Duration::from_millis(20);
            let limits = Limits::new(&Context::new(), Some(deadline), None);
            let mut responses = stream(Endless(vec![0; length].into()), Context::new(), limits);
            // Another task of the same thread runs in between.
            let has_run = Arc::new(AtomicBool::new(false));
            let other = Arc::clone(&has_run);
            tokio::spawn(async move { other.store(true, Ordering::Relaxed) });
            let status = poll_fn(|task| {
                loop {
                    match ready!(responses.poll_ready(task)) {
                        Some(Ok(())) => ready!(responses.poll_read(task, &mut ())).unwrap(),
                        Some(Err(status)) => return Poll::Ready(status),
                        None => unreachable!("they have no end"),
                    }
                    assert!(deadline.elapsed() < Duration::from_secs(20), "the deadline is outrun");
                }
            });
            assert_eq!(status.await.code(), crate::Code::DeadlineExceeded);
            assert!(has_run.load(Ordering::Relaxed));
            assert!(poll_fn(|task| responses.poll_ready(task)).await.is_none(), "the call is over");
        }
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
