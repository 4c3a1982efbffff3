//! Hashes of values that agree with their equality, so that many of them are not compared each with each.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::{Value, number};

/// A value in a table. NaN is unlike itself there, too, which a table takes.
struct Key<'v, 'a>(&'v Value<'a>);

impl PartialEq for Key<'_, '_> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Key<'_, '_> {}

impl Hash for Key<'_, '_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self.0 {
            Value::Null => 0_u8.hash(state),
            Value::Bool(b) => b.hash(state),
            // Numbers are equal by value, whatever their type, and zero has no sign.
            Value::Int(n) => (number::double_from_int(*n) + 0.0).to_bits().hash(state),
            Value::Uint(n) => (number::double_from_uint(*n) + 0.0).to_bits().hash(state),
            Value::Double(d) => (d + 0.0).to_bits().hash(state),
            Value::Str(s) => s.hash(state),
            Value::Bytes(b) => b.hash(state),
            Value::Timestamp(t) => t.hash(state),
            Value::Duration(d) => d.hash(state),
            Value::Type(name) => name.hash(state),
            // Equal messages may be held in different ways.
            Value::Message(message) => message.name().hash(state),
            Value::List(items) => items.iter().for_each(|item| Key(item).hash(state)),
            // In any order.
            Value::Map(entries) => entries
                .iter()
                .fold(0_u64, |sum, (key, value)| {
                    let mut entry = DefaultHasher::new();
                    (Key(key), Key(value)).hash(&mut entry);
                    sum.wrapping_add(entry.finish())
                })
                .hash(state),
        }
    }
}

/// Whether no two are equal.
#[allow(clippy::mutable_key_type, reason = "what may change is a cache of a table, which no hash looks at")]
pub(super) fn are_unique(items: &[Value<'_>]) -> bool {
    let mut seen = HashSet::with_capacity(items.len());
    items.iter().all(|item| seen.insert(Key(item)))
}

/// Whether two maps have equal values at equal keys.
#[allow(clippy::mutable_key_type, reason = "what may change is a cache of a table, which no hash looks at")]
pub(super) fn maps_equal(a: &[(Value<'_>, Value<'_>)], b: &[(Value<'_>, Value<'_>)]) -> bool {
    let b: HashMap<Key<'_, '_>, &Value<'_>> = b.iter().map(|(key, value)| (Key(key), value)).collect();
    a.iter().all(|(key, value)| b.get(&Key(key)) == Some(&value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Vec<Value<'static>> {
        let text = |s: &'static str| Value::from(s);
        vec![
            Value::Null,
            Value::Bool(true),
            Value::Int(1),
            Value::Uint(1),
            Value::Double(1.0),
            Value::Int(0),
            Value::Double(-0.0),
            Value::Double(1.5),
            Value::Double(f64::INFINITY),
            Value::Uint(u64::MAX),
            Value::Double(18_446_744_073_709_551_616.0),
            text("1"),
            Value::from(b"1".to_vec()),
            Value::List(vec![Value::Int(1), text("a")]),
            Value::List(vec![Value::Double(1.0), text("a")]),
            Value::List(vec![text("a"), Value::Int(1)]),
            Value::Map(vec![(text("a"), Value::Int(1)), (text("b"), Value::Int(2))]),
            Value::Map(vec![(text("b"), Value::Double(2.0)), (text("a"), Value::Uint(1))]),
            Value::Map(vec![(text("b"), Value::Int(1)), (text("a"), Value::Int(2))]),
        ]
    }

    #[test]
    fn equal_values_have_equal_hashes() {
        let hash = |value: &Value<'_>| {
            let mut state = DefaultHasher::new();
            Key(value).hash(&mut state);
            state.finish()
        };
        let (values, mut equal) = (values(), 0);
        for (i, a) in values.iter().enumerate() {
            for b in &values[..i] {
                assert!(a != b || hash(a) == hash(b), "{a:?} and {b:?}");
                assert_eq!(a == b, !are_unique(&[a.clone(), b.clone()]), "{a:?} and {b:?}");
                equal += usize::from(a == b);
            }
        }
        assert_eq!(equal, 7);
        assert!(are_unique(&[Value::Double(f64::NAN), Value::Double(f64::NAN)]));
    }

    /// A hundred thousand, each with each, would be ten billion comparisons.
    #[test]
    fn many_values_take_no_time() {
        let numbers = |range: std::ops::Range<u32>| range.map(f64::from).map(Value::Double);
        let list: Vec<Value<'_>> = numbers(0..100_000).collect();
        assert!(super::super::unique_dyn(list.iter().cloned()));
        assert!(!super::super::unique_dyn(list.iter().cloned().chain([Value::Int(77_777)])));
        let map = |order: Vec<Value<'static>>| {
            Value::Map(order.into_iter().map(|key| (key, Value::Bool(true))).collect())
        };
        let (there, back) = (numbers(0..100_000).collect(), numbers(0..100_000).rev().collect());
        assert_eq!(map(there), map(back));
        let (there, other) = (numbers(0..100_000).collect(), numbers(1..100_001).rev().collect());
        assert_ne!(map(there), map(other));
    }
}
