//! Large requests are read and tested beside the threads that serve connections, and large responses are written there: that
//! takes as long as the limits of messages allow. Others are served meanwhile, and the deadline of the call ends the wait.

use std::panic::resume_unwind;
use std::pin::Pin;
#[cfg(feature = "rest")]
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::task::{Context as Task, Poll, ready};
use std::thread::available_parallelism;

use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::CallError;
use super::turn::Held;
use crate::Context;
use crate::bridge::Status;
use crate::message::AnyMessage;

/// What is longer is large, in bytes: it takes longer than going to another thread.
pub(crate) const LARGE: usize = 64 << 10;

/// Half of the processors: the others are for whoever sends less.
static TURNS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| {
    let processors = available_parallelism().map_or(1, usize::from);
    Arc::new(Semaphore::new((processors / 2).max(1)))
});

/// Does work on another thread, as soon as it is its turn.
async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    if Handle::try_current().is_err() {
        return work();
    }
    let turn = Arc::clone(&TURNS).acquire_owned().await.expect("it is not closed");
    let working = spawn_blocking(move || {
        let done = work();
        // Not before: nobody may wait for it any more.
        drop(turn);
        done
    });
    match working.await {
        Ok(done) => done,
        Err(failed) if failed.is_panic() => resume_unwind(failed.into_panic()),
        // Where the runtime ends, nobody asks any more.
        Err(_) => std::future::pending().await,
    }
}

/// A message, and whether it could be read.
type Done = (Box<dyn AnyMessage>, Result<(), CallError>);

/// What makes a message of its bytes.
type Read = Box<dyn FnOnce(&mut dyn AnyMessage) -> Result<(), CallError> + Send>;

/// What makes a response of its message.
type Write<T> = Box<dyn FnOnce(&mut dyn AnyMessage) -> Result<T, CallError> + Send>;

/// A large request that is read and tested.
pub(crate) struct Aside(Pin<Box<dyn Future<Output = Done> + Send>>);

impl Aside {
    /// Has `read` make a message of the type of `message`.
    pub(crate) fn new(
        message: &dyn AnyMessage,
        read: impl FnOnce(&mut dyn AnyMessage) -> Result<(), CallError> + Send + 'static,
    ) -> Self {
        Self::reading(message.empty(), Box::new(read))
    }

    fn reading(mut message: Box<dyn AnyMessage>, read: Read) -> Self {
        Self(Box::pin(beside(move || {
            let done = read(&mut *message);
            (message, done)
        })))
    }

    /// Moves the message into `message`, which is empty and of its type.
    pub(crate) fn poll(
        &mut self,
        task: &mut Task<'_>,
        message: &mut dyn AnyMessage,
    ) -> Poll<Result<(), CallError>> {
        let (mut read, done) = ready!(self.0.as_mut().poll(task));
        if !message.swap(&mut *read) {
            return Poll::Ready(Err(Status::internal("a message has changed its type").into()));
        }
        Poll::Ready(done)
    }
}

/// A large response that is written. Its bytes count as unsent for as long as there is this.
///
/// In a box: what each call has room for is to be small.
pub(crate) struct Written<T>(Box<Writing<T>>);

struct Writing<T> {
    work: Pin<Box<dyn Future<Output = Result<T, CallError>> + Send>>,
    _held: Option<Held>,
}

impl<T: Send + 'static> Written<T> {
    /// Has `write` make a response of `message`.
    pub(crate) fn new(
        message: Box<dyn AnyMessage>,
        write: impl FnOnce(&mut dyn AnyMessage) -> Result<T, CallError> + Send + 'static,
    ) -> Self {
        Self::holding(None, message, Box::new(write))
    }

    #[cold]
    fn holding(held: Option<Held>, mut message: Box<dyn AnyMessage>, write: Write<T>) -> Self {
        Self(Box::new(Writing { work: Box::pin(beside(move || write(&mut *message))), _held: held }))
    }

    /// The same of the one response of a call, which takes about `length` bytes. `message` is empty then.
    ///
    /// # Errors
    /// The connection of the call holds too much already that its client does not read.
    #[cold]
    pub(crate) fn alone(
        ctx: &Context,
        message: &mut dyn AnyMessage,
        length: usize,
        write: impl FnOnce(&mut dyn AnyMessage) -> Result<T, CallError> + Send + 'static,
    ) -> Result<Self, CallError> {
        let held = Held::of(ctx, length)?;
        Ok(Self::holding(held, message.take(), Box::new(write)))
    }

    pub(crate) fn poll(&mut self, task: &mut Task<'_>) -> Poll<Result<T, CallError>> {
        self.0.work.as_mut().poll(task)
    }
}

