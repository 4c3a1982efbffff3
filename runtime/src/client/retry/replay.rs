//! A request stream that can be sent again, as long as not much of it was sent.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as Task, Poll, ready};

use bytes::Bytes;
use http_body::Frame;

use crate::bridge::Status;
use crate::call::Body;
use crate::protocol::client::CallerLink;

/// The request stream of a call, for all its attempts. Its drop gives the call up.
pub(in crate::client) struct Replay {
    source: Arc<Mutex<ReplaySource>>,
    link: CallerLink,
}

struct ReplaySource {
    body: Body,
    /// What was sent.
    sent: Vec<Bytes>,
    /// Of how many bytes that is.
    held: usize,
    limit: usize,
    /// Which attempt reads; earlier ones get no more.
    attempt: u32,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// All that was sent is there.
    Kept,
    /// It was more than the limit, and is gone.
    Gone,
    /// The stream has failed, which is the outcome of the call.
    Failed,
}

impl Replay {
    /// `limit` is how much is kept, in bytes.
    pub(in crate::client) fn new((body, link): (Body, CallerLink), limit: usize) -> Self {
        let source = ReplaySource { body, sent: Vec::new(), held: 0, limit, attempt: 0, state: State::Kept };
        Self { source: Arc::new(Mutex::new(source)), link }
    }

    /// The stream from its beginning, for the next attempt.
    pub(in crate::client) fn body(&self) -> (Body, CallerLink) {
        let mut source = lock(&self.source);
        source.attempt += 1;
        let attempt = Attempt { source: Arc::clone(&self.source), number: source.attempt, next: 0 };
        (Body::new(attempt), self.link.lent())
    }

    /// Whether there can be another attempt.
    pub(in crate::client) fn is_kept(&self) -> bool {
        lock(&self.source).state == State::Kept
    }

    /// There is no other attempt: nothing has to be kept.
    pub(in crate::client) fn let_go(&self) {
        lock(&self.source).let_go();
    }
}

fn lock(source: &Mutex<ReplaySource>) -> MutexGuard<'_, ReplaySource> {
    source.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ReplaySource {
    fn let_go(&mut self) {
        if self.state == State::Kept {
            self.state = State::Gone;
            // What the attempt has not read yet stays until then.
            self.limit = 0;
        }
    }

    fn poll(&mut self, task: &mut Task<'_>) -> Poll<Option<Result<Bytes, Status>>> {
        let polled = ready!(self.body.poll_data(task));
        match &polled {
            Some(Ok(data)) => {
                self.held += data.len();
                if self.held > self.limit {
                    self.let_go();
                }
                if self.state == State::Kept {
                    self.sent.push(data.clone());
                }
            }
            Some(Err(_)) => self.state = State::Failed,
            None => {}
        }
        Poll::Ready(polled)
    }
}

/// The stream as one attempt sends it.
struct Attempt {
    source: Arc<Mutex<ReplaySource>>,
    number: u32,
    next: usize,
}

impl http_body::Body for Attempt {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        let mut source = lock(&this.source);
        if source.attempt != this.number {
            let mut status = Status::cancelled("the call is made again");
            status.set_source(Arc::new(h2::Error::from(h2::Reason::CANCEL)));
            return Poll::Ready(Some(Err(status)));
        }
        if let Some(data) = source.sent.get(this.next) {
            this.next += 1;
            return Poll::Ready(Some(Ok(Frame::data(data.clone()))));
        }
        if source.state != State::Kept {
            source.sent = Vec::new();
            this.next = 0;
        }
        let polled = ready!(source.poll(task));
        if source.state == State::Kept {
            this.next = source.sent.len();
        }
        Poll::Ready(polled.map(|polled| polled.map(Frame::data)))
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use futures_util::stream;
    use http_body_util::StreamBody;

    use super::*;

    fn replay(parts: Vec<Result<&'static str, Status>>, limit: usize) -> Replay {
        let frames = parts.into_iter().map(|part| part.map(|part| Frame::data(Bytes::from(part))));
        let body = Body::new(StreamBody::new(stream::iter(frames)));
        Replay::new((body, crate::protocol::client::link().0), limit)
    }

    async fn next(body: &mut Body) -> Option<Result<Bytes, Status>> {
        poll_fn(|task| body.poll_data(task)).await
    }

    async fn text(body: &mut Body) -> String {
        let mut text = String::new();
        while let Some(data) = next(body).await {
            text.push_str(std::str::from_utf8(&data.unwrap()).unwrap());
        }
        text
    }

    #[tokio::test]
    async fn it_begins_again_for_each_attempt() {
        let replay = replay(vec![Ok("a"), Ok("b"), Ok("c")], 3);
        let (mut first, _link) = replay.body();
        assert_eq!(next(&mut first).await.unwrap().unwrap(), "a");
        let (mut second, _link) = replay.body();
        assert!(next(&mut first).await.unwrap().is_err(), "an attempt that is over gets no more");
        assert_eq!(text(&mut second).await, "abc");
        let (mut third, _link) = replay.body();
        assert_eq!(text(&mut third).await, "abc");
        assert!(replay.is_kept());
    }

    #[tokio::test]
    async fn more_than_the_limit_is_sent_once() {
        let replay = replay(vec![Ok("a"), Ok("b"), Ok("c"), Ok("d")], 2);
        let (mut first, _link) = replay.body();
        next(&mut first).await.unwrap().unwrap();
        next(&mut first).await.unwrap().unwrap();
        let (mut second, _link) = replay.body();
        assert_eq!(text(&mut second).await, "abcd");
        assert!(!replay.is_kept());
    }

    #[tokio::test]
    async fn what_is_not_read_yet_stays_when_it_is_let_go() {
        let replay = replay(vec![Ok("a"), Ok("b"), Ok("c")], 100);
        let (mut first, _link) = replay.body();
        next(&mut first).await.unwrap().unwrap();
        next(&mut first).await.unwrap().unwrap();
        let (mut second, _link) = replay.body();
        replay.let_go();
        assert!(!replay.is_kept());
        assert_eq!(text(&mut second).await, "abc");
    }

    #[tokio::test]
    async fn a_stream_that_fails_is_not_sent_again() {
        let replay = replay(vec![Ok("a"), Err(Status::unavailable("of the caller"))], 100);
        let (mut first, _link) = replay.body();
        next(&mut first).await.unwrap().unwrap();
        next(&mut first).await.unwrap().unwrap_err();
        assert!(!replay.is_kept());
    }
}
