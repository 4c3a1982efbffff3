//! The tasks that run the streams of HTTP/2 connections.
//!
//! To make a task and to end it costs more than much of what a small call does with it. So a connection keeps a few of those
//! whose stream is over, for the next ones. These streams have a waker of their own: h2 wakes a stream while that runs and
//! is about to end, for which its task would be run once more, with nothing to do.

use std::mem::replace;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as Task, Poll, Wake, Waker, ready};
use std::time::Duration;

use super::sending::Watch;

/// So many tasks without a stream a connection keeps. Each is about half a kilobyte.
const KEPT: usize = 16;

/// Runs the streams of a connection, each in a task of its own. It ends one whose client does not take its response in
/// time.
#[derive(Clone)]
pub(super) struct StreamExecutor(Arc<Tasks>);

/// What the streams of a connection share. It is gone with the connection and the last of them.
struct Tasks {
    send_timeout: Option<Duration>,
    waiting: Mutex<Vec<Arc<Slot>>>,
}

/// What wakes a task, and where one that waits is given its next stream.
struct Slot {
    next: Mutex<Next>,
    task: Waker,
    state: AtomicU8,
}

const RUNNING: u8 = 1;
const WOKEN: u8 = 2;

enum Next {
    Unknown,
    Stream(Stream),
    /// There will be none.
    End,
}

/// A stream and the tasks that it is run by one of.
struct Stream {
    stream: Pin<Box<dyn Future<Output = ()> + Send>>,
    tasks: Arc<Tasks>,
}

/// A task: it runs one stream after the other.
struct Runner {
    stream: Option<Stream>,
    watch: Watch,
    /// There are both once it has been kept. The waker is that of the slot.
    slot: Option<(Arc<Slot>, Waker)>,
}

impl StreamExecutor {
    /// That of one connection.
    pub(super) fn new(send_timeout: Option<Duration>) -> Self {
        Self(Arc::new(Tasks { send_timeout, waiting: Mutex::default() }))
    }
}

impl<F> hyper::rt::Executor<F> for StreamExecutor
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, stream: F) {
        // Its box is what a task is given: the future itself is large, and would be moved several times.
        let stream = Stream { stream: Box::pin(stream), tasks: Arc::clone(&self.0) };
        match self.0.take() {
            Some(slot) => slot.give(Next::Stream(stream)),
            None => drop(tokio::spawn(Runner::new(stream))),
        }
    }
}

impl Tasks {
    /// A task that waits.
    fn take(&self) -> Option<Arc<Slot>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// Notes that a task waits from now on, unless there are enough of them. Whether it is noted.
    fn keep(&self, slot: &mut Option<(Arc<Slot>, Waker)>, task: &Task<'_>) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= KEPT {
            return false;
        }
        let (slot, _) = slot.get_or_insert_with(|| Slot::of(task));
        waiting.push(Arc::clone(slot));
        true
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        for slot in self.waiting.get_mut().unwrap_or_else(PoisonError::into_inner) {
            slot.give(Next::End);
        }
    }
}

impl Slot {
    fn of(task: &Task<'_>) -> (Arc<Self>, Waker) {
        let slot = Arc::new(Self {
            next: Mutex::new(Next::Unknown),
            task: task.waker().clone(),
            state: AtomicU8::new(0),
        });
        (Arc::clone(&slot), slot.into())
    }

    fn give(&self, next: Next) {
        *self.lock() = next;
        self.task.wake_by_ref();
    }

    /// Runs a stream. Who wakes it meanwhile wakes the task afterwards, unless the stream is over.
    #[inline]
    fn noting(&self, run: impl FnOnce() -> Poll<()>) -> Poll<()> {
        self.state.store(RUNNING, Ordering::Release);
        let polled = run();
        let was_woken = self.state.swap(0, Ordering::AcqRel) & WOKEN != 0;
        if was_woken && polled.is_pending() {
            self.task.wake_by_ref();
        }
        polled
    }

    fn lock(&self) -> MutexGuard<'_, Next> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Slot {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.state.fetch_or(WOKEN, Ordering::AcqRel) & RUNNING == 0 {
            self.task.wake_by_ref();
        }
    }
}

impl Runner {
    fn new(stream: Stream) -> Self {
        Self { stream: Some(stream), watch: Watch::default(), slot: None }
    }
}

