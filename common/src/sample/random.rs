//! Chance that a seed decides.

/// A stream of numbers that a seed decides (splitmix64).
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
    /// Takes what comes first, for samples that people read: the n-th of several takes the n-th.
    turn: Option<usize>,
}

impl Random {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Self {
        Self { state: seed ^ 0x9e37_79b9_7f4a_7c15, turn: None }
    }

    /// The stream of a seed, which picks what comes first.
    pub fn calm(seed: u64) -> Self {
        Self { turn: Some(0), ..Self::new(seed) }
    }

    /// The same stream, for the n-th of several values.
    pub(super) fn at(&self, n: usize) -> Self {
        let mut state = Self { state: self.state.wrapping_add(n as u64 + 1), turn: None };
        Self { state: state.number(), turn: self.turn.map(|_| n) }
    }

    /// A stream of its own for the n-th of several parts.
    pub(super) fn part(&self, n: usize) -> Self {
        Self { turn: self.turn, ..self.at(n) }
    }

    /// The same stream as chance decides.
    pub(super) fn wild(&self) -> Self {
        Self { state: self.state, turn: None }
    }

    pub(super) fn is_calm(&self) -> bool {
        self.turn.is_some()
    }

    pub(super) fn turn(&self) -> usize {
        self.turn.unwrap_or(0)
    }

    /// The next number.
    pub(super) fn number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `limit`, zero below zero.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        let limit = limit.max(1) as u64;
        usize::try_from(self.number() % limit).unwrap_or(0)
    }

    /// Whether something happens that does once in `n` times.
    pub(super) fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// A number from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: i128, high: i128) -> i128 {
        let Some(span) = high.checked_sub(low).filter(|span| *span > 0) else { return low };
        low + i128::from(self.number()) % (span.saturating_add(1))
    }

    /// One of several.
    pub(super) fn pick<'t, T>(&mut self, from: &'t [T]) -> Option<&'t T> {
        match self.turn {
            Some(turn) if !from.is_empty() => from.get(turn % from.len()),
            _ => from.get(self.below(from.len())),
        }
    }
}
