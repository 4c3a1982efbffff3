//! What one connection may do at once, so that those that ask for much do not fill what all wait for.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::Context;
use crate::bridge::Status;
use crate::peer::{Lane, Outbox};

/// How long a request has waited before anybody began with it. The time of its call counts from when it came.
#[derive(Clone, Copy)]
pub(crate) struct Waited(pub(crate) Duration);

/// The turn of a call, until it is dropped.
pub(crate) type Turn<'a> = SemaphorePermit<'a>;

/// Waits until it is the turn of a call, and its client takes what it has asked for before.
///
/// # Errors
/// `RESOURCE_EXHAUSTED` if the client takes nothing.
#[cold]
pub(crate) async fn take<'a>(lane: &'a Lane, turns: &'a Semaphore) -> Result<Turn<'a>, Status> {
    loop {
        let turn = turns.acquire().await.expect("it is not closed");
        if !lane.outbox.is_much() {
            return Ok(turn);
        }
        // The others come to know it as well, and wait at the same time.
        drop(turn);
        if !lane.outbox.becomes_less().await {
            tracing::debug!("a client does not read its responses: a call is refused");
            return Err(unread());
        }
    }
}

#[cold]
fn unread() -> Status {
    Status::resource_exhausted("the responses to the calls before this one are not read")
}

/// What counts as unsent of a connection.
pub(crate) struct Held {
    outbox: Arc<dyn Outbox>,
    bytes: usize,
}

impl Held {
    /// `None` where nobody counts.
    ///
    /// # Errors
    /// `RESOURCE_EXHAUSTED` if there is no room.
    pub(crate) fn of(ctx: &Context, bytes: usize) -> Result<Option<Self>, Status> {
        let Some(Lane { outbox, .. }) = ctx.lane() else { return Ok(None) };
        if !outbox.has_room(bytes) {
            tracing::warn!("a client does not read its responses: one is refused");
            return Err(unread());
        }
        outbox.hold(bytes);
        Ok(Some(Self { outbox: Arc::clone(outbox), bytes }))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.outbox.release(self.bytes);
    }
}
