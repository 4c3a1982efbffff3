//! What holds retries back when most calls fail: tokens that failures take and successes bring.

use std::sync::atomic::{AtomicU32, Ordering};

/// The tokens of a channel.
///
/// Every failure that another attempt could follow takes one, and every success brings a part of one. With no more than half
/// of them left, no call is made again.
#[derive(Debug)]
pub(super) struct Budget {
    /// In thousandths, as all of these.
    tokens: AtomicU32,
    limits: Limits,
}

/// How many tokens there can be, and how many a success brings. In thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::client) struct Limits {
    max: u32,
    ratio: u32,
}

const ONE: u32 = 1000;

impl Limits {
    pub(super) const DEFAULT: Self = Self { max: 100 * ONE, ratio: ONE / 10 };

    pub(in crate::client) fn new(max_tokens: u16, token_ratio: f64) -> Self {
        let ratio = (token_ratio * f64::from(ONE)).clamp(1.0, f64::from(u16::MAX) * f64::from(ONE));
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it was brought in between"
        )]
        let ratio = ratio.round() as u32;
        Self { max: u32::from(max_tokens) * ONE, ratio }
    }
}

impl Budget {
    pub(super) fn new(limits: Limits) -> Self {
        Self { tokens: AtomicU32::new(limits.max), limits }
    }

    /// A call went well.
    #[inline]
    pub(super) fn succeeded(&self) {
        if self.tokens.load(Ordering::Relaxed) < self.limits.max {
            self.refill();
        }
    }

    #[cold]
    fn refill(&self) {
        let Limits { max, ratio } = self.limits;
        self.change(|tokens| tokens.saturating_add(ratio).min(max));
    }

    /// An attempt has failed. Whether there may be another.
    pub(super) fn failed(&self) -> bool {
        self.change(|tokens| tokens.saturating_sub(ONE)) && self.is_enough()
    }

    /// Whether there may be another attempt.
    pub(super) fn is_enough(&self) -> bool {
        self.tokens.load(Ordering::Relaxed) > self.limits.max / 2
    }

    fn change(&self, to: impl Fn(u32) -> u32) -> bool {
        self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| Some(to(tokens))).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_tokens_are_for_retries() {
        let budget = Budget::new(Limits::new(10, 0.1));
        let allowed: Vec<bool> = (0..6).map(|_| budget.failed()).collect();
        // 9, 8, 7, 6, 5, 4
        assert_eq!(allowed, [true, true, true, true, false, false]);
        for _ in 0..10 {
            assert!(!budget.is_enough());
            budget.succeeded();
        }
        assert!(!budget.is_enough(), "half of them is not more than half");
        budget.succeeded();
        assert!(budget.is_enough());
    }

    #[test]
    fn tokens_stay_between_none_and_all() {
        let budget = Budget::new(Limits::new(2, 1.5));
        for _ in 0..5 {
            budget.failed();
        }
        assert_eq!(budget.tokens.load(Ordering::Relaxed), 0);
        budget.succeeded();
        assert_eq!(budget.tokens.load(Ordering::Relaxed), 1500);
        budget.succeeded();
        assert_eq!(budget.tokens.load(Ordering::Relaxed), 2000);
    }

    #[test]
    fn a_ratio_has_three_digits() {
        assert_eq!(Limits::new(1, 0.0004), Limits { max: 1000, ratio: 1 });
        assert_eq!(Limits::new(1000, 0.5006), Limits { max: 1_000_000, ratio: 501 });
    }
}
