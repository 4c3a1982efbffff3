//! Loops over lists: quantifiers whose conditions can fail, and uniqueness.

use std::collections::HashSet;
use std::hash::Hash;

use super::{Error, Value, hash};

type Result<T> = std::result::Result<T, Error>;

/// `all`: false for one item decides, whatever errors others give.
#[inline]
pub fn all<T>(items: impl Iterator<Item = T>, mut test: impl FnMut(T) -> Result<bool>) -> Result<bool> {
    let mut failed = None;
    for item in items {
        match test(item) {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    failed.map_or(Ok(true), Err)
}

/// `exists`: true for one item decides, whatever errors others give.
#[inline]
pub fn exists<T>(items: impl Iterator<Item = T>, mut test: impl FnMut(T) -> Result<bool>) -> Result<bool> {
    all(items, |item| test(item).map(|found| !found)).map(|none| !none)
}

/// `exists_one`: an error anywhere is one.
#[inline]
pub fn exists_one<T>(
    items: impl Iterator<Item = T>,
    mut test: impl FnMut(T) -> Result<bool>,
) -> Result<bool> {
    let mut found = 0_usize;
    for item in items {
        found += usize::from(test(item)?);
    }
    Ok(found == 1)
}

/// As [`exists_one`] with a test that cannot fail.
#[inline]
pub fn one<T>(items: impl Iterator<Item = T>, test: impl FnMut(T) -> bool) -> bool {
    items.map(test).filter(|found| *found).count() == 1
}

/// `a == b` for lists.
#[inline]
pub fn lists_equal<A, B>(
    mut a: impl Iterator<Item = A>,
    mut b: impl Iterator<Item = B>,
    mut same: impl FnMut(A, B) -> Result<bool>,
) -> Result<bool> {
    loop {
        match (a.next(), b.next()) {
            (Some(a), Some(b)) => {
                if !same(a, b)? {
                    return Ok(false);
                }
            }
            (None, None) => return Ok(true),
            _ => return Ok(false),
        }
    }
}

/// `a + b`
pub fn concat_lists<T>(a: impl Iterator<Item = T>, b: impl Iterator<Item = T>) -> Vec<T> {
    a.chain(b).collect()
}

/// Up to this many items are compared pairwise, which allocates nothing.
const FEW: usize = 24;

/// `list.unique()`
#[inline]
pub fn unique<T: Eq + Hash>(items: impl Iterator<Item = T> + Clone) -> bool {
    let mut rest = items.clone();
    let mut seen = 0;
    while let Some(item) = rest.next() {
        if seen == FEW {
            return unique_many(items);
        }
        if rest.clone().take(FEW).any(|other| other == item) {
            return false;
        }
        seen += 1;
    }
    true
}

#[cold]
fn unique_many<T: Eq + Hash>(items: impl Iterator<Item = T>) -> bool {
    let mut seen = HashSet::new();
    for item in items {
        if !seen.insert(item) {
            return false;
        }
    }
    true
}

/// `list.unique()`: NaN is unlike any other.
pub fn unique_doubles(items: impl Iterator<Item = f64> + Clone) -> bool {
    // Zero has two forms that are equal; NaN is never equal, which its place makes true.
    unique(
        items.enumerate().map(
            |(i, d)| {
                if d.is_nan() { (d.to_bits(), i) } else { ((d + 0.0).to_bits(), usize::MAX) }
            },
        ),
    )
}

/// Scalars as they are stored, of which lists may have to be unique: compiled once, not for each list.
pub trait Unique: Sized {
    /// Whether no two are equal.
    fn are_unique(list: &[Self]) -> bool;
}

macro_rules! unique {
    ($($ty:ty: $unique:expr;)*) => {
        $(impl Unique for $ty {
            fn are_unique(list: &[Self]) -> bool {
                $unique(list)
            }
        })*
    };
}

unique! {
    bool: unique_items;
    i32: unique_items;
    i64: unique_items;
    u32: unique_items;
    u64: unique_items;
    f32: |list: &[f32]| unique_doubles(list.iter().map(|f| f64::from(*f)));
    f64: |list: &[f64]| unique_doubles(list.iter().copied());
    String: unique_items;
    Vec<u8>: unique_items;
    bytes::Bytes: unique_items;
}

/// [`unique`] of what lies side by side: several items are looked at together.
fn unique_items<T: Eq + Hash>(list: &[T]) -> bool {
    if list.len() > FEW {
        return unique_many(list.iter());
    }
    list.iter().enumerate().all(|(at, item)| !list[..at].contains(item))
}

/// `list.unique()` of values that are known at run time only.
pub fn unique_dyn<'a>(items: impl Iterator<Item = Value<'a>>) -> bool {
    let items: Vec<Value<'a>> = items.collect();
    if items.len() > FEW {
        return hash::are_unique(&items);
    }
    items.iter().enumerate().all(|(at, item)| !items[..at].contains(item))
}

/// `a && b` where both can fail: false decides, whatever error the other gives.
#[inline]
pub fn and(a: Result<bool>, b: impl FnOnce() -> Result<bool>) -> Result<bool> {
    match a {
        Ok(false) => Ok(false),
        Ok(true) => b(),
        Err(error) => match b() {
            Ok(false) => Ok(false),
            _ => Err(error),
        },
    }
}

/// `a || b` where both can fail: true decides, whatever error the other gives.
#[inline]
pub fn or(a: Result<bool>, b: impl FnOnce() -> Result<bool>) -> Result<bool> {
    and(a.map(|a| !a), || b().map(|b| !b)).map(|none| !none)
}

/// An index of a list.
#[inline]
pub fn index(at: i64) -> Result<usize> {
    usize::try_from(at).map_err(|_| Error::INDEX)
}

/// Equality of messages, unset being the default.
#[inline]
pub fn messages_equal<T: PartialEq + Default>(a: Option<&T>, b: Option<&T>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a == b,
        (None, None) => true,
        (Some(set), None) | (None, Some(set)) => *set == T::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_that_are_equal_are_found_wherever_they_are() {
        for len in 0..=u32::try_from(2 * FEW).expect("it is small") {
            let list: Vec<u32> = (0..len).collect();
            assert!(u32::are_unique(&list), "{len}");
            for (first, second) in
                (0..list.len()).flat_map(|first| (0..first).map(move |second| (first, second)))
            {
                let mut list = list.clone();
                list[first] = list[second];
                assert!(!u32::are_unique(&list), "{first} and {second} of {len}");
            }
        }
    }
}
