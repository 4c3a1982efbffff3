//! Compared with what the standard library has.

use std::collections::{BTreeMap, BTreeSet};

use super::order::RUN;
use super::*;

/// Numbers without an order, the same in every run.
fn numbers(count: usize, below: u64) -> Vec<u64> {
    let next = |last: &u64| Some(last.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    std::iter::successors(Some(7), next).map(|number| (number >> 33) % below).take(count).collect()
}

#[test]
fn a_map_is_that_of_the_standard_library() {
    let (mut map, mut expected) = (SortedMap::new(), BTreeMap::new());
    // More than a run holds, and each key several times.
    for (at, key) in numbers(20_000, 4_000).into_iter().enumerate() {
        match at % 5 {
            0 => assert_eq!(map.remove(&key), expected.remove(&key)),
            1 => assert_eq!(map.or_insert(key, at), expected.entry(key).or_insert(at)),
            2 => *map.or_default(key) += 1,
            _ => assert_eq!(map.insert(key, at), expected.insert(key, at)),
        }
        if at % 5 == 2 {
            *expected.entry(key).or_default() += 1;
        }
        assert_eq!(map.get(&key), expected.get(&key));
        assert_eq!(map.get_mut(&key), expected.get_mut(&key));
        assert_eq!(map.get_key_value(&(key + 1)), expected.get_key_value(&(key + 1)));
    }
    assert!(map.order.0.len() > 3 && map.order.0.iter().all(|run| (1..=RUN).contains(&run.len())));
    assert!(map.iter().eq(&expected) && map.keys().eq(expected.keys()));
    assert_eq!(map.values_mut().count(), expected.len());
    assert_eq!(format!("{map:?}"), format!("{expected:?}"));
    assert!(map.into_iter().eq(expected));
}

#[test]
fn a_map_is_empty_again() {
    let mut map: SortedMap<_, _> = numbers(2_000, 1_000).into_iter().map(|key| (key, ())).collect();
    assert!(!map.is_empty());
    for key in 0..1_000 {
        map.remove(&key);
    }
    assert!(map.is_empty() && map.iter().next().is_none() && map == SortedMap::default());
    map.insert(1, ());
    assert_eq!(map.into_keys().collect::<Vec<_>>(), [1]);
}

#[test]
fn a_set_is_that_of_the_standard_library() {
    let (mut set, mut expected) = (SortedSet::default(), BTreeSet::new());
    for number in numbers(3_000, 1_000) {
        assert_eq!(set.insert(number), expected.insert(number));
        assert_eq!(set.remove(&(number / 2)), expected.remove(&(number / 2)));
        assert_eq!(set.contains(&number), expected.contains(&number));
    }
    assert!(set.len() == expected.len() && set.is_empty() == expected.is_empty());
    assert_eq!(format!("{set:?}"), format!("{expected:?}"));
    assert!(set.into_iter().eq(expected));
}

#[test]
fn a_sort_keeps_the_order_of_what_is_equal() {
    for count in [0, 1, 2, 3, 100, 1_000] {
        let items: Vec<(u64, usize)> =
            numbers(count, 50).into_iter().enumerate().map(|(at, number)| (number, at)).collect();
        let (mut sorted, mut expected) = (items.clone(), items);
        sort_by_key(&mut sorted, |(number, _)| *number);
        expected.sort_by_key(|(number, _)| *number);
        assert_eq!(sorted, expected);
        sort_by(&mut sorted, |a, b| b.1.cmp(&a.1));
        assert!(sorted.iter().map(|(_, at)| *at).eq((0..count).rev()));
        sort(&mut sorted);
        assert_eq!(sorted, expected);
    }
}
