//! What of the responses of a connection waits for its client: how long it may, and how much of it there may be.
//!
//! hyper asks a body for more only when there is room for what came before. So a response is held up if its body has
//! handed something out and is not asked again. Over HTTP/2 nobody but the task of a stream can end that stream:
//! [`Watch`] does. Over HTTP/1.1 the connection itself is held up, which `ConnectionTimer` sees.

use std::cell::Cell;
use std::pin::Pin;
use std::task::{Context as Task, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use super::session::ConnectionUse;
use super::unsent::SMALL;
use crate::bridge::Status;
use crate::call::Body;
use crate::deadline::earliest;

/// How much of a body hyper is given at once. In bytes.
const PIECE: usize = 64 << 10;

/// How long the end of a call may take to be sent after its deadline.
const LAST_WORD: Duration = Duration::from_secs(1);

/// How far the response of a stream is.
#[derive(Clone, Copy, Default)]
struct Progress {
    /// How often the body was asked.
    polls: u32,
    /// Whether the last answer is still to be sent.
    unsent: bool,
    /// The end of the call.
    deadline: Option<Instant>,
}

thread_local! {
    /// That of the stream whose task runs.
    static PROGRESS: Cell<Progress> = const { Cell::new(Progress { polls: 0, unsent: false, deadline: None }) };
}

/// The body of a response on its way. As long as there is one, its connection is in use.
///
/// It is handed out in pieces: what hyper has taken nobody can take back from a client that does not read it.
pub(super) struct SentBody {
    body: Body,
    /// How much is counted for it.
    held: usize,
    /// Whether a piece of what is counted was handed out.
    is_begun: bool,
    usage: ConnectionUse,
}

impl SentBody {
    #[inline]
    pub(super) fn new(body: Body, usage: ConnectionUse) -> Self {
        let mut sent = Self { body, held: 0, is_begun: false, usage };
        sent.count();
        sent
    }

    /// Counts what is held, if it is more than little.
    #[inline]
    fn count(&mut self) {
        let size = self.body.held();
        let held = if size > SMALL { size } else { 0 };
        if held != self.held {
            if held < self.held {
                self.note_piece();
            }
            self.set_held(held);
        }
    }

    /// Notes that a piece was handed out. hyper has the first one whether or not the client reads; the next one it asks for
    /// when that is on its way.
    fn note_piece(&mut self) {
        if self.is_begun {
            self.usage.unsent().note_taken();
        }
        self.is_begun = true;
    }

    fn set_held(&mut self, held: usize) {
        let unsent = self.usage.unsent();
        if held > self.held {
            unsent.add(held - self.held);
        } else {
            unsent.subtract(self.held - held);
        }
        self.held = held;
    }

    /// Waits while others hold much. What is there already takes no more.
    #[inline]
    fn poll_turn(&self, task: &mut Task<'_>) -> Poll<()> {
        let unsent = self.usage.unsent();
        if !self.body.is_whole() && self.body.held() == 0 && unsent.is_much() {
            return unsent.poll_less(task);
        }
        Poll::Ready(())
    }
}

impl Drop for SentBody {
    fn drop(&mut self) {
        if self.held > 0 {
            self.set_held(0);
        }
    }
}

impl http_body::Body for SentBody {
    type Data = Bytes;
    type Error = Status;

    #[inline]
    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.poll_turn(task).is_pending() {
            // It is held up as if what it gave last were not sent: its client does not read.
            PROGRESS.set(Progress { unsent: true, deadline: self.body.deadline(), ..PROGRESS.get() });
            return Poll::Pending;
        }
        let polled = self.body.poll_piece(task, PIECE);
        self.count();
        // What is held is worked on: it is not the client that keeps others waiting.
        let at_work = polled.is_pending() && self.held > 0;
        if at_work {
            self.usage.unsent().note_taken();
        }
        // Over HTTP/1.1 nobody asks.
        if self.usage.is_shared() {
            // The end of the call is that of the work as well.
            let unsent = at_work || matches!(&polled, Poll::Ready(Some(Ok(frame))) if frame.is_data());
            let polls = PROGRESS.get().polls.wrapping_add(1);
            PROGRESS.set(Progress { polls, unsent, deadline: self.body.deadline() });
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// When a response that is held up is given up.
struct Alarm {
    sleep: Pin<Box<Sleep>>,
    /// Which of the body's answers it is for.
    polls: u32,
}

/// What is known of the response of a stream by the task that runs it.
#[derive(Default)]
pub(super) struct Watch {
    progress: Progress,
    alarm: Option<Alarm>,
}

impl Watch {
    /// Runs the stream. One whose client does not take its response in time is over as well: its end before that of the
    /// response resets it.
    #[inline]
    pub(super) fn poll(
        &mut self,
        stream: Pin<&mut (dyn Future<Output = ()> + Send)>,
        send_timeout: Option<Duration>,
        task: &mut Task<'_>,
    ) -> Poll<()> {
        PROGRESS.set(self.progress);
        let polled = stream.poll(task);
        if polled.is_ready() {
            return polled;
        }
        self.progress = PROGRESS.get();
        if !self.progress.unsent {
            return Poll::Pending;
        }
        poll_held_up(self.progress, send_timeout, &mut self.alarm, task)
    }
}

/// When a response that is held up from now on is given up. One whose call is over may still say so to a client that
/// reads it.
pub(super) fn end_of_sending(send_timeout: Option<Duration>, deadline: Option<Instant>) -> Option<Instant> {
    let longest = send_timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    earliest(longest, deadline.and_then(|deadline| deadline.checked_add(LAST_WORD)))
}

/// Waits until a response was held up for too long.
#[cold]
fn poll_held_up(
    Progress { polls, deadline, .. }: Progress,
    send_timeout: Option<Duration>,
    alarm: &mut Option<Alarm>,
    task: &mut Task<'_>,
) -> Poll<()> {
    if !matches!(alarm, Some(alarm) if alarm.polls == polls) {
        let Some(end) = end_of_sending(send_timeout, deadline) else { return Poll::Pending };
        *alarm = Some(Alarm { sleep: Box::pin(sleep_until(end)), polls });
    }
    let Some(alarm) = alarm else { return Poll::Pending };
    ready!(alarm.sleep.as_mut().poll(task));
    tracing::debug!("a client did not take a response in time");
    Poll::Ready(())
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::future::poll_fn;

    use futures_util::stream;
    use http_body::Body as _;
    use http_body_util::StreamBody;

    use tokio::time::{sleep, timeout};

    use super::*;
    use crate::peer::Outbox as _;
    use crate::server::session::track;

    /// The task of a stream that sends this body to a client that takes nothing but the first piece.
    async fn watched(body: Body, usage: ConnectionUse) -> Duration {
        let start = Instant::now();
        let mut body = SentBody::new(body, usage);
        let stream = async move {
            let first = poll_fn(|task| Pin::new(&mut body).poll_frame(task)).await;
            assert!(first.is_some_and(|frame| frame.is_ok_and(|frame| frame.is_data())));
            std::future::pending::<()>().await;
        };
        let send_timeout = Some(Duration::from_mins(1));
        let (mut stream, mut watch) = (Box::pin(stream), Watch::default());
        poll_fn(|task| watch.poll(stream.as_mut(), send_timeout, task)).await;
        start.elapsed()
    }

    fn messages() -> Body {
        let frame = || Ok::<_, Infallible>(Frame::data(Bytes::from_static(b"a")));
        Body::new(StreamBody::new(stream::iter([frame(), frame()])))
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_read_has_the_send_timeout_or_the_deadline() {
        let usage = || track(true, usize::MAX).0;
        assert_eq!(watched(Body::from("a"), usage()).await.as_secs(), 60);
        assert_eq!(watched(messages(), usage()).await.as_secs(), 60);
        let deadline = Instant::now().checked_add(Duration::from_secs(5));
        assert_eq!(watched(messages().until(deadline), usage()).await.as_secs(), 6);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_waits_for_others_has_them_too() {
        let usage = track(true, usize::MAX).0;
        usage.unsent().add(1 << 30);
        let deadline = Instant::now().checked_add(Duration::from_secs(5));
        assert_eq!(watched(messages().until(deadline), usage.clone()).await.as_secs(), 6);
        assert_eq!(watched(messages(), usage).await.as_secs(), 60);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_has_only_what_hyper_takes_anyway_reads_nothing() {
        let usage = track(true, usize::MAX).0;
        usage.unsent().add(1 << 30);
        let mut body = SentBody::new(vec![0; PIECE * 3].into(), usage.clone());
        for goes_on in [false, true] {
            let hands_out = async {
                sleep(Duration::from_millis(500)).await;
                poll_fn(|task| Pin::new(&mut body).poll_frame(task)).await.unwrap().unwrap();
            };
            let waits = timeout(Duration::from_millis(1500), usage.unsent().becomes_less());
            let (waited, ()) = tokio::join!(waits, hands_out);
            assert_eq!(waited.is_err(), goes_on);
            assert!(waited.is_err() || waited == Ok(false));
        }
    }

    #[cfg(feature = "compression")]
    #[tokio::test(start_paused = true)]
    async fn what_is_compressed_on_its_way_counts_until_then() {
        use crate::protocol::compression::{Compression, encode::Compressed};

        for coding in Compression::SUPPORTED {
            let usage = track(true, 1 << 20).0;
            let compressed = Compressed::new(*coding, vec![7; 1 << 20].into());
            let mut body = SentBody::new(Body::holding(compressed), usage.clone());
            let mut steps = 0;
            while poll_fn(|task| Poll::Ready(Pin::new(&mut body).poll_frame(task).is_pending())).await {
                assert!(
                    !usage.unsent().has_room(SMALL + 1),
                    "{coding:?}: all of it is held after {steps} steps"
                );
                steps += 1;
            }
            assert!(steps > 10, "{coding:?}");
            assert!(usage.unsent().has_room(1 << 20), "{coding:?}: what is left is small");
            // Others wait for what is at work, whoever reads.
            let compressed = Compressed::new(*coding, vec![7; 1 << 20].into());
            let mut body = SentBody::new(Body::holding(compressed), usage.clone());
            usage.unsent().add(1 << 30);
            let works = async {
                sleep(Duration::from_millis(500)).await;
                assert!(poll_fn(|task| Poll::Ready(Pin::new(&mut body).poll_frame(task))).await.is_pending());
            };
            let waits = timeout(Duration::from_millis(1500), usage.unsent().becomes_less());
            assert!(tokio::join!(waits, works).0.is_err(), "{coding:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn large_bodies_are_handed_out_in_pieces_and_counted() {
        let usage = track(true, 1 << 20).0;
        let mut body = SentBody::new(vec![0; PIECE * 2 + 1].into(), usage.clone());
        assert!(!usage.unsent().has_room(1 << 20));
        let mut sizes = Vec::new();
        while let Some(frame) = poll_fn(|task| Pin::new(&mut body).poll_frame(task)).await {
            sizes.push(frame.unwrap().into_data().unwrap().len());
        }
        assert_eq!(sizes, [PIECE, PIECE, 1]);
        assert!(body.is_end_stream());
        assert!(usage.unsent().has_room(1 << 20), "nothing is held any more");
    }
}
