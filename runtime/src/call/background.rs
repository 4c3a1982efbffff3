//! Tasks beside calls.

use std::pin::Pin;

use tokio::task::JoinHandle;

/// Has tokio run a task. All that go this way are of one type for it, so that it is compiled once for all of them.
#[inline]
pub(crate) fn spawn(task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    spawn_boxed(Box::pin(task))
}

fn spawn_boxed(task: Pin<Box<dyn Future<Output = ()> + Send>>) -> JoinHandle<()> {
    tokio::spawn(task)
}
