//! Validation by a mask: rules of fields in it count, and rules that read nothing else.

use super::{RuleRef, Sink};
use crate::validate::mask::{Covered, Mask, PRESENCE, Position};
use crate::validate::rules::{Reads, Rule};

/// A message on the way to the fields in a mask.
#[derive(Debug)]
pub(super) struct Cursor {
    mask: Mask,
    at: Position,
}

impl Cursor {
    pub(super) fn new(mask: Mask) -> Self {
        Self { at: mask.start(), mask }
    }
}

impl Sink {
    /// Tests what is in the field `number`, as far as that is in the mask.
    pub(super) fn below_mask(&mut self, number: u32, test: &mut dyn FnMut(&mut Self)) {
        let mut cursor = self.mask.take().expect("there is a mask");
        match cursor.mask.below(&cursor.at, number) {
            Covered::None => {}
            Covered::All => test(self),
            Covered::Part(below) => {
                let above = std::mem::replace(&mut cursor.at, below);
                self.mask = Some(cursor);
                test(self);
                cursor = self.mask.take().expect("it was put there");
                cursor.at = above;
            }
        }
        self.mask = Some(cursor);
    }

    /// Whether a violation of the field `number`, or of the message itself, does not count. The part of the field that
    /// it is about is forgotten then.
    #[inline]
    pub(super) fn is_masked_out(&mut self, number: u32, rule: RuleRef) -> bool {
        self.mask.is_some() && self.leaves_out(number, rule)
    }

    #[inline(never)]
    fn leaves_out(&mut self, number: u32, rule: RuleRef) -> bool {
        let counts = match rule {
            RuleRef::Required { .. } => self.is_in_mask(&[number, PRESENCE]),
            RuleRef::Other(Rule { reads: Some(reads), .. }) => self.reads_masked(number, reads),
            RuleRef::Standard(_) | RuleRef::Other(_) => self.is_all_in_mask(number),
        };
        if !counts {
            self.part = None;
        }
        !counts
    }

    /// Whether all of the field `number`, or of the message itself, is in the mask.
    pub(super) fn is_all_in_mask(&self, number: u32) -> bool {
        let path = [number];
        self.is_in_mask(if number == 0 { &[] } else { &path })
    }

    /// Whether all that is at `path` is in the mask.
    pub(super) fn is_in_mask(&self, path: &[u32]) -> bool {
        self.mask.as_ref().is_none_or(|cursor| cursor.mask.covers(&cursor.at, path))
    }

    /// Whether all that a rule reads is in the mask: paths from the field `number`, or from the message itself.
    pub(super) fn reads_masked(&self, number: u32, reads: Reads) -> bool {
        let own = if number == 0 { Vec::new() } else { vec![number] };
        self.mask.is_none() || reads.iter().all(|path| self.is_in_mask(&[&own, *path].concat()))
    }
}
