//! Which of the endpoints that can take calls gets the next one.

use crate::client::random::Random;

/// How the next is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    First,
    RoundRobin,
    LeastRequest,
}

/// Chooses among endpoints, which it knows by their places. It is made anew when there are others.
pub(super) enum Picker {
    First,
    RoundRobin {
        next: usize,
        count: usize,
    },
    /// Smooth weighted round robin: the turns of an endpoint are spread among those of the others.
    Weighted {
        turns: Vec<Turn>,
        total: i64,
    },
    /// Of two that are taken by chance, the one with fewer calls in flight.
    TwoChoices {
        random: Random,
        count: u64,
    },
    /// The same, with a chance by the weight, and calls counted in proportion to it.
    WeightedChoices {
        random: Random,
        weights: Vec<Weight>,
    },
}

/// An endpoint in smooth weighted round robin.
pub(super) struct Turn {
    weight: i64,
    /// How much it is owed.
    owed: i64,
}

pub(super) struct Weight {
    weight: u64,
    /// The sum of the weights up to this one.
    up_to: u64,
}

impl Picker {
    /// For endpoints of these weights, none of which is zero.
    pub(super) fn new(choice: Choice, weights: &[u32], mut random: Random) -> Self {
        let count = weights.len();
        let is_even = weights.iter().all(|weight| *weight == weights[0]);
        match choice {
            Choice::First => Self::First,
            _ if count < 2 => Self::First,
            // Clients that start together must not all begin with the same.
            Choice::RoundRobin if is_even => {
                Self::RoundRobin { next: place(random.below(count as u64)), count }
            }
            Choice::RoundRobin => {
                let total = weights.iter().map(|weight| i64::from(*weight)).sum();
                let turn = |weight: &u32| Turn {
                    weight: i64::from(*weight),
                    owed: i64::try_from(random.below(u64::from(*weight))).expect("it is below a weight"),
                };
                Self::Weighted { turns: weights.iter().map(turn).collect(), total }
            }
            Choice::LeastRequest if is_even => Self::TwoChoices { random, count: count as u64 },
            Choice::LeastRequest => {
                let mut up_to = 0;
                let weights = weights.iter().map(|weight| {
                    let weight = u64::from(*weight);
                    up_to += weight;
                    Weight { weight, up_to }
                });
                Self::WeightedChoices { weights: weights.collect(), random }
            }
        }
    }

    /// The place of the next. `in_flight` tells how many calls the endpoint of a place has.
    #[inline]
    pub(super) fn pick(&mut self, in_flight: impl Fn(usize) -> usize) -> usize {
        match self {
            Self::First => 0,
            Self::RoundRobin { next, count } => {
                let picked = *next;
                *next = if picked + 1 == *count { 0 } else { picked + 1 };
                picked
            }
            Self::Weighted { turns, total } => {
                let mut picked = 0;
                for place in 0..turns.len() {
                    turns[place].owed += turns[place].weight;
                    if turns[place].owed > turns[picked].owed {
                        picked = place;
                    }
                }
                turns[picked].owed -= *total;
                picked
            }
            Self::TwoChoices { random, count } => {
                let one = random.below(*count);
                // Any but the first.
                let other = (one + 1 + random.below(*count - 1)) % *count;
                let (one, other) = (place(one), place(other));
                if in_flight(other) < in_flight(one) { other } else { one }
            }
            Self::WeightedChoices { random, weights } => {
                let total = weights.last().map_or(0, |last| last.up_to);
                let mut chance = || {
                    let at = random.below(total);
                    weights.partition_point(|weight| weight.up_to <= at)
                };
                let (one, other) = (chance(), chance());
                // Calls in flight with this one, divided by the weight.
                let load = |of: usize, by: usize| (in_flight(of) as u64).saturating_mul(weights[by].weight);
                if load(other, one) < load(one, other) { other } else { one }
            }
        }
    }
}

fn place(number: u64) -> usize {
    usize::try_from(number).expect("it is an index")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picker(choice: Choice, weights: &[u32]) -> Picker {
        Picker::new(choice, weights, Random::seeded(7))
    }

    /// How often each is picked while none has calls.
    fn counts(choice: Choice, weights: &[u32], picks: usize) -> Vec<usize> {
        let mut picker = picker(choice, weights);
        let mut counts = vec![0; weights.len()];
        for _ in 0..picks {
            counts[picker.pick(|_| 0)] += 1;
        }
        counts
    }

    #[test]
    fn round_robin_takes_turns() {
        assert_eq!(counts(Choice::RoundRobin, &[1; 5], 50), [10; 5]);
        let mut picker = picker(Choice::RoundRobin, &[4; 3]);
        let picks: Vec<_> = (0..6).map(|_| picker.pick(|_| 0)).collect();
        assert_eq!(picks[..3], picks[3..]);
    }

    #[test]
    fn round_robin_begins_anywhere() {
        let begins = |seed| Picker::new(Choice::RoundRobin, &[1; 4], Random::seeded(seed)).pick(|_| 0);
        let mut begun: Vec<_> = (0..50).map(begins).collect();
        begun.sort_unstable();
        begun.dedup();
        assert_eq!(begun, [0, 1, 2, 3]);
    }

    #[test]
    fn weights_share_the_turns_smoothly() {
        assert_eq!(counts(Choice::RoundRobin, &[5, 1, 1], 700), [500, 100, 100]);
        let mut picker = picker(Choice::RoundRobin, &[2, 1, 1]);
        let picks: Vec<_> = (0..40).map(|_| picker.pick(|_| 0)).collect();
        // Never three in a row, though half of all are of the first.
        assert!(picks.windows(3).all(|three| three != [0, 0, 0]), "{picks:?}");
    }

    #[test]
    fn the_first_is_always_the_same() {
        assert_eq!(counts(Choice::First, &[1, 9, 1], 10), [10, 0, 0]);
        assert_eq!(counts(Choice::RoundRobin, &[3], 10), [10]);
        assert_eq!(counts(Choice::LeastRequest, &[3], 10), [10]);
    }

    #[test]
    fn least_request_spreads_evenly_while_all_are_alike() {
        let even = counts(Choice::LeastRequest, &[1; 4], 40_000);
        assert!(even.iter().all(|count| (9_500..10_500).contains(count)), "{even:?}");
        let weighted = counts(Choice::LeastRequest, &[1, 3], 40_000);
        assert!((9_500..10_500).contains(&weighted[0]), "{weighted:?}");
    }

    #[test]
    fn least_request_avoids_who_is_slow() {
        // The first never answers.
        let mut picker = picker(Choice::LeastRequest, &[1; 3]);
        let mut in_flight = [0_usize; 3];
        let mut counts = [0_usize; 3];
        for _ in 0..9_000 {
            let place = picker.pick(|at| in_flight[at]);
            counts[place] += 1;
            if place == 0 {
                in_flight[0] += 1;
            }
        }
        assert!(counts[0] < 10, "{counts:?}");
    }

    #[test]
    fn least_request_fills_by_weight() {
        let weights = [1, 2, 5];
        let mut picker = picker(Choice::LeastRequest, &weights);
        let mut in_flight = [0_usize; 3];
        for _ in 0..8_000 {
            let place = picker.pick(|at| in_flight[at]);
            in_flight[place] += 1;
        }
        for (in_flight, expected) in in_flight.into_iter().zip([1_000, 2_000, 5_000]) {
            assert!(in_flight.abs_diff(expected) < expected / 20, "{in_flight} of {expected}");
        }
    }
}
