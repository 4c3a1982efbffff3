//! Which of the entries of a list comes after which.

use std::cmp::Ordering;
use std::slice;

/// So many positions lie in one run at most: an insertion moves no more.
pub(super) const RUN: usize = 512;

/// Positions in a list, in the order of what lies there: runs, so that an insertion moves few.
#[derive(Clone, Default)]
pub(super) struct Order(pub(super) Vec<Vec<u32>>);

impl Order {
    /// The run and the place in it where `compare` finds what is sought, or where that would be.
    pub(super) fn find(&self, compare: &dyn Fn(u32) -> Ordering) -> Result<(usize, usize), (usize, usize)> {
        let begun = self.0.partition_point(|run| compare(run[0]).is_le());
        let run = begun.saturating_sub(1);
        let Some(found) = self.0.get(run) else { return Err((0, 0)) };
        match found.binary_search_by(|position| compare(*position)) {
            Ok(at) => Ok((run, at)),
            Err(at) => Err((run, at)),
        }
    }

    pub(super) fn at(&self, (run, at): (usize, usize)) -> usize {
        self.0[run][at] as usize
    }

    pub(super) fn insert(&mut self, (run, at): (usize, usize), position: usize) {
        if self.0.is_empty() {
            self.0.push(Vec::new());
        }
        let found = &mut self.0[run];
        found.insert(at, u32::try_from(position).expect("fewer than 2^32 entries"));
        if found.len() > RUN {
            let rest = found.split_off(RUN / 2);
            self.0.insert(run + 1, rest);
        }
    }

    pub(super) fn remove(&mut self, (run, at): (usize, usize)) -> usize {
        let position = self.0[run].remove(at);
        if self.0[run].is_empty() {
            self.0.remove(run);
        }
        position as usize
    }

    pub(super) fn iter(&self) -> Positions<'_> {
        Positions { runs: self.0.iter(), run: [].iter() }
    }
}

#[derive(Clone)]
pub(super) struct Positions<'a> {
    runs: slice::Iter<'a, Vec<u32>>,
    run: slice::Iter<'a, u32>,
}

impl Iterator for Positions<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        loop {
            if let Some(position) = self.run.next() {
                return Some(*position as usize);
            }
            self.run = self.runs.next()?.iter();
        }
    }
}