impl Future for Runner {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<()> {
        let this = &mut *self;
        if this.stream.is_none() {
            let (slot, _) = this.slot.as_ref().expect("a task without a stream was kept");
            match replace(&mut *slot.lock(), Next::Unknown) {
                Next::Unknown => return Poll::Pending,
                Next::Stream(stream) => this.stream = Some(stream),
                Next::End => return Poll::Ready(()),
            }
        }
        if let Some(Stream { stream, tasks }) = &mut this.stream {
            let (watch, send_timeout) = (&mut this.watch, tasks.send_timeout);
            ready!(match &this.slot {
                None => watch.poll(stream.as_mut(), send_timeout, task),
                Some((slot, waker)) => slot
                    .noting(|| { watch.poll(stream.as_mut(), send_timeout, &mut Task::from_waker(waker)) }),
            });
        }
        let Some(Stream { stream, tasks }) = this.stream.take() else { unreachable!("it was run") };
        drop(stream);
        this.watch = Watch::default();
        // What comes next wakes it, be it the end of the connection, which may be here and now.
        if tasks.keep(&mut this.slot, task) { Poll::Pending } else { Poll::Ready(()) }
    }
}

#[cfg(test)]
mod tests {
    use hyper::rt::Executor as _;
    use tokio::runtime::Handle;
    use tokio::sync::oneshot;
    use tokio::task::yield_now;

    use super::*;

    fn tasks() -> usize {
        Handle::current().metrics().num_alive_tasks()
    }

    /// Runs so many streams at once, and says in which tasks they were.
    async fn run(executor: &StreamExecutor, count: usize) -> Vec<tokio::task::Id> {
        let (starts, ids): (Vec<_>, Vec<_>) = (0..count)
            .map(|_| {
                let ((start, started), (done, id)) = (oneshot::channel::<()>(), oneshot::channel());
                executor.execute(async move {
                    started.await.unwrap();
                    done.send(tokio::task::id()).unwrap();
                });
                (start, id)
            })
            .unzip();
        for start in starts {
            start.send(()).unwrap();
        }
        let mut told = Vec::new();
        for id in ids {
            told.push(id.await.unwrap());
        }
        yield_now().await;
        told
    }

    #[tokio::test]
    async fn a_task_runs_one_stream_after_the_other() {
        let executor = StreamExecutor::new(None);
        let first = run(&executor, 1).await;
        assert_eq!(run(&executor, 1).await, first);
        let several = run(&executor, 3).await;
        assert!(several.contains(&first[0]) && several[0] != several[1] && several[1] != several[2]);
        assert_eq!(tasks(), 3);
    }

    #[tokio::test]
    async fn a_connection_keeps_a_few_tasks_and_only_while_it_lasts() {
        let executor = StreamExecutor::new(None);
        run(&executor, KEPT + 5).await;
        assert_eq!(tasks(), KEPT);
        let (start, started) = oneshot::channel::<()>();
        executor.execute(async move { started.await.unwrap() });
        drop(executor);
        yield_now().await;
        // The last stream knows that the connection is gone.
        assert_eq!(tasks(), KEPT);
        start.send(()).unwrap();
        yield_now().await;
        yield_now().await;
        assert_eq!(tasks(), 0);
    }

    #[tokio::test]
    async fn a_stream_that_wakes_itself_goes_on_unless_it_is_over() {
        let executor = StreamExecutor::new(None);
        // The first one is run by a new task.
        for _ in 0..2 {
            let (done, is_done) = oneshot::channel();
            let (mut left, mut done) = (3, Some(done));
            executor.execute(std::future::poll_fn(move |task| {
                task.waker().wake_by_ref();
                left -= 1;
                if left > 0 {
                    return Poll::Pending;
                }
                done.take().unwrap().send(task.waker().clone()).unwrap();
                Poll::Ready(())
            }));
            is_done.await.unwrap().wake();
            yield_now().await;
            assert_eq!(tasks(), 1);
        }
    }

    #[tokio::test]
    async fn a_stream_that_panics_takes_its_task_with_it() {
        let executor = StreamExecutor::new(None);
        run(&executor, 1).await;
        executor.execute(async { panic!("a layer") });
        yield_now().await;
        assert_eq!(tasks(), 0);
        run(&executor, 1).await;
        assert_eq!(tasks(), 1);
    }
}
