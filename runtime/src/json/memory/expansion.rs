//! The factor by which messages of a type grow at most.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use super::{UNKNOWN, entry_size, value_size};
use crate::json::info::{Cardinality, Field, Form, MessageInfo, Type};
use crate::json::meter::{hash_map, heap, list, tree_map};

/// The least that an occurrence of a field takes: a tag and a length, two brackets, or an element and its comma.
const LEAST: usize = 2;
/// What a text and its buffers take at most, for each byte: the shortest paths of a field mask in JSON are one comma.
const TEXT: usize = 128;

impl MessageInfo {
    /// How many bytes of memory a byte of a message's binary form or of its JSON can take at most.
    #[inline]
    pub(super) fn expansion(&self) -> usize {
        match self.expansion.load(Ordering::Relaxed) {
            0 => self.find_expansion(),
            known => known as usize,
        }
    }

    #[cold]
    fn find_expansion(&self) -> usize {
        let found = u32::try_from(expansion(self)).unwrap_or(u32::MAX).max(1);
        self.expansion.store(found, Ordering::Relaxed);
        found as usize
    }
}

fn expansion(root: &MessageInfo) -> usize {
    let mut most = 0;
    let mut seen = BTreeSet::new();
    let mut open = vec![root];
    while let Some(info) = open.pop() {
        if !seen.insert(std::ptr::from_ref(info)) {
            continue;
        }
        if let Form::Object(_) = info.form {
            most = most.max(UNKNOWN);
        }
        for field in info.fields {
            most = most.max(of_field(field));
            if let Type::Message(inner) | Type::Group(inner) = field.ty {
                open.push(inner());
            }
        }
    }
    most
}

fn of_field(field: &Field) -> usize {
    let size = value_size(field.ty);
    let content = if matches!(field.ty, Type::String | Type::Bytes) { TEXT } else { 0 };
    let place = match field.cardinality {
        // The first entry takes the most: a table for four, a node for eleven. Before it is full, a table has one half as
        // large beside it.
        Cardinality::Map(key) => {
            let entry = entry_size(key.into(), field.ty);
            (if field.is_sorted() { tree_map(1, entry) } else { hash_map(1, entry) }).div_ceil(LEAST)
        }
        Cardinality::Repeated => list(1, size).max(heap(3 * size)).div_ceil(LEAST),
        // A byte each.
        Cardinality::Packed => list(1, size).div_ceil(LEAST).max(3 * size),
        _ if field.is_boxed() => heap(size).div_ceil(LEAST),
        _ => 0,
    };
    place.max(content)
}