/// About how many bytes a message takes, if it is large.
#[inline]
fn length_of_large(message: &dyn AnyMessage) -> Option<usize> {
    Some(message.wire_len()).filter(|length| *length > LARGE)
}

/// Whether a server has had a large response. Until then none is measured before it is written: small ones pay for that.
#[cfg(feature = "rest")]
#[derive(Default)]
pub(crate) struct LargeSeen(AtomicBool);

#[cfg(feature = "rest")]
impl LargeSeen {
    /// About how many bytes a message takes, if it is to be written on another thread.
    #[inline]
    pub(crate) fn of_large(&self, message: &dyn AnyMessage) -> Option<usize> {
        if self.0.load(Ordering::Relaxed) { length_of_large(message) } else { None }
    }

    /// Notes how many bytes a message has taken.
    #[inline]
    pub(crate) fn note(&self, length: usize) {
        if length > LARGE {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

/// A copy of a server's settings is for another one, which has had none.
#[cfg(feature = "rest")]
impl Clone for LargeSeen {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// Tells which messages of a stream are large. Those of one stream are nearly always of about the same size: none is measured
/// whose last one was small.
#[derive(Default)]
pub(crate) struct Sizes {
    was_large: bool,
}

impl Sizes {
    /// About how many bytes a message takes, if it is to be written on another thread.
    #[inline]
    pub(crate) fn of_large(&self, message: &dyn AnyMessage) -> Option<usize> {
        if self.was_large { length_of_large(message) } else { None }
    }

    /// Notes how many bytes a message has taken.
    #[inline]
    pub(crate) fn note(&mut self, length: usize) {
        self.was_large = length > LARGE;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;
    use crate::pb::google::rpc::BadRequest;

    async fn read(aside: &mut Aside, message: &mut BadRequest) -> Result<(), CallError> {
        std::future::poll_fn(|task| aside.poll(task, message)).await
    }

    #[tokio::test]
    async fn others_run_while_a_message_is_read() {
        let mut message = BadRequest::default();
        let (others, have_run) = mpsc::channel();
        let mut aside = Aside::new(&message, move |message| {
            // With one thread for all, nobody would send this.
            have_run.recv_timeout(Duration::from_mins(1)).expect("others run");
            message.merge_wire((&b"\x0a\0"[..]).into()).expect("it is a message");
            Ok(())
        });
        let (read, ()) = tokio::join!(read(&mut aside, &mut message), async { others.send(()).unwrap() });
        read.unwrap();
        assert_eq!(message.field_violations.len(), 1);
    }

    #[tokio::test]
    async fn an_error_and_a_panic_reach_who_waits() {
        let mut message = BadRequest::default();
        let mut aside = Aside::new(&message, |_| Err(Status::invalid_argument("no").into()));
        let error = read(&mut aside, &mut message).await.unwrap_err();
        assert_eq!(error.status.message(), "no");
        let panics = tokio::spawn(async {
            let mut message = BadRequest::default();
            let mut aside = Aside::new(&message, |_| panic!("at work"));
            read(&mut aside, &mut message).await.unwrap();
        });
        assert_eq!(panics.await.unwrap_err().into_panic().downcast_ref(), Some(&"at work"));
        // Its turn is given back.
        let mut aside = Aside::new(&message, |_| Ok(()));
        read(&mut aside, &mut message).await.unwrap();
    }

    #[test]
    fn without_a_runtime_it_is_read_at_once() {
        use futures_util::FutureExt as _;

        let mut message = BadRequest::default();
        let mut aside = Aside::new(&message, |_| Ok(()));
        read(&mut aside, &mut message).now_or_never().expect("it is there").unwrap();
    }
}
