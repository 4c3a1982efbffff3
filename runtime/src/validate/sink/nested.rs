//! Messages inside: their violations are about the field that they are in.
//!
//! A mask is rare: what takes one into account stays out of the way of what does not.

use super::{Cow, Field, PathElement, Sink, Subscript};
use crate::json::MessageInfo;
use crate::validate::Validate;

impl Sink {
    /// Tests a message inside; its violations are about the field that it is in.
    #[inline]
    pub fn nested<T: Validate>(&mut self, number: u32, message: &T) {
        if self.mask.is_some() {
            self.nested_masked(number, message);
        } else {
            self.nested_here(number, message);
        }
    }

    #[inline]
    fn nested_here<T: Validate>(&mut self, number: u32, message: &T) {
        let before = self.found.list.len();
        message.check(self);
        if self.found.list.len() != before {
            self.inside(before, T::info(), number, None);
        }
    }

    /// The same for a field that may be unset.
    #[inline]
    pub fn optional<T: Validate>(&mut self, number: u32, message: &Option<T>) {
        if let Some(message) = message {
            self.nested(number, message);
        }
    }

    /// The same for a field that must be set.
    #[inline]
    pub fn required<T: Validate>(&mut self, number: u32, message: &Option<T>) {
        match message {
            Some(message) => self.nested(number, message),
            None => self.add_missing(number),
        }
    }

    /// The same for an item of a list.
    #[inline]
    pub fn nested_item<T: Validate>(&mut self, number: u32, message: &T, index: usize) {
        if self.mask.is_some() {
            self.item_masked(number, message, index);
        } else {
            self.item_here(number, message, index);
        }
    }

    #[inline]
    fn item_here<T: Validate>(&mut self, number: u32, message: &T, index: usize) {
        let before = self.found.list.len();
        message.check(self);
        if self.found.list.len() != before {
            self.inside(before, T::info(), number, Some(&Subscript::Index(index as u64)));
        }
    }

    /// The same for each item of a list.
    #[inline]
    pub fn items<T: Validate>(&mut self, number: u32, list: &[T]) {
        if self.mask.is_some() {
            self.items_masked(number, list);
        } else {
            self.items_here(number, list);
        }
    }

    #[inline]
    fn items_here<T: Validate>(&mut self, number: u32, list: &[T]) {
        for (index, message) in list.iter().enumerate() {
            self.item_here(number, message, index);
        }
    }

    /// The same for the value at a key of a map.
    #[inline]
    pub fn nested_value<T: Validate>(&mut self, number: u32, message: &T, key: impl Into<Subscript> + Copy) {
        if self.mask.is_some() {
            self.value_masked(number, message, key);
        } else {
            self.value_here(number, message, key);
        }
    }

    #[inline]
    fn value_here<T: Validate>(&mut self, number: u32, message: &T, key: impl Into<Subscript>) {
        let before = self.found.list.len();
        message.check(self);
        if self.found.list.len() != before {
            self.inside(before, T::info(), number, Some(&key.into()));
        }
    }

    /// The same for each value of a map.
    #[inline]
    pub fn values<'a, K: 'a, T: Validate + 'a>(
        &mut self,
        number: u32,
        map: impl IntoIterator<Item = (&'a K, &'a T)>,
    ) where
        &'a K: Into<Subscript>,
    {
        for (key, message) in map {
            self.nested_value(number, message, key);
        }
    }

    #[cold]
    #[inline(never)]
    fn nested_masked<T: Validate>(&mut self, number: u32, message: &T) {
        self.below_mask(number, &mut |out| out.nested_here(number, message));
    }

    #[cold]
    #[inline(never)]
    fn item_masked<T: Validate>(&mut self, number: u32, message: &T, index: usize) {
        self.below_mask(number, &mut |out| out.item_here(number, message, index));
    }

    #[cold]
    #[inline(never)]
    fn items_masked<T: Validate>(&mut self, number: u32, list: &[T]) {
        self.below_mask(number, &mut |out| out.items_here(number, list));
    }

    #[cold]
    #[inline(never)]
    fn value_masked<T: Validate>(&mut self, number: u32, message: &T, key: impl Into<Subscript> + Copy) {
        self.below_mask(number, &mut |out| out.value_here(number, message, key));
    }

    /// What was found since is in a message with this table, which is the value of the field `number`.
    #[cold]
    pub(super) fn inside(
        &mut self,
        from: usize,
        message: &MessageInfo,
        number: u32,
        subscript: Option<&Subscript>,
    ) {
        for index in from..self.found.list.len() {
            let subscript = subscript.map(|subscript| match subscript {
                Subscript::String(key) => Subscript::String(self.repeat(Cow::Borrowed(key))),
                other => other.clone(),
            });
            let violation = &mut self.found.list[index];
            violation.resolve(message);
            violation.path.push(PathElement { field: Field::new(number), subscript });
        }
    }
}
