//! Messages and lists behind pointers.
//!
//! What a pointer to a trait can call is compiled wherever such a pointer is made. So they are made here alone, in
//! functions that are not inlined: once for each message of a program, not once for each place that uses it.

use super::Json;

/// A message, whichever it is.
#[inline(never)]
pub(super) fn erase<T: Json>(message: &T) -> &dyn Json {
    message
}

/// A message, whichever it is, to be read.
#[inline(never)]
pub(super) fn erase_mut<T: Json>(message: &mut T) -> &mut dyn Json {
    message
}

/// A repeated field, whatever is in it.
pub(super) trait List {
    /// The element at an index, if it has one.
    fn at(&self, index: usize) -> Option<&dyn Json>;
}

/// A repeated field to be read.
pub(super) trait ListMut {
    /// Adds an element, which is then read.
    fn add(&mut self) -> &mut dyn Json;
}

// For references, since a pointer to the list itself could also drop it.
impl<T: Json> List for &Vec<T> {
    fn at(&self, index: usize) -> Option<&dyn Json> {
        self.get(index).map(erase)
    }
}

impl<T: Json + Default> ListMut for &mut Vec<T> {
    fn add(&mut self) -> &mut dyn Json {
        erase_mut(self.push_mut(T::default()))
    }
}
