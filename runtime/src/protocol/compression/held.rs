//! What decoders hold of bodies that have not arrived: whoever stops in the middle of one keeps its window in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::bridge::{Code, Status};
use crate::error::wire;

/// Up to here a decoder is not counted, in bytes.
const SMALL: usize = 64 << 10;
/// When a caller that is refused may try again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// What the decoders of bodies that have not arrived may hold together.
#[derive(Debug)]
pub(crate) struct DecoderMemory {
    limit: usize,
    held: AtomicUsize,
}

impl DecoderMemory {
    /// So many bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, held: AtomicUsize::new(0) }
    }
}

impl Default for DecoderMemory {
    fn default() -> Self {
        Self::new(64 << 20)
    }
}

/// What one decoder holds of it. Its clones are the same share: a decoder works in one task at a time.
#[derive(Clone, Debug)]
pub(crate) struct DecoderShare(Arc<Share>);

#[derive(Debug)]
struct Share {
    memory: Arc<DecoderMemory>,
    /// What the decoder has.
    used: AtomicUsize,
    /// What is counted of that.
    held: AtomicUsize,
    /// Whether all of the body has arrived.
    arrived: AtomicBool,
    /// Whether the decoder did not get what it needs.
    refused: AtomicBool,
}

/// Of a memory that no other decoder has a part of.
impl Default for DecoderShare {
    fn default() -> Self {
        Self::new(Arc::default())
    }
}

impl DecoderShare {
    pub(crate) fn new(memory: Arc<DecoderMemory>) -> Self {
        let (used, held) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let (arrived, refused) = (AtomicBool::new(false), AtomicBool::new(false));
        Self(Arc::new(Share { memory, used, held, arrived, refused }))
    }

    /// All of the body has arrived: from now on nothing is waited for, and what is taken is soon given back.
    pub(super) fn note_arrived(&self) {
        self.0.arrived.store(true, Ordering::Relaxed);
    }

    /// Asks for so many bytes more; whether the decoder may have them. It may not if all of them hold too much then.
    pub(super) fn take(&self, bytes: usize) -> bool {
        let share = &*self.0;
        let used = share.used.load(Ordering::Relaxed).saturating_add(bytes);
        if used > SMALL && !share.arrived.load(Ordering::Relaxed) {
            let more = used - share.held.load(Ordering::Relaxed);
            if share.memory.held.fetch_add(more, Ordering::Relaxed).saturating_add(more) > share.memory.limit
            {
                share.memory.held.fetch_sub(more, Ordering::Relaxed);
                share.refused.store(true, Ordering::Relaxed);
                return false;
            }
            share.held.store(used, Ordering::Relaxed);
        }
        share.used.store(used, Ordering::Relaxed);
        true
    }

    /// So many bytes are no longer needed.
    pub(super) fn give_back(&self, bytes: usize) {
        self.0.give_back(bytes);
    }

    /// The decoder is gone.
    pub(super) fn release(&self) {
        self.0.give_back(usize::MAX);
    }

    /// The error of a decoder that did not get what it needs: `RESOURCE_EXHAUSTED`, with the time after which to try again.
    pub(super) fn refusal(&self) -> Option<Status> {
        self.0.refused.load(Ordering::Relaxed).then(|| {
            let message = "too much memory is held for compressed bodies that have not arrived";
            wire::retry_after(Code::ResourceExhausted, message.to_owned(), RETRY_AFTER)
        })
    }
}

impl Share {
    fn give_back(&self, bytes: usize) {
        let used = self.used.load(Ordering::Relaxed).saturating_sub(bytes);
        self.used.store(used, Ordering::Relaxed);
        let held = self.held.load(Ordering::Relaxed);
        if held > used {
            self.held.store(used, Ordering::Relaxed);
            self.memory.held.fetch_sub(held - used, Ordering::Relaxed);
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.give_back(usize::MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_them_share_a_limit() {
        let memory = Arc::new(DecoderMemory::new(1 << 20));
        let first = DecoderShare::new(Arc::clone(&memory));
        let second = DecoderShare::new(Arc::clone(&memory));
        assert!(first.take(SMALL));
        assert_eq!(memory.held.load(Ordering::Relaxed), 0, "little is not counted");
        assert!(first.take(600_000 - SMALL));
        assert!(second.take(400_000));
        assert_eq!(memory.held.load(Ordering::Relaxed), 1_000_000);
        assert!(!second.take(100_000));
        assert_eq!(second.refusal().map(|status| status.code()), Some(Code::ResourceExhausted));
        assert!(first.refusal().is_none());
        assert_eq!(memory.held.load(Ordering::Relaxed), 1_000_000, "what is refused is not held");
        second.give_back(350_000);
        assert!(first.take(200_000));
        first.give_back(700_000);
        first.release();
        assert_eq!(memory.held.load(Ordering::Relaxed), 50_000);
        drop(second);
        assert_eq!(memory.held.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn what_has_arrived_takes_what_it_needs() {
        let memory = Arc::new(DecoderMemory::new(1 << 20));
        let share = DecoderShare::new(Arc::clone(&memory));
        assert!(share.take(800_000));
        share.note_arrived();
        assert!(share.take(800_000));
        assert_eq!(memory.held.load(Ordering::Relaxed), 800_000);
        share.give_back(1_000_000);
        assert_eq!(memory.held.load(Ordering::Relaxed), 600_000);
    }
}
