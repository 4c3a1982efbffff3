//! What is taken where, and the search for a free name.

use crate::sorted::{SortedMap, SortedSet};

/// The names taken in one module, struct or enum.
#[derive(Debug, Default)]
pub(super) struct Space {
    pub(super) types: SortedSet<String>,
    pub(super) modules: SortedSet<String>,
    pub(super) values: SortedSet<String>,
}

impl Space {
    /// Takes a type's name; false when it is gone.
    pub(super) fn take_type(&mut self, name: String) -> bool {
        !self.modules.contains(&name) && self.types.insert(name)
    }
}

/// The spaces of all modules of the tree.
#[derive(Debug, Default)]
pub(super) struct Spaces(SortedMap<Vec<String>, Space>);

impl Spaces {
    pub(super) fn at(&mut self, module: &[String]) -> &mut Space {
        self.0.or_default(module.to_vec())
    }
}

/// The first of `name`, `name2`, `name3`, … that `take` accepts; `X` goes before a name without a letter in
/// front, since the case rules would leave nothing or a number of it.
pub(super) fn unique(name: &str, take: &mut dyn FnMut(&str) -> bool) -> String {
    let trimmed = name.trim_matches('_');
    let base = if trimmed.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name.to_owned()
    } else {
        format!("X{trimmed}")
    };
    if take(&base) {
        return base;
    }
    let stem = base.trim_end_matches('_');
    let mut number = 2u32;
    loop {
        let candidate = format!("{stem}{number}");
        if take(&candidate) {
            return candidate;
        }
        number += 1;
    }
}
