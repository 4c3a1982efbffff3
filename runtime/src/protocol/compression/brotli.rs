//! The decoder of brotli: what memory it needs is asked for before it is taken.

use std::io::Read;

use brotli::reader::DecompressorCustomAlloc;
use brotli::{Allocator, SliceWrapper, SliceWrapperMut};

use super::feed::{Feed, FeedReader};
use super::held::DecoderShare;

/// How much of what arrived is copied at once. In bytes.
const INPUT: usize = 4096;

/// Decodes `feed`, with memory of `share`. Without one nobody counts it.
pub(super) fn decoder(feed: &Feed, share: Option<&DecoderShare>) -> impl Read + Send + use<> {
    let memory = || Memory(share.cloned());
    let input = Cells(vec![0; INPUT]);
    DecompressorCustomAlloc::new(FeedReader::new(feed.clone()), input, memory(), memory(), memory())
}

/// Where the decoder asks for its window and its tables. It fails if it gets nothing.
struct Memory(Option<DecoderShare>);

impl<T: Clone + Default> Allocator<T> for Memory {
    type AllocatedMemory = Cells<T>;

    fn alloc_cell(&mut self, len: usize) -> Cells<T> {
        match &self.0 {
            Some(share) if !share.take(len.saturating_mul(size_of::<T>())) => Cells::default(),
            _ => Cells(vec![T::default(); len]),
        }
    }

    fn free_cell(&mut self, cells: Cells<T>) {
        if let Some(share) = &self.0 {
            share.give_back(size_of_val(&*cells.0));
        }
    }
}

/// A piece of memory.
struct Cells<T>(Vec<T>);

impl<T> Default for Cells<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> SliceWrapper<T> for Cells<T> {
    fn slice(&self) -> &[T] {
        &self.0
    }
}

impl<T> SliceWrapperMut<T> for Cells<T> {
    fn slice_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}
