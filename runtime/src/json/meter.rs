//! What allocations take.

/// The memory that a message may take for each of its bytes, whatever the limit is.
const PER_BYTE: usize = 32;

/// Adds up what reading a message takes. Generated code calls none of its methods.
#[derive(Debug)]
pub struct Meter {
    allowed: usize,
    /// What the message holds when it is complete.
    held: usize,
    /// The largest buffer that a list or map leaves for a larger one: for a moment there are both.
    left: usize,
}

/// What a message of `len` bytes may take where the limit is `limit`.
fn allowed(len: usize, limit: usize) -> usize {
    len.saturating_mul(PER_BYTE).max(limit)
}

/// What a piece of this size takes from the allocator, its own account included.
pub(super) const fn heap(bytes: usize) -> usize {
    match bytes {
        0 => 0,
        1..=24 => 32,
        _ => bytes.saturating_add(23) & !15,
    }
}

/// The elements that a list of `count` has room for.
const fn capacity(count: usize, size: usize) -> usize {
    let least = match size {
        0 => return 0,
        1 => 8,
        2..=1024 => 4,
        _ => 1,
    };
    let doubled = count.next_power_of_two();
    if doubled > least { doubled } else { least }
}

/// What the buffer of a list takes.
pub(super) const fn list(count: usize, size: usize) -> usize {
    if count == 0 { 0 } else { heap(capacity(count, size).saturating_mul(size)) }
}

/// What the buffer of a `HashMap` takes whose entries have this size.
pub(super) const fn hash_map(count: usize, entry: usize) -> usize {
    let buckets = match count {
        0 => return 0,
        1..=3 => 4,
        4..=7 => 8,
        _ => (count.saturating_mul(8) / 7).next_power_of_two(),
    };
    // A byte for each bucket, and a group of them more.
    heap(buckets.saturating_mul(entry + 1).saturating_add(31))
}

/// What the nodes of a `BTreeMap` take: each has room for 11 entries and is filled by half or, the last one, by less.
pub(super) const fn tree_map(count: usize, entry: usize) -> usize {
    if count == 0 {
        return 0;
    }
    // A node within, with its 12 pointers, stands for six leaves at least.
    let leaf = heap(11 * entry + 24);
    let leaves = count.div_ceil(5);
    let within = leaves.div_ceil(5);
    let nodes = if leaves == 1 { leaf } else { leaf.saturating_mul(leaves + within) };
    if leaves == 1 { nodes } else { nodes.saturating_add(within.saturating_mul(96)) }
}

impl Meter {
    /// For a message of `len` bytes where the limit is `limit`.
    pub(super) fn for_message(len: usize, limit: usize) -> Self {
        Self { allowed: allowed(len, limit), held: 0, left: 0 }
    }

    /// What there may be.
    pub(super) fn allowed(&self) -> usize {
        self.allowed
    }

    /// Whether it is too much already.
    #[inline]
    pub(super) fn is_exceeded(&self) -> bool {
        self.total() > self.allowed
    }

    /// What it is so far.
    pub(super) fn total(&self) -> usize {
        self.held.saturating_add(self.left)
    }

    /// An allocation.
    #[inline]
    pub(super) fn add(&mut self, bytes: usize) {
        self.held = self.held.saturating_add(heap(bytes));
    }

    /// A text or bytes.
    #[inline]
    pub(super) fn add_text(&mut self, len: usize) {
        self.add(if len == 0 { 0 } else { len.max(8) });
    }

    /// A text that grew piece by piece.
    pub(super) fn add_grown_text(&mut self, capacity: usize) {
        self.add_text(capacity);
        self.left = self.left.max(capacity / 2);
    }

    /// Content of which nothing else is known.
    pub(super) fn add_unknown(&mut self, len: usize, factor: usize) {
        self.held = self.held.saturating_add(len.saturating_mul(factor));
    }

    /// A list grows.
    #[inline]
    pub(super) fn grow_list(&mut self, before: usize, after: usize, size: usize) {
        if before == 0 || capacity(before, size) != capacity(after, size) {
            self.replace(list(before, size), list(after, size));
        }
    }

    /// A map takes one more entry.
    pub(super) fn grow_map(&mut self, before: usize, entry: usize, sorted: bool) {
        if sorted {
            self.held = self.held.saturating_add(tree_map(before + 1, entry) - tree_map(before, entry));
        } else {
            self.replace(hash_map(before, entry), hash_map(before + 1, entry));
        }
    }

    /// A buffer moves to a larger one.
    fn replace(&mut self, before: usize, after: usize) {
        self.held = self.held.saturating_add(after - before);
        self.left = self.left.max(before);
    }
}
