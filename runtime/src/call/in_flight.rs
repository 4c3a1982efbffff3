//! How many calls a server has under way, and which of those that come beyond that are refused.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::bridge::{Code, Status};
use crate::error::wire;

/// When a caller that is refused may try again.
pub(crate) const RETRY_AFTER: Duration = Duration::from_secs(1);

/// How long a call waits for a place.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// How many calls a server takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallLimits {
    pub(crate) running: usize,
    /// How many wait; a tenth of those that run if nobody says so.
    pub(crate) waiting: Option<usize>,
}

impl Default for CallLimits {
    fn default() -> Self {
        Self { running: 10_000, waiting: None }
    }
}

/// Counts the calls whose handlers run, up to a limit. Some more wait for a place, in the order in which they came. Who
/// comes when no more may wait takes the place of the one that has waited longest, and that one is refused: its caller
/// is the most likely to have given up.
#[derive(Debug)]
pub(crate) struct InFlight {
    limit: usize,
    max_waiting: usize,
    running: AtomicUsize,
    /// How many are in the queue.
    waiting: AtomicUsize,
    /// Each learns that it has a place, or that it is refused if this is dropped.
    queue: Mutex<VecDeque<oneshot::Sender<()>>>,
}

/// The wait for a place.
pub(crate) type Wait<'a> = Pin<Box<dyn Future<Output = Result<CallPermit<'a>, Status>> + Send + 'a>>;

impl InFlight {
    pub(crate) fn new(limits: CallLimits) -> Self {
        let max_waiting = limits.waiting.unwrap_or(limits.running / 10);
        let (running, waiting) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { limit: limits.running, max_waiting, running, waiting, queue: Mutex::default() }
    }

    /// A place for one more call, if there is one.
    #[inline]
    pub(crate) fn enter(&self) -> Option<CallPermit<'_>> {
        self.take().then(|| CallPermit(self))
    }

    /// Waits for a place.
    ///
    /// # Errors
    /// `RESOURCE_EXHAUSTED`, with the time after which to try again, for whom there is none.
    #[cold]
    pub(crate) fn wait(&self) -> Wait<'_> {
        Box::pin(async move {
            if self.max_waiting == 0 {
                return Err(self.full());
            }
            let mut waiting = Waiting { calls: self, place: self.queue_up() };
            match timeout(LONGEST_WAIT, &mut waiting.place).await {
                Ok(Ok(())) => Ok(CallPermit(self)),
                Ok(Err(_)) | Err(_) => Err(self.full()),
            }
        })
    }

    #[inline]
    fn take(&self) -> bool {
        let one_more = |running| (running < self.limit).then_some(running + 1);
        self.running.fetch_update(Ordering::SeqCst, Ordering::Relaxed, one_more).is_ok()
    }

    fn queue_up(&self) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.len() >= self.max_waiting {
            queue.pop_front();
        }
        queue.push_back(sender);
        self.waiting.store(queue.len(), Ordering::SeqCst);
        // A place may have become free in between.
        self.hand_out(&mut queue);
        receiver
    }

    /// Gives the places that are free to those that wait.
    fn hand_out(&self, queue: &mut VecDeque<oneshot::Sender<()>>) {
        while !queue.is_empty() && self.take() {
            // Some may have given up.
            if !std::iter::from_fn(|| queue.pop_front()).any(|waiting| waiting.send(()).is_ok()) {
                self.running.fetch_sub(1, Ordering::SeqCst);
            }
        }
        self.waiting.store(queue.len(), Ordering::SeqCst);
    }

    #[cold]
    fn pass_on(&self) {
        self.hand_out(&mut self.queue.lock().unwrap_or_else(PoisonError::into_inner));
    }

    #[cold]
    fn full(&self) -> Status {
        tracing::debug!(limit = self.limit, "a call is refused: too many are under way");
        let message = format!("the server has {} calls under way, as many as it takes", self.limit);
        wire::retry_after(Code::ResourceExhausted, message, RETRY_AFTER)
    }
}

/// The place of a call, until it is dropped.
#[derive(Debug)]
pub(crate) struct CallPermit<'a>(&'a InFlight);

