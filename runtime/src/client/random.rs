//! Numbers that look random, and hashes that are the same everywhere.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

/// A sequence of numbers (`SplitMix64`). It is no secret what comes next.
pub(super) struct Random(u64);

impl Random {
    #[cfg(test)]
    pub(super) fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// One that begins elsewhere each time.
    pub(super) fn new() -> Self {
        Self(RandomState::new().hash_one(0_u8))
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number below `end`, which is not zero.
    #[inline]
    pub(super) fn below(&mut self, end: u64) -> u64 {
        let wide = u128::from(self.next()) * u128::from(end);
        u64::try_from(wide >> 64).expect("the upper half of 128 bits")
    }

    /// A pause that is up to a fifth longer or shorter, so that those that failed together do not come back together.
    pub(super) fn jittered(&mut self, pause: Duration) -> Duration {
        let part = u32::try_from(self.below(401)).expect("it is below 401");
        pause / 1000 * (800 + part)
    }

    /// Puts items into any order.
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (1..items.len()).rev() {
            let other = self.below(end as u64 + 1);
            items.swap(end, usize::try_from(other).expect("it is an index"));
        }
    }
}

/// A hash of several texts, which is the same in every process and every version.
pub(super) fn hash(texts: &[&str]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for text in texts {
        // What ends a text is in no text.
        for byte in text.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    mix(hash)
}

/// Spreads the bits of a number.
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_numbers_come_up_about_as_often() {
        let mut random = Random::seeded(1);
        let mut counts = [0_u32; 7];
        for _ in 0..70_000 {
            counts[usize::try_from(random.below(7)).unwrap()] += 1;
        }
        assert!(counts.iter().all(|count| (9_500..10_500).contains(count)), "{counts:?}");
    }

    #[test]
    fn a_fifth_more_or_less() {
        let (mut random, pause) = (Random::new(), Duration::from_secs(1));
        let pauses: Vec<_> = (0..1000).map(|_| random.jittered(pause).as_millis()).collect();
        assert!(pauses.iter().all(|pause| (800..=1200).contains(pause)));
        assert!(pauses.iter().any(|pause| *pause < 850) && pauses.iter().any(|pause| *pause > 1150));
    }

    #[test]
    fn every_item_comes_to_every_place() {
        let mut random = Random::seeded(2);
        let mut counts = [[0_u32; 3]; 3];
        for _ in 0..9_000 {
            let mut items = [0, 1, 2];
            random.shuffle(&mut items);
            for (place, item) in items.into_iter().enumerate() {
                counts[place][item] += 1;
            }
        }
        assert!(counts.as_flattened().iter().all(|count| (2_800..3_200).contains(count)), "{counts:?}");
    }

    #[test]
    fn a_hash_knows_where_texts_end() {
        assert_ne!(hash(&["a", "bc"]), hash(&["ab", "c"]));
        // Other processes have to agree, and later versions.
        assert_eq!(hash(&["client-1", "10.0.0.1:80"]), hash(&["client-1", "10.0.0.1:80"]));
        assert_eq!(format!("{:016x}", hash(&["a"])), A);
    }

    const A: &str = "193f1020af076db5";
}
