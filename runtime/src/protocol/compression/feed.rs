//! Compressed bytes on their way to a decoder.

use std::collections::VecDeque;
use std::io::{self, BufRead, ErrorKind, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Buf, Bytes};

/// What arrived and is not decompressed. It would block where more has to arrive.
#[derive(Clone, Default)]
pub(super) struct Feed(Arc<Mutex<Arrived>>);

#[derive(Default)]
struct Arrived {
    parts: VecDeque<Bytes>,
    complete: bool,
}

impl Feed {
    fn lock(&self) -> MutexGuard<'_, Arrived> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn push(&self, part: Bytes) {
        if !part.is_empty() {
            self.lock().parts.push_back(part);
        }
    }

    pub(super) fn complete(&self) {
        self.lock().complete = true;
    }

    pub(super) fn is_complete(&self) -> bool {
        self.lock().complete
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lock().parts.is_empty()
    }

    /// The next part, empty at the end.
    pub(super) fn next(&self) -> io::Result<Bytes> {
        let mut arrived = self.lock();
        match arrived.parts.pop_front() {
            Some(part) => Ok(part),
            None if arrived.complete => Ok(Bytes::new()),
            None => Err(ErrorKind::WouldBlock.into()),
        }
    }
}

/// A feed as the decoders read it.
pub(super) struct FeedReader {
    feed: Feed,
    part: Bytes,
}

impl FeedReader {
    pub(super) fn new(feed: Feed) -> Self {
        Self { feed, part: Bytes::new() }
    }
}

impl Read for FeedReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buf)?;
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for FeedReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.part.is_empty() {
            self.part = self.feed.next()?;
        }
        Ok(&self.part)
    }

    fn consume(&mut self, count: usize) {
        self.part.advance(count);
    }
}
