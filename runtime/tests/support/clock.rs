//! A clock that a slow machine does not matter to.

use tokio::task::JoinHandle;

/// As long as this lives, no time passes: tokio's clock is paused, and goes on by itself only while nothing can run.
/// Without it the clock moves to the next timer at once.
pub(crate) struct Stopped(JoinHandle<()>);

impl Stopped {
    /// Stops the clock of this runtime, which has one thread.
    pub(crate) fn new() -> Self {
        Self(tokio::spawn(async {
            loop {
                tokio::task::yield_now().await;
            }
        }))
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        self.0.abort();
    }
}
