//! Values that nobody wants, read all the same: what is skipped is JSON too.

use super::{Error, Reader};

impl Reader<'_> {
    /// Takes a value of any kind.
    pub(in crate::json) fn skip_value(&mut self) -> Result<(), Error> {
        match self.byte() {
            b'{' => {
                self.open_entries()?;
                let mut started = false;
                while self.next_entry(started)?.is_some() {
                    started = true;
                    self.skip_value()?;
                }
                Ok(())
            }
            b'[' => {
                self.open_array()?;
                let mut first = true;
                while self.next_value_element(&mut first)? {
                    self.skip_value()?;
                }
                Ok(())
            }
            b'"' => self.str_value().map(drop),
            b'-' | b'0'..=b'9' => self.number_text().map(drop),
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            _ => Err(self.expected("a value")),
        }
    }
}