impl Drop for CallPermit<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
        // Nearly always nobody waits.
        if self.0.waiting.load(Ordering::SeqCst) > 0 {
            self.0.pass_on();
        }
    }
}

/// A call in the queue.
struct Waiting<'a> {
    calls: &'a InFlight,
    place: oneshot::Receiver<()>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.place.close();
        // One that gives up may have been given a place at the same time.
        if self.place.try_recv().is_ok() {
            drop(CallPermit(self.calls));
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use tokio::time::{Instant, advance};

    use super::*;

    fn calls(running: usize, waiting: usize) -> InFlight {
        InFlight::new(CallLimits { running, waiting: Some(waiting) })
    }

    fn is_waiting(wait: &mut Wait<'_>) -> bool {
        wait.now_or_never().is_none()
    }

    fn refused(wait: Wait<'_>) -> Status {
        wait.now_or_never().expect("it is known").expect_err("there is no place")
    }

    #[tokio::test]
    async fn who_comes_when_it_is_full_may_try_again() {
        let calls = calls(2, 0);
        let (first, _second) = (calls.enter().unwrap(), calls.enter().unwrap());
        for _ in 0..3 {
            assert!(calls.enter().is_none());
            let status = refused(calls.wait());
            assert_eq!(status.code(), Code::ResourceExhausted);
            assert!(crate::error::is_retryable(&status));
        }
        drop(first);
        assert!(calls.enter().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_waited_longest_is_refused_first() {
        let calls = calls(1, 2);
        let running = calls.enter().unwrap();
        let (mut first, mut second, mut third) = (calls.wait(), calls.wait(), calls.wait());
        assert!(is_waiting(&mut first) && is_waiting(&mut second));
        assert!(is_waiting(&mut third));
        assert_eq!(refused(first).code(), Code::ResourceExhausted);
        // Of the others, the one that came first has its turn first.
        drop(running);
        let running = second.now_or_never().unwrap().unwrap();
        assert!(is_waiting(&mut third));
        assert!(calls.enter().is_none());
        drop(running);
        drop(third.await.unwrap());
        assert!(calls.enter().is_some());
        assert_eq!(calls.running.load(Ordering::SeqCst), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_long() {
        let calls = calls(1, 9);
        let running = calls.enter().unwrap();
        let start = Instant::now();
        assert_eq!(calls.wait().await.unwrap_err().code(), Code::ResourceExhausted);
        assert_eq!(start.elapsed(), LONGEST_WAIT);
        // The place goes to one that is still there.
        let mut next = calls.wait();
        assert!(is_waiting(&mut next));
        drop(running);
        next.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_leaves_the_place_to_others() {
        let calls = calls(1, 9);
        let running = calls.enter().unwrap();
        let (mut first, mut second) = (calls.wait(), calls.wait());
        assert!(is_waiting(&mut first) && is_waiting(&mut second));
        drop(running);
        // It has a place, and does not know it.
        drop(first);
        advance(Duration::from_millis(1)).await;
        drop(second.now_or_never().unwrap().unwrap());
        assert_eq!(calls.running.load(Ordering::SeqCst), 0);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_place_is_lost() {
        let calls = calls(2, 1000);
        let served = std::sync::Arc::new((calls, AtomicUsize::new(0)));
        let tasks = (0..200).map(|number: usize| {
            let served = std::sync::Arc::clone(&served);
            tokio::spawn(async move {
                let (calls, count) = &*served;
                for _ in 0..20 {
                    let place = match calls.enter() {
                        Some(place) => place,
                        // Some give up at once.
                        None if number.is_multiple_of(5) => {
                            let _gives_up = is_waiting(&mut calls.wait());
                            continue;
                        }
                        None => calls.wait().await.unwrap(),
                    };
                    tokio::task::yield_now().await;
                    assert!(calls.running.load(Ordering::SeqCst) <= 2);
                    drop(place);
                    count.fetch_add(1, Ordering::Relaxed);
                }
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
        assert!(served.1.load(Ordering::Relaxed) >= 160 * 20);
        assert_eq!(served.0.running.load(Ordering::SeqCst), 0);
        assert_eq!(served.0.waiting.load(Ordering::SeqCst), 0);
    }
}
