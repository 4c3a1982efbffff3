//! Envelopes from a client that may keep a server waiting for so long only.

use std::task::{Context as Task, Poll};
use std::time::Duration;

use super::envelope::{Envelope, EnvelopeError, EnvelopeReader};
use crate::bridge::Status;
use crate::call::Body;
use crate::call::idle::{Pace, Patience};

/// How long a client may keep a server waiting.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting {
    /// Within a message.
    pub(crate) patience: Patience,
    /// For the next message of a stream; `None` for as long as it wants.
    pub(crate) between: Option<Duration>,
}

impl Default for Waiting {
    fn default() -> Self {
        Self { patience: Patience::DEFAULT, between: Some(Duration::from_mins(5)) }
    }
}

/// Why there is no envelope.
#[derive(Debug)]
pub(crate) enum PacedError {
    Envelope(EnvelopeError),
    /// The client took too long.
    Stalled(Status),
}

/// An [`EnvelopeReader`] that ends when its client is too slow. Nothing is made for that until something is waited for.
pub(crate) struct PacedReader {
    reader: EnvelopeReader,
    waiting: Waiting,
    /// Whether messages may come as late as the client of a stream wants them to.
    is_stream: bool,
    paces: Option<Box<Paces>>,
}

struct Paces {
    within: Pace,
    between: Pace,
    /// What had arrived when it was looked at last, in bytes.
    seen: usize,
}

impl PacedReader {
    /// The one request of a call.
    pub(crate) fn new(body: Body, limit: usize, waiting: Waiting) -> Self {
        Self { reader: EnvelopeReader::new(body, limit), waiting, is_stream: false, paces: None }
    }

    /// The requests of a stream. Between them there is no limit if `between` says none.
    pub(crate) fn into_stream(self, between: Option<Duration>) -> Self {
        Self { waiting: Waiting { between, ..self.waiting }, is_stream: true, ..self }
    }

    /// The next envelope; `None` is the end of the body.
    #[inline]
    pub(crate) fn poll_next(&mut self, task: &mut Task<'_>) -> Poll<Option<Result<Envelope, PacedError>>> {
        match self.reader.poll_next(task) {
            Poll::Ready(next) => {
                if let Some(paces) = &mut self.paces {
                    paces.relax();
                }
                Poll::Ready(next.map(|next| next.map_err(PacedError::Envelope)))
            }
            Poll::Pending => self.poll_wait(task),
        }
    }

    /// Whether everything of the body was read, and nothing is left of it.
    pub(crate) fn is_at_end(&self) -> bool {
        self.reader.is_at_end()
    }

    fn poll_wait(&mut self, task: &mut Task<'_>) -> Poll<Option<Result<Envelope, PacedError>>> {
        let Waiting { patience, between } = self.waiting;
        let is_between = self.is_stream && !self.reader.has_begun();
        if is_between && between.is_none() {
            return Poll::Pending;
        }
        let paces = self.paces.get_or_insert_with(|| {
            Box::new(Paces {
                within: Pace::new(patience),
                between: Pace::new(Patience { idle: between, rate: 0 }),
                seen: 0,
            })
        });
        let received = self.reader.received();
        if received != paces.seen {
            paces.within.advance(received.wrapping_sub(paces.seen));
            paces.seen = received;
        }
        let (pace, what) = if is_between {
            (&mut paces.between, "the next message of the stream")
        } else {
            (&mut paces.within, "the body of the request")
        };
        if pace.poll_wait(task).is_pending() {
            return Poll::Pending;
        }
        let status = pace.too_slow(what);
        self.reader.close();
        Poll::Ready(Some(Err(PacedError::Stalled(status))))
    }
}

impl Paces {
    /// A message came: the client has all of its time for the next one.
    #[cold]
    fn relax(&mut self) {
        self.within.relax();
        self.between.relax();
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

    async fn next(reader: &mut PacedReader) -> Result<usize, Code> {
        let next = poll_fn(|task| reader.poll_next(task)).await.expect("the body does not end");
        next.map(|envelope| envelope.data.len()).map_err(|error| match error {
            PacedError::Stalled(status) => status.code(),
            PacedError::Envelope(error) => panic!("{error:?}"),
        })
    }

    const MESSAGE: &[u8] = &[0, 0, 0, 0, 1, 7];

    #[tokio::test(start_paused = true)]
    async fn one_byte_and_then_nothing_is_the_end() {
        for first in [&MESSAGE[..0], &MESSAGE[..1], &MESSAGE[..5]] {
            let mut reader = PacedReader::new(body(vec![(0, first)]), 100, Waiting::default());
            assert_eq!(next(&mut reader).await, Err(Code::DeadlineExceeded));
            let mut reader = reader.into_stream(None);
            assert!(poll_fn(|task| reader.poll_next(task)).now_or_never().is_some(), "it is closed");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_byte_now_and_then_is_too_slow() {
        let frames = MESSAGE.chunks(1).map(|byte| (20, byte)).collect();
        let mut reader = PacedReader::new(body(frames), 100, Waiting::default());
        assert_eq!(next(&mut reader).await, Err(Code::DeadlineExceeded));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_may_pause_between_messages() {
        let frames = vec![(0, MESSAGE), (250, MESSAGE), (250, MESSAGE), (400, MESSAGE)];
        let mut reader = PacedReader::new(body(frames.clone()), 100, Waiting::default())
            .into_stream(Some(Duration::from_mins(5)));
        for _ in 0..3 {
            assert_eq!(next(&mut reader).await, Ok(1));
        }
        assert_eq!(next(&mut reader).await, Err(Code::DeadlineExceeded));
        let mut reader = PacedReader::new(body(frames), 100, Waiting::default()).into_stream(None);
        for _ in 0..4 {
            assert_eq!(next(&mut reader).await, Ok(1));
        }
        assert!(next(&mut reader).now_or_never().is_none());
        advance(Duration::from_hours(9)).await;
        assert!(next(&mut reader).now_or_never().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_that_has_begun_goes_on() {
        let mut reader =
            PacedReader::new(body(vec![(0, &MESSAGE[..3])]), 100, Waiting::default()).into_stream(None);
        assert_eq!(next(&mut reader).await, Err(Code::DeadlineExceeded));
    }
}
