//! Messages, lists and maps behind pointers, so that what is done with them is compiled once, not for each type.
//!
//! A table of methods lies wherever a pointer is made, brings along how its type is dropped, and has a copy of each
//! `#[inline]` method. Hence pointers to references, which nobody drops, and methods that are not inlined: one
//! function for a message in the whole program.

use super::{Error, Json, Reader, Writer};

/// Something to write.
pub(super) trait Write {
    fn write(&self, writer: &mut Writer);
}

impl<T: Json + ?Sized> Write for &T {
    #[inline(never)]
    fn write(&self, writer: &mut Writer) {
        (**self).write_json(writer);
    }
}

/// Something to read into.
pub(super) trait Read {
    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), Error>;

    /// See [`Json::read_field`].
    fn field(&mut self, index: usize, reader: &mut Reader<'_>) -> Result<(), Error>;
}

impl<T: Json + ?Sized> Read for &mut T {
    #[inline(never)]
    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), Error> {
        (**self).read_json(reader)
    }

    #[inline(never)]
    fn field(&mut self, index: usize, reader: &mut Reader<'_>) -> Result<(), Error> {
        (**self).read_field(index, reader)
    }
}

/// Values to write by their index.
pub trait Values {
    /// Writes one that is there.
    fn write(&self, index: usize, writer: &mut Writer);
}

/// Of a repeated field.
impl<T: Json> Values for &Vec<T> {
    fn write(&self, index: usize, writer: &mut Writer) {
        (&self[index]).write(writer);
    }
}

/// Of a map.
impl<T: Json> Values for &[&T] {
    fn write(&self, index: usize, writer: &mut Writer) {
        self[index].write(writer);
    }
}

/// A repeated field to read into.
pub(super) trait Append {
    /// Reads one more element.
    fn append(&mut self, reader: &mut Reader<'_>) -> Result<(), Error>;
}

impl<T: Json + Default> Append for &mut Vec<T> {
    fn append(&mut self, reader: &mut Reader<'_>) -> Result<(), Error> {
        self.push_mut(T::default()).read(reader)
    }
}
