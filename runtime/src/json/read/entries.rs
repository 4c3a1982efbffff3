//! The entries of an object, by their keys.

use std::borrow::Cow;

use super::{Error, Reader};

impl<'a> Reader<'a> {
    /// To an object's next key, if it has one.
    #[inline]
    pub(in crate::json) fn next_key(&mut self, started: bool) -> Result<bool, Error> {
        match self.peek() {
            b'}' => return Ok(false),
            b',' if started => {
                self.pos += 1;
                self.peek();
            }
            _ if started => return Err(self.expected("`,` or `}`")),
            _ => {}
        }
        if self.byte() == b'"' { Ok(true) } else { Err(self.expected("a field name in quotes")) }
    }

    /// To an object's next key of any kind, which is taken with its colon. For maps and their like.
    pub(in crate::json) fn next_entry(&mut self, started: bool) -> Result<Option<Cow<'a, str>>, Error> {
        Ok(self.next_entry_at(started)?.map(|(key, _)| key))
    }

    /// [`Reader::next_entry`], with the place of the key.
    pub(in crate::json) fn next_entry_at(
        &mut self,
        started: bool,
    ) -> Result<Option<(Cow<'a, str>, usize)>, Error> {
        if !self.next_key(started)? {
            self.pos += 1;
            if started {
                self.leave();
            }
            return Ok(None);
        }
        let at = self.pos;
        if !started {
            self.enter()?;
        }
        let key = self.str_value()?;
        self.colon()?;
        Ok(Some((key, at)))
    }

    /// Enters an object whose keys are data. Its first entry opens a level.
    pub(in crate::json) fn open_entries(&mut self) -> Result<(), Error> {
        if self.byte() != b'{' {
            return Err(self.expected("an object"));
        }
        self.pos += 1;
        Ok(())
    }

    /// Takes the colon and the whitespace round it.
    #[inline]
    pub(in crate::json) fn colon(&mut self) -> Result<(), Error> {
        if self.peek() != b':' {
            return Err(self.expected("`:`"));
        }
        self.pos += 1;
        self.peek();
        Ok(())
    }
}
