//! Envelopes from a client that may keep a server waiting for so long only.

use std::task::{Context as Task, Poll};
use std::time::Duration;

use super::envelope::{Envelope, EnvelopeError, EnvelopeReader};
use crate::call::Body;
use crate::call::idle::{IdleTimeout, IdleTimer};

/// How long a client may keep a server waiting.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StreamTimeouts {
    /// Within a message.
    pub(crate) within_message: IdleTimeout,
    /// For the next message of a stream; `None` has no limit.
    pub(crate) between_messages: Option<Duration>,
}

impl Default for StreamTimeouts {
    fn default() -> Self {
        Self { within_message: IdleTimeout::default(), between_messages: Some(Duration::from_mins(5)) }
    }
}

/// An [`EnvelopeReader`] that ends when its client is too slow. Nothing is made for that until something is waited for.
pub(crate) struct TimedReader {
    reader: EnvelopeReader,
    timeouts: StreamTimeouts,
    /// Whether there is a time between messages: the requests are a stream.
    is_stream: bool,
    timers: Option<Box<Timers>>,
    /// Whether there was something to wait for since the last message.
    has_waited: bool,
}

struct Timers {
    within_message: IdleTimer,
    between_messages: IdleTimer,
    /// What had arrived when it was looked at last, in bytes.
    seen: usize,
}

impl TimedReader {
    /// The one request of a call.
    pub(crate) fn new(body: Body, limit: usize, timeouts: StreamTimeouts) -> Self {
        Self {
            reader: EnvelopeReader::new(body, limit),
            timeouts,
            is_stream: false,
            timers: None,
            has_waited: false,
        }
    }

    /// The requests of a stream. `None` has no limit between them.
    pub(crate) fn into_stream(self, between_messages: Option<Duration>) -> Self {
        Self { timeouts: StreamTimeouts { between_messages, ..self.timeouts }, is_stream: true, ..self }
    }

    /// The next envelope; `None` is the end of the body.
    #[allow(clippy::inline_always, reason = "it is on the way of each message of a stream")]
    #[inline(always)]
    pub(crate) fn poll_next(&mut self, task: &mut Task<'_>) -> Poll<Option<Result<Envelope, EnvelopeError>>> {
        let next = self.reader.poll_next(task);
        if next.is_pending() {
            return self.poll_wait(task);
        }
        // Of several messages that come together, this is asked for the first one.
        if self.has_waited {
            self.reset();
        }
        next
    }

    /// Whether everything of the body was read, and nothing is left of it.
    pub(crate) fn is_at_end(&self) -> bool {
        self.reader.is_at_end()
    }

    /// A message came: the client has all of its time for the next one.
    #[cold]
    fn reset(&mut self) {
        self.has_waited = false;
        if let Some(timers) = &mut self.timers {
            timers.within_message.reset();
            timers.between_messages.reset();
        }
    }

    fn poll_wait(&mut self, task: &mut Task<'_>) -> Poll<Option<Result<Envelope, EnvelopeError>>> {
        let StreamTimeouts { within_message, between_messages } = self.timeouts;
        let is_between = self.is_stream && !self.reader.has_begun();
        if is_between && between_messages.is_none() {
            return Poll::Pending;
        }
        self.has_waited = true;
        let timers = self.timers.get_or_insert_with(|| {
            Box::new(Timers {
                within_message: IdleTimer::new(within_message),
                between_messages: IdleTimer::new(IdleTimeout { timeout: between_messages, min_rate: 0 }),
                seen: 0,
            })
        });
        let received = self.reader.received();
        if received != timers.seen {
            timers.within_message.progress(received.wrapping_sub(timers.seen));
            timers.seen = received;
        }
        let (timer, what) = if is_between {
            (&mut timers.between_messages, "the next message of the stream")
        } else {
            (&mut timers.within_message, "the body of the request")
        };
        if timer.poll_expired(task).is_pending() {
            return Poll::Pending;
        }
        let status = timer.too_slow(what);
        self.reader.close();
        Poll::Ready(Some(Err(EnvelopeError::Timeout(status))))
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::future::poll_fn;

    use bytes::Bytes;
    use futures_util::FutureExt as _;
    use futures_util::stream::{self, StreamExt as _};
    use http_body::Frame;
    use http_body_util::StreamBody;
    use tokio::time::{advance, sleep};

    use super::*;
    use crate::bridge::Code;

    /// The first frame at once, each other one after so many seconds, and nothing more then.
    fn body(frames: Vec<(u64, &'static [u8])>) -> Body {
        let frames = stream::iter(frames).then(|(seconds, data)| async move {
            sleep(Duration::from_secs(seconds)).await;
            Ok::<_, Infallible>(Frame::data(Bytes::from_static(data)))
        });
        Body::new(StreamBody::new(frames.chain(stream::pending())))
    }

    async fn next(reader: &mut TimedReader) -> Result<usize, Code> {
        let next = poll_fn(|task| reader.poll_next(task)).await.expect("the body does not end");
        next.map(|envelope| envelope.data.len()).map_err(|error| match error {
            EnvelopeError::Timeout(status) => status.code(),
            error => panic!("{error:?}"),
        })
    }

    const MESSAGE: &[u8] = &[0, 0, 0, 0, 1, 7];

    #[tokio::test(start_paused = true)]
    async fn one_byte_and_then_nothing_is_the_end() {
        for first in [&MESSAGE[..0], &MESSAGE[..1], &MESSAGE[..5]] {
            let mut reader = TimedReader::new(body(vec![(0, first)]), 100, StreamTimeouts::default());
            assert_eq!(next(&mut reader).await, Err(Code::DeadlineExceeded));
            let mut reader = reader.into_stream(None);
            assert!(poll_fn(|task| reader.poll_next(task)).now_or_never().is_some(), "it is closed");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_byte_now_and_then_is_too_slow() {
        let frames = MESSAGE.chunks(1).map(|byte| (20, byte)).collect();
        let mut reader = TimedReader::new(body(frames), 100, StreamTimeouts::default());
        assert_eq!(next(&mut reader).await, Err(Code::DeadlineExceeded));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_may_pause_between_messages() {
        let frames = vec![(0, MESSAGE), (250, MESSAGE), (250, MESSAGE), (400, MESSAGE)];
        let mut reader = TimedReader::new(body(frames.clone()), 100, StreamTimeouts::default())
            .into_stream(Some(Duration::from_mins(5)));
        for _ in 0..3 {
            assert_eq!(next(&mut reader).await, Ok(1));
        }
        assert_eq!(next(&mut reader).await, Err(Code::DeadlineExceeded));
        let mut reader = TimedReader::new(body(frames), 100, StreamTimeouts::default()).into_stream(None);
        for _ in 0..4 {
            assert_eq!(next(&mut reader).await, Ok(1));
        }
        assert!(next(&mut reader).now_or_never().is_none());
        advance(Duration::from_hours(9)).await;
        assert!(next(&mut reader).now_or_never().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_that_has_begun_goes_on() {
        let mut reader = TimedReader::new(body(vec![(0, &MESSAGE[..3])]), 100, StreamTimeouts::default())
            .into_stream(None);
        assert_eq!(next(&mut reader).await, Err(Code::DeadlineExceeded));
    }
}
