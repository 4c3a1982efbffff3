//! What one connection may do at once, so that those that ask for much do not fill what all wait for.

use std::sync::Arc;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::Context;
use crate::bridge::Status;
use crate::peer::{Lane, Outbox};

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
    /// Holds a response that is to be written; `None` where nobody counts.
    ///
    /// # Errors
    /// `RESOURCE_EXHAUSTED` if there is no room.
    pub(crate) fn of(ctx: &Context, bytes: usize) -> Result<Option<Self>, Status> {
        if ctx.lane().is_some_and(|lane| !lane.outbox.has_room(bytes)) {
            tracing::warn!("a client does not read its responses: one is refused");
            return Err(unread());
        }
        Ok(Self::anyway(ctx, bytes))
    }

    /// Holds a response that is there.
    pub(crate) fn anyway(ctx: &Context, bytes: usize) -> Option<Self> {
        let outbox = Arc::clone(&ctx.lane()?.outbox);
        outbox.hold(bytes);
        Some(Self { outbox, bytes })
    }

    /// Holds no more than this: the client has taken the rest.
    #[cfg(feature = "compression")]
    pub(crate) fn shrink(&mut self, bytes: usize) {
        if let Some(gone) = self.bytes.checked_sub(bytes).filter(|gone| *gone > 0) {
            self.outbox.note_taken();
            self.outbox.release(gone);
            self.bytes = bytes;
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.outbox.release(self.bytes);
        }
    }
}
