//! Messages within the last levels: what a field holds takes levels that its JSON does not show.

use crate::json::info::{Cardinality, Field, MessageInfo, Type};
use crate::json::{Error, Reader};

impl Reader<'_> {
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
            Cardinality::Map(_) | Cardinality::Repeated | Cardinality::Packed if is_empty => 0,
            Cardinality::Map(_) => 1 + u32::from(is_message),
            _ => u32::from(is_message),
        };
        let is_absent = self.byte() == b'n' && !field.is_nullable();
        if needed > left && !is_absent { Err(self.too_deep()) } else { Ok(()) }
    }
}
