//! What decoders hold of bodies that have not arrived: whoever stops in the middle of one keeps its window in memory.

use std::mem::take;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::Compression;
use crate::bridge::{Code, Status};
use crate::error::wire;

/// Up to here a decoder is not counted, in bytes.
const SMALL: usize = 64 << 10;
/// The most that a decoder looks back, in bytes: 16 MiB of brotli, the larger of the two.
const LARGEST_WINDOW: usize = 16 << 20;
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

/// What one decoder holds of it.
#[derive(Debug)]
pub(crate) struct DecoderShare {
    memory: Arc<DecoderMemory>,
    held: usize,
}

/// Of a memory that no other decoder has a part of.
impl Default for DecoderShare {
    fn default() -> Self {
        Self::new(Arc::default())
    }
}

impl DecoderShare {
    pub(crate) fn new(memory: Arc<DecoderMemory>) -> Self {
        Self { memory, held: 0 }
    }

    /// Notes that so many bytes have come out of a decoder whose body has not arrived as a whole.
    ///
    /// # Errors
    /// `RESOURCE_EXHAUSTED`, with the time after which to try again, if all of them hold too much then.
    pub(super) fn hold(&mut self, coding: Compression, produced: usize) -> Result<(), Status> {
        // gzip looks back 32 KiB.
        if coding == Compression::Gzip || produced <= SMALL {
            return Ok(());
        }
        let more = produced.min(LARGEST_WINDOW).saturating_sub(self.held);
        self.held += more;
        if self.memory.held.fetch_add(more, Ordering::Relaxed) + more <= self.memory.limit {
            return Ok(());
        }
        let message = "too much memory is held for compressed bodies that have not arrived";
        Err(wire::retry_after(Code::ResourceExhausted, message.to_owned(), RETRY_AFTER))
    }

    /// The decoder is gone.
    pub(super) fn release(&mut self) {
        self.memory.held.fetch_sub(take(&mut self.held), Ordering::Relaxed);
    }
}

impl Drop for DecoderShare {
    fn drop(&mut self) {
        self.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_them_share_a_limit() {
        let memory = Arc::new(DecoderMemory::new(1 << 20));
        let mut first = DecoderShare::new(Arc::clone(&memory));
        let mut second = DecoderShare::new(Arc::clone(&memory));
        first.hold(Compression::Brotli, SMALL).unwrap();
        first.hold(Compression::Brotli, 500_000).unwrap();
        first.hold(Compression::Brotli, 600_000).unwrap();
        second.hold(Compression::Gzip, 1 << 30).unwrap();
        second.hold(Compression::Zstd, 400_000).unwrap();
        let error = second.hold(Compression::Zstd, 500_000).unwrap_err();
        assert_eq!(error.code(), Code::ResourceExhausted);
        second.release();
        first.hold(Compression::Brotli, 1 << 20).unwrap();
        drop(first);
        assert_eq!(memory.held.load(Ordering::Relaxed), 0);
    }
}
