//! How deep messages nest, as protobuf's binary form counts it.

use super::{Error, Reader};
use crate::json::info::{Cardinality, Field, MessageInfo, Type};
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

    /// What is read next is a field's value: its message is open.
    pub(in crate::json) fn open_root(&mut self, field: &Field) -> Result<(), Error> {
        self.enter()?;
        self.look_ahead(|reader| reader.check_levels(field, reader.levels_left))
    }

    /// Enters the object of a message. Each field is a message, a scalar, or several of them: within the last two levels,
    /// what is there is looked at before.
    #[inline]
    pub(in crate::json) fn enter_message(&mut self, info: &'static MessageInfo) -> Result<(), Error> {
        if self.levels_left < 3 {
            self.enter_last(info)?;
        }
        self.levels_left -= 1;
        self.pos += 1;
        Ok(())
    }

    /// Leaves the object of a message.
    #[inline]
    pub(in crate::json) fn leave_message(&mut self) {
        self.levels_left += 1;
        self.pos += 1;
    }

    #[cold]
    fn enter_last(&mut self, info: &'static MessageInfo) -> Result<(), Error> {
        let Some(left) = self.levels_left.checked_sub(1) else { return Err(self.too_deep()) };
        self.look_ahead(|reader| {
            reader.open_entries()?;
            let mut started = false;
            while let Some(key) = reader.next_entry(started)? {
                started = true;
                if let Some(field) = info.fields.iter().find(|field| field.has_name(&key)) {
                    reader.check_levels(field, left)?;
                }
                reader.skip_value()?;
            }
            Ok(())
        })
    }

    /// Whether `left` levels are enough for what stands here and is the value of a field.
    fn check_levels(&mut self, field: &Field, left: u32) -> Result<(), Error> {
        let is_message = matches!(field.ty, Type::Message(_) | Type::Group(_));
        let mut after = self.pos + 1;
        while matches!(self.input().get(after), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            after += 1;
        }
        let is_empty = matches!(self.input().get(after), Some(b']' | b'}'));
        let needed = match field.cardinality {
            Cardinality::Map(_) if is_empty => 0,
            Cardinality::Map(_) => 1 + u32::from(is_message),
            Cardinality::Repeated | Cardinality::Packed if is_empty => 0,
            _ => u32::from(is_message),
        };
        let is_absent = self.byte() == b'n' && !field.is_nullable();
        if needed > left && !is_absent { Err(self.too_deep()) } else { Ok(()) }
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
    fn too_deep(&self) -> Error {
        let limit = self.options.depth_limit;
        self.data(self.pos, format!("nested deeper than {limit} levels"))
    }
}
