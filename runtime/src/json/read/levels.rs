//! How deep messages nest, as protobuf's binary form counts it.

use super::{Error, Reader};
use crate::json::options::MAX_DEPTH;

/// Levels of JSON that are looked at ahead of reading: messages with a list and a map each, and what is in an `Any`.
const AHEAD: u32 = 5 * MAX_DEPTH;

impl Reader<'_> {
    /// Opens a level.
    #[inline]
    pub(in crate::json) fn enter(&mut self) -> Result<(), Error> {
        self.levels_left = self.levels_left.checked_sub(1).ok_or_else(|| self.too_deep())?;
        Ok(())
    }

    /// Leaves a level.
    #[inline]
    pub(in crate::json) fn leave(&mut self) {
        self.levels_left += 1;
    }

    /// Leaves the object of a message.
    #[inline]
    pub(in crate::json) fn leave_message(&mut self) {
        self.levels_left += 1;
        self.pos += 1;
    }

    /// Reads something to know it, and comes back.
    pub(in crate::json) fn look_ahead<T>(
        &mut self,
        look: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let (pos, levels) = (self.pos, self.levels_left);
        self.levels_left = levels.max(AHEAD);
        let found = look(self)?;
        (self.pos, self.levels_left) = (pos, levels);
        Ok(found)
    }

    /// Enters an `Any`: what the outermost one holds is a message by itself. Returns what [`Reader::leave_any`] needs.
    pub(in crate::json) fn enter_any(&mut self) -> Result<(u32, bool), Error> {
        let before = (self.levels_left, self.in_any);
        if self.in_any {
            self.enter()?;
        } else {
            self.levels_left = self.options.depth_limit.saturating_add(1);
            self.in_any = true;
        }
        Ok(before)
    }

    pub(in crate::json) fn leave_any(&mut self, before: (u32, bool)) {
        (self.levels_left, self.in_any) = before;
    }

    /// [`Reader::next_element`] of an array of any values, which is a level as soon as it has one.
    pub(in crate::json) fn next_value_element(&mut self, first: &mut bool) -> Result<bool, Error> {
        let (starts, more) = (*first, self.next_element(first)?);
        match (starts, more) {
            (true, true) => self.enter()?,
            (false, false) => self.leave(),
            _ => {}
        }
        Ok(more)
    }

    #[cold]
    pub(in crate::json) fn too_deep(&self) -> Error {
        let limit = self.options.depth_limit;
        self.data(self.pos, format!("nested deeper than {limit} levels"))
    }
}
